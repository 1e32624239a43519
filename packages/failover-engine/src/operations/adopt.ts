import { beyond, covers } from '../core/gtids.js';
import type { GroupView, MemberKey, ServerState } from '../core/model.js';
import { settle, stepTimeoutMs, type OperationContext, type OperationOutcome } from './context.js';
import { prepare, primaryRecord } from './promote.js';

export interface AdoptRequest {
  readonly id: string;
  /** The server that must be it; `null`: whichever is found. */
  readonly target: MemberKey | null;
  readonly requestedBy: string | null;
  readonly task: string | null;
}

/** Maintenance goes on: what was found is not a primary with its replicas. */
export class AdoptionRefusedError extends Error {
  override readonly name = 'AdoptionRefusedError';
}

/** A server as it was found, freshly read. */
export interface Found {
  readonly key: MemberKey;
  readonly state: ServerState | null;
  /** Why it could not be read. */
  readonly problem: string;
  /** Nothing listens at its port: it is known not to take writes. */
  readonly isOff: boolean;
}

export interface Adoption {
  readonly primary: MemberKey;
  readonly state: ServerState;
  readonly followers: readonly MemberKey[];
  readonly notes: readonly string[];
}

/**
 * The primary that a person left: the one writable server, which the others follow. Pure.
 * @throws AdoptionRefusedError naming every server that is not as it must be
 */
export function findPrimary(found: readonly Found[], target: MemberKey | null): Adoption {
  const refuse = (reason: string): never => {
    throw new AdoptionRefusedError(reason);
  };
  if (target !== null && !found.some((f) => f.key === target)) {
    return refuse(`${target} is not a member; expected one of ${found.map((f) => f.key).join(', ')}`);
  }
  const read = found.flatMap((f) => (f.state === null ? [] : [{ key: f.key, state: f.state }]));
  const open = read.filter(({ state }) => !state.readOnly);
  const [primary] = open;
  if (primary === undefined || open.length !== 1) {
    return refuse(
      open.length === 0
        ? `no server is writable; open the one that is to be primary (SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF)`
        : `${open.length} servers are writable: ${open.map((o) => o.key).join(', ')}; close all but one (SET GLOBAL super_read_only = ON)`,
    );
  }
  if (target !== null && primary.key !== target) {
    return refuse(`${primary.key} is the writable server, not ${target}`);
  }
  const problems: string[] = [];
  const { channel } = primary.state;
  if (channel !== null && channel.receiver !== 'stopped') {
    problems.push(
      `${primary.key} is writable and still replicates from ${channel.source}; RESET REPLICA ALL there`,
    );
  }
  const notes: string[] = [];
  const followers: MemberKey[] = [];
  for (const one of found) {
    if (one.key === primary.key) continue;
    if (one.state === null) {
      if (one.isOff) notes.push(`${one.key} is off (${one.problem})`);
      else problems.push(`${one.key} cannot be read (${one.problem}), so that it may take writes, too`);
      continue;
    }
    const source = one.state.channel;
    if (source === null || source.source !== primary.key) {
      problems.push(`${one.key} follows ${source === null ? 'nobody' : source.source}, not ${primary.key}`);
    } else if (source.receiver !== 'running') {
      problems.push(
        `${one.key} follows ${primary.key}, but its receiver is ${source.receiver}: ${source.receiverError}`,
      );
    } else {
      followers.push(one.key);
      // Read before the primary, so what the primary has not was not written there.
      if (!covers(primary.state.gtidExecuted, one.state.gtidExecuted)) {
        notes.push(
          `${one.key} has ${beyond(one.state.gtidExecuted, primary.state.gtidExecuted)}, which ${primary.key} has not`,
        );
      }
    }
  }
  if (problems.length > 0) return refuse(problems.join('; '));
  return { primary: primary.key, state: primary.state, followers, notes };
}

/**
 * Ends maintenance: verifies which server a person left as primary, records it under a new epoch where it is another than
 * before, publishes the route, and removes the maintenance, all in one write.
 * @throws AdoptionRefusedError and the group stays in maintenance
 */
export async function adopt(context: OperationContext, request: AdoptRequest): Promise<OperationOutcome> {
  const startedAtMs = context.clock.wallMs();
  const records = await context.ledger.read({ timeoutMs: stepTimeoutMs });
  if (records.journal !== null) {
    throw new AdoptionRefusedError(
      `${records.journal.operation} ${records.journal.id} is under way; wait for it`,
    );
  }
  const view = context.view();
  const adoption = findPrimary(await readAll(context, view), request.target);
  const before = records.primary?.primary ?? null;
  const isNew = before !== adoption.primary;
  const epoch = Math.max(records.primary?.epoch ?? 0, records.route?.epoch ?? 0) + (isNew ? 1 : 0);
  const read = adoption.followers.length > 0 ? adoption.followers : [adoption.primary];
  const reason = isNew
    ? `${adoption.primary} was left as primary by ${records.maintenance?.by ?? 'a person'}`
    : `${adoption.primary} is still the primary`;
  const phasesMs = { adopted: Math.max(0, Math.round((context.clock.wallMs() - startedAtMs) * 10) / 10) };
  await context.ledger.commit(
    {
      ...(isNew ? { primary: primaryRecord(context, adoption.primary, epoch, adoption.state) } : {}),
      route: {
        write: adoption.primary,
        read: [...read].sort(),
        epoch,
        version: (records.route?.version ?? 0) + 1,
        reason: `maintenance is over: ${reason}`,
      },
      maintenance: null,
      history: {
        kind: 'adopt',
        result: 'done',
        id: request.id,
        atMs: startedAtMs,
        from: before,
        to: adoption.primary,
        epoch,
        reason,
        phasesMs,
        task: request.task,
        requestedBy: request.requestedBy,
        notes: adoption.notes,
      },
      ...(request.task === null ? {} : { finishedTask: request.task }),
    },
    { timeoutMs: stepTimeoutMs },
  );
  context.refresh();
  for (const note of adoption.notes) context.log.warn(note, { group: context.group });
  context.log.info(`maintenance of ${context.group} is over: ${reason}`, { group: context.group, epoch });
  // Durable, and the semi-sync source side as the policy wants it: a person may have left it otherwise.
  const prepared = await settle(prepare(context, adoption.primary));
  if (!prepared.ok) {
    context.log.error(
      `${adoption.primary} could not be given the settings of a primary: ${prepared.error.message}`,
      {
        group: context.group,
      },
    );
  }
  return { result: 'done', reason, phasesMs };
}

/** Replicas first, the writable ones after them: what a replica has and the primary then has not is its own. */
async function readAll(context: OperationContext, view: GroupView): Promise<Found[]> {
  const first = await Promise.all(view.members.map(({ key }) => look(context, key)));
  return Promise.all(
    first.map(async (f) => (f.state !== null && !f.state.readOnly ? look(context, f.key) : f)),
  );
}

async function look(context: OperationContext, key: MemberKey): Promise<Found> {
  const server = context.server(key);
  const state = await settle(server.read({ timeoutMs: stepTimeoutMs }));
  if (state.ok) return { key, state: state.value, problem: '', isOff: false };
  const { outcome, detail } = await server.probe({ timeoutMs: stepTimeoutMs });
  return {
    key,
    state: null,
    problem: `${outcome}: ${detail || state.error.message}`,
    isOff: outcome === 'refused',
  };
}
