import type { GroupView, MemberKey, MemberView, PrimaryRecord, ServerState } from '../core/model.js';
import { settle, stepTimeoutMs, type OperationContext, type OperationOutcome } from './context.js';
import type { Recorder } from './recorder.js';

/** How long a new primary serves before it forgets its source. */
const firstWritesMs = 300;

/** Acknowledging replicas that a primary of this group waits for; `null` with async replication. */
export function ackersOf(view: GroupView): number | null {
  return view.policy.durability.mode === 'semisync' ? view.policy.durability.ackers : null;
}

export async function follow(
  context: OperationContext,
  view: GroupView,
  member: MemberKey,
  source: MemberKey,
): Promise<void> {
  await context.server(member).follow(source, {
    timeoutMs: stepTimeoutMs * 2,
    heartbeatPeriodMs: view.policy.heartbeatPeriodMs,
    semisync: ackersOf(view) !== null,
    durability: view.policy.replicaDurability,
  });
}

/** Brings the members behind the source, in parallel; one that fails is noted and left to its agent. */
export async function followAll(
  context: OperationContext,
  recorder: Recorder,
  members: readonly MemberKey[],
  source: MemberKey,
): Promise<void> {
  const view = context.view();
  await Promise.all(
    members.map(async (member) => {
      const done = await settle(follow(context, view, member, source));
      if (!done.ok) recorder.note(`${member} does not follow ${source} yet: ${done.error.message}`);
    }),
  );
}

/** Makes a server ready to be primary; still closed. Only when nothing is left for it to apply. */
export async function prepare(context: OperationContext, member: MemberKey): Promise<void> {
  const view = context.view();
  const { durability } = view.policy;
  const fallbackMs = durability.mode === 'semisync' ? durability.fallbackMs : undefined;
  await context.server(member).prepareAsSource(ackersOf(view), {
    timeoutMs: stepTimeoutMs,
    ...(fallbackMs === undefined ? {} : { fallbackMs }),
  });
}

/** Opens a prepared server as primary, and only while this engine owns the group. */
export async function open(context: OperationContext, member: MemberKey): Promise<void> {
  // A paused engine that wakes up here must not open a server that another engine has since passed over.
  context.ledger.assertOwner();
  await context.server(member).openWrites({ timeoutMs: stepTimeoutMs });
}

/**
 * From the point of no return to the end: opens the recorded successor, routes to it, brings the others behind it.
 * Safe to repeat from any of its steps. The followers start before the successor opens, because with semi-sync it
 * can acknowledge nothing until somebody follows.
 */
export async function finishPromotion(
  context: OperationContext,
  recorder: Recorder,
  followers: readonly MemberKey[],
  /** The successor was prepared a moment ago. */
  prepared: boolean,
): Promise<OperationOutcome> {
  const { oldPrimary, operation, reason } = recorder.journal;
  const successor = recorder.candidate;
  const following = followAll(context, recorder, followers, successor);

  if (recorder.journal.step === 'promoting') {
    if (!prepared) await prepare(context, successor);
    await open(context, successor);
    recorder.mark('promoted');
    const readers = recorder.readersWithout(oldPrimary, successor);
    await recorder.enter('finishing', {
      route: {
        write: successor,
        read: readers.length > 0 ? readers : [successor],
        reason: `${operation} from ${oldPrimary}`,
      },
    });
    recorder.mark('routed');
  }

  // It rewrites files and flushes them: clients' first commits come before it.
  await context.clock.sleep(firstWritesMs);
  const left = await settle(context.server(successor).leaveSource({ timeoutMs: stepTimeoutMs * 2 }));
  if (!left.ok) recorder.note(`${successor} still remembers its old source: ${left.error.message}`);
  recorder.mark('left');
  await following;
  recorder.mark('followed');
  return recorder.finish('done', reason);
}

export function primaryRecord(
  context: OperationContext,
  member: MemberKey,
  epoch: number,
  state: Pick<ServerState, 'gtidExecuted' | 'serverUuid'>,
): PrimaryRecord {
  const { gtidExecuted, serverUuid } = state;
  return { primary: member, epoch, sinceMs: context.clock.wallMs(), gtidExecuted, serverUuid };
}

/** Members but these. */
export function others(view: GroupView, ...without: MemberKey[]): MemberView[] {
  return view.members.filter((m) => !without.includes(m.key));
}

/**
 * Gives the group back to the old primary, under the epoch that the operation had taken, so that epochs only grow.
 * Where the old primary cannot be opened the route stays closed, for the next evaluation or a person.
 */
export async function standDown(
  context: OperationContext,
  recorder: Recorder,
  replicas: readonly MemberKey[],
  reason: string,
): Promise<OperationOutcome> {
  const { oldPrimary, epoch } = recorder.journal;
  const state = await settle(context.server(oldPrimary).read({ timeoutMs: stepTimeoutMs }));
  if (!state.ok) {
    await startReceivers(context, recorder, replicas);
    return recorder.finish(
      'failed',
      `${reason}; and ${oldPrimary} cannot take its writes back: ${state.error.message}`,
    );
  }
  // Written already when another engine left this unfinished: an epoch is never written twice.
  const renewed = recorder.primary?.epoch === epoch;
  await recorder.enter(
    'standing-down',
    renewed ? {} : { primary: primaryRecord(context, oldPrimary, epoch, state.value) },
  );
  await followAll(context, recorder, replicas, oldPrimary);
  await prepare(context, oldPrimary);
  await open(context, oldPrimary);
  const readers = recorder.readersWithout(oldPrimary);
  return recorder.finish('stood-down', reason, {
    route: {
      write: oldPrimary,
      read: readers.length > 0 ? readers : [oldPrimary],
      reason: `stood down: ${reason}`,
    },
  });
}

export async function startReceivers(
  context: OperationContext,
  recorder: Recorder,
  replicas: readonly MemberKey[],
): Promise<void> {
  await Promise.all(
    replicas.map(async (key) => {
      const started = await settle(context.server(key).startReceiver({ timeoutMs: stepTimeoutMs }));
      if (!started.ok)
        recorder.note(`${key}: its receiver could not be started again: ${started.error.message}`);
    }),
  );
}
