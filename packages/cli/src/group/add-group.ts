import { isZooKeeperError } from '@dcmha/zk-client';
import { isGroupName, type Store, type StoreOp } from '@dcmha/zk-schema';
import { CliError, CliErrors } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { checkGroup } from './check-group.js';
import { problemText, type MemberFacts } from './member-facts.js';
import { agentSessionTimeoutMs, knownHooks, policyProblems } from './policy-facts.js';
import { parseMember, type MemberArgument } from './parse-member.js';
import { readMember, readMembers, type ReadOptions } from './read-members.js';
import type { CheckedPolicy } from './read-policy.js';

export interface AddGroup extends ReadOptions {
  readonly group: string;
  readonly members: readonly MemberArgument[];
  readonly routers: readonly string[];
  readonly policy: CheckedPolicy;
  readonly dryRun: boolean;
}

export interface AddedGroup {
  readonly ok: true;
  readonly group: string;
  readonly primary: string;
  readonly replicas: readonly string[];
  readonly epoch: number;
  readonly warnings: readonly string[];
}

const membersMax = 100;

/** @throws {CliError} for what can be told without asking anybody */
export function checkArguments(group: string, memberTexts: readonly string[]): void {
  if (!isGroupName(group)) {
    throw new CliError(`"${group}" is no name for a group`, {
      expected: 'expected letters, digits, ".", "_" and "-", at most 100, not ending in "_send"',
      exitCode: ExitCode.usage,
    });
  }
  const addresses = memberTexts.map((text) => parseMember(text).address);
  const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
  if (twice !== undefined) {
    throw new CliError(`--member ${twice} is given twice`, { exitCode: ExitCode.usage });
  }
  if (addresses.length > membersMax) {
    throw new CliError(`${addresses.length} members are too many`, {
      expected: `expected at most ${membersMax}`,
      exitCode: ExitCode.usage,
    });
  }
}

/**
 * Checks the servers and what is registered, and registers the group in one multi: members, routers, policy, the
 * primary, and the first route.
 *
 * @throws {CliError} with every problem found; nothing was changed
 */
export async function addGroup(store: Store, request: AddGroup): Promise<AddedGroup> {
  await refuseRegistered(store, request);
  const { primary, facts, warnings } = await inspect(request);
  await refuseContradictions(store, request, primary);
  const epoch = (await lastEpoch(store, request.group)) + 1;
  const replicas = facts.map(({ member }) => member).filter((member) => member !== primary.member);
  if (!request.dryRun) await register(store, request, { primary, replicas, epoch });
  return { ok: true, group: request.group, primary: primary.member, replicas, epoch, warnings };
}

async function refuseRegistered(store: Store, { group, members }: AddGroup): Promise<void> {
  if ((await store.metaGroup.read({ group })) !== null) {
    throw new CliError(`the group "${group}" is registered already`, {
      remedy: `look at it with dcmha group show ${group}, or take it out with dcmha group remove ${group}`,
    });
  }
  const owners = await membersOfGroups(store);
  const taken = members.flatMap(({ address }) => {
    const owner = owners.get(address);
    return owner === undefined
      ? []
      : [
          `${address} belongs to the group "${owner}"; expected a server of no group; take it out there first`,
        ];
  });
  if (taken.length > 0)
    throw new CliErrors(`the group "${group}" cannot be registered; nothing was changed`, taken);
}

/** The policy may be good in itself and still be none for these servers. */
async function refuseContradictions(store: Store, request: AddGroup, primary: MemberFacts): Promise<void> {
  const addresses = request.members.map(({ address }) => address);
  const [sessionMs, hooks] = await Promise.all([
    agentSessionTimeoutMs(store, addresses),
    knownHooks(store, { timeoutMs: request.timeoutMs, signal: request.signal }),
  ]);
  const problems = policyProblems(request.policy.policy, {
    members: request.members.map(({ address, region = 'default', promotion = 'neutral' }) => ({
      server: address,
      region,
      promotion,
    })),
    primary: primary.member,
    flavor: primary.status.version.flavor,
    ...(sessionMs === undefined ? {} : { agentSessionTimeoutMs: sessionMs }),
    ...(hooks === undefined ? {} : { hooks }),
  });
  if (problems.length > 0) {
    throw new CliErrors(
      `the group "${request.group}" cannot be registered; nothing was changed`,
      problems.map((problem) => `policy: ${problem}`),
    );
  }
}

/** Server -> group that it is registered in. */
async function membersOfGroups(store: Store): Promise<Map<string, string>> {
  const { nodes } = await store.metaGroup.list();
  const groups = await Promise.all(nodes.map((params) => store.metaGroup.read(params)));
  return new Map(
    groups.flatMap((stored) =>
      (stored?.value.members ?? []).map((member): [string, string] => [member, stored!.params.group]),
    ),
  );
}

async function inspect(
  request: AddGroup,
): Promise<{ primary: MemberFacts; facts: MemberFacts[]; warnings: string[] }> {
  const readings = await readMembers(
    request.members.map(({ address }) => address),
    request,
  );
  const unread = readings.filter((reading) => !reading.ok);
  const facts = readings.flatMap((reading) => (reading.ok ? [reading.facts] : []));
  // The primary is read again after the replicas: what they have and it has not then, was not written there.
  const head = facts.find(({ status }) => status.channels.length === 0);
  const again = head === undefined ? undefined : await readMember(head.member, request);
  const current = facts.map((one) => (one === head && again?.ok === true ? again.facts : one));
  const findings = checkGroup(current, { semisync: request.policy.semisync });
  // With a server missing from the picture, who follows whom cannot be judged.
  const found =
    unread.length === 0 ? findings.problems : findings.problems.filter((one) => one.member !== undefined);
  const problems = [...unread.map(({ problem }) => problem), ...found];
  const primary = current.find(({ member }) => member === findings.primary);
  if (problems.length > 0 || primary === undefined) {
    throw new CliErrors(
      `the group "${request.group}" cannot be registered; nothing was changed`,
      problems.map(problemText),
      {
        exitCode:
          unread.length > 0 && unread.every((one) => one.unreachable)
            ? ExitCode.unreachable
            : ExitCode.failed,
      },
    );
  }
  return { primary, facts: current, warnings: findings.warnings.map(problemText) };
}

/** A group that was there before goes on counting, so that nobody who remembers it meets a lower epoch. */
async function lastEpoch(store: Store, group: string): Promise<number> {
  const { nodes } = await store.history.list({ group });
  const newest = nodes.at(-1);
  const entry = newest === undefined ? null : await store.history.read(newest);
  return entry?.value.epoch ?? 0;
}

async function register(
  store: Store,
  { group, members, routers, policy }: AddGroup,
  { primary, replicas, epoch }: { primary: MemberFacts; replicas: readonly string[]; epoch: number },
): Promise<void> {
  const sinceMs = Date.now();
  const hosts = await Promise.all(
    members.map(async ({ address, region, promotion }): Promise<StoreOp> => {
      const value = { group, region, promotion };
      const stale = await store.metaHost.read({ server: address });
      return store.metaHost.opWrite({ server: address }, value, { version: stale?.version ?? 'absent' });
    }),
  );
  const stale = await store.metaRouter.read({ group });
  const ops: StoreOp[] = [
    store.metaGroup.opCreate(
      { group },
      {
        members: members.map(({ address }) => address),
        flavor: primary.status.version.flavor,
        policy: { ...policy.input },
      },
    ),
    ...hosts,
    store.metaRouter.opWrite({ group }, { routers: [...routers] }, { version: stale?.version ?? 'absent' }),
    store.master.opCreate(
      { group },
      {
        primary: primary.member,
        epoch,
        sinceMs,
        gtidExecuted: primary.status.gtidExecuted,
        serverUuid: primary.status.serverUuid,
      },
    ),
    store.route.opCreate(
      { group },
      {
        write: primary.member,
        read: replicas.length > 0 ? [...replicas] : [primary.member],
        epoch,
        version: 1,
        reason: 'registered',
        changedAtMs: sinceMs,
      },
    ),
  ];
  try {
    await store.multi(ops);
  } catch (error) {
    if (!isZooKeeperError(error, 'NODE_EXISTS') && !isZooKeeperError(error, 'BAD_VERSION')) throw error;
    throw new CliError(`${error.path ?? group} was written by somebody else meanwhile; nothing was changed`, {
      remedy: `look at it with dcmha group show ${group} and try again`,
      cause: error,
    });
  }
}
