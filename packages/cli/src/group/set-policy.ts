import { isZooKeeperError } from '@dcmha/zk-client';
import { groupPolicySchema, type NodeInput, type Store, type StoreOp } from '@dcmha/zk-schema';
import { describeIssues } from '../config/describe-issues.js';
import { CliError, CliErrors } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import type { MemberArgument } from './parse-member.js';
import { agentSessionTimeoutMs, knownHooks, policyProblems } from './policy-facts.js';
import { requireGroup } from './require-group.js';

export interface SetPolicy {
  readonly group: string;
  /** The whole policy as it shall be, instead of what is there. */
  readonly policy: Readonly<Record<string, unknown>> | undefined;
  /** `key.key=value`, each set in what is there; nothing after the `=`: back to the default. */
  readonly settings: readonly string[];
  readonly members: readonly MemberArgument[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
}

export interface PolicySet {
  readonly ok: true;
  readonly group: string;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly changed: readonly string[];
}

/**
 * Changes the policy of a group and the rules of its members, all or nothing, and only if nobody else has changed them since
 * they were read.
 *
 * @throws {CliError} naming key and value of everything that is wrong; nothing was changed
 */
export async function setPolicy(store: Store, request: SetPolicy): Promise<PolicySet> {
  const { group, members, dryRun } = request;
  const meta = await requireGroup(store, group);
  const stranger = members.find(({ address }) => !meta.value.members.includes(address));
  if (stranger !== undefined) {
    throw new CliError(`${stranger.address} is no member of "${group}"`, {
      expected: `expected one of ${meta.value.members.join(', ')}`,
    });
  }
  const input = applySettings(request.policy ?? meta.value.policy, request.settings);
  const parsed = groupPolicySchema.safeParse(input);
  if (!parsed.success) {
    const described = describeIssues(groupPolicySchema, parsed.error.issues, () => undefined);
    throw new CliErrors(
      `the policy of "${group}" cannot be used; nothing was changed`,
      described.map(({ key, message }) => (key === undefined ? message : `${key}: ${message}`)),
      { exitCode: ExitCode.usage },
    );
  }

  const hosts = await Promise.all(
    meta.value.members.map(async (server) => {
      const stored = await store.metaHost.read({ server });
      const wanted = members.find(({ address }) => address === server);
      const value: NodeInput<'metaHost'> = {
        ...(stored?.value ?? { group }),
        ...(wanted?.region === undefined ? {} : { region: wanted.region }),
        ...(wanted?.promotion === undefined ? {} : { promotion: wanted.promotion }),
      };
      return { server, stored, value, wanted: wanted !== undefined };
    }),
  );
  const [master, sessionMs, hooks] = await Promise.all([
    store.master.read({ group }),
    agentSessionTimeoutMs(store, meta.value.members),
    knownHooks(store, request),
  ]);
  const problems = policyProblems(parsed.data, {
    members: hosts.map(({ server, value }) => ({
      server,
      region: value.region ?? 'default',
      promotion: value.promotion ?? 'neutral',
    })),
    primary: master?.value.primary ?? null,
    flavor: meta.value.flavor,
    ...(sessionMs === undefined ? {} : { agentSessionTimeoutMs: sessionMs }),
    ...(hooks === undefined ? {} : { hooks }),
  });
  if (problems.length > 0)
    throw new CliErrors(
      `the policy of "${group}" contradicts itself or the group; nothing was changed`,
      problems,
    );

  const changed = [
    ...differences(meta.value.policy, input),
    ...hosts
      .filter(({ wanted }) => wanted)
      .map(
        ({ server, value }) =>
          `${server}: region ${value.region ?? 'default'}, promotion ${value.promotion ?? 'neutral'}`,
      ),
  ];
  if (!dryRun && changed.length > 0) {
    const ops: StoreOp[] = [
      store.metaGroup.opWrite({ group }, { ...meta.value, policy: input }, { version: meta.version }),
      ...hosts
        .filter(({ wanted }) => wanted)
        .map(({ server, stored, value }) =>
          store.metaHost.opWrite({ server }, value, { version: stored?.version ?? 'absent' }),
        ),
    ];
    await write(store, group, ops);
  }
  return { ok: true, group, policy: input, changed };
}

async function write(store: Store, group: string, ops: readonly StoreOp[]): Promise<void> {
  try {
    await store.multi(ops);
  } catch (error) {
    const changed = ['BAD_VERSION', 'NO_NODE', 'NODE_EXISTS'] as const;
    if (!changed.some((code) => isZooKeeperError(error, code))) throw error;
    throw new CliError(`"${group}" was changed by somebody else meanwhile; nothing was changed`, {
      remedy: `look at dcmha group show ${group} and try again`,
      cause: error,
    });
  }
}

/** @throws {CliError} when a setting is not `key=value` */
export function applySettings(
  policy: Readonly<Record<string, unknown>>,
  settings: readonly string[],
): Record<string, unknown> {
  const result = structuredClone(policy) as Record<string, unknown>;
  for (const setting of settings) {
    const [, path, text] = /^([A-Za-z]+(?:\.[A-Za-z]+)*)=(.*)$/s.exec(setting) ?? [];
    if (path === undefined || text === undefined) {
      throw new CliError(`"${setting}" is no setting`, {
        expected: 'expected key=value, such as antiFlapMs=60000 or patience.hungMs=1500',
        exitCode: ExitCode.usage,
      });
    }
    const keys = path.split('.');
    const last = keys.pop() as string;
    let at = result;
    for (const key of keys) {
      const inner = at[key];
      const next = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {};
      at[key] = next;
      at = next as Record<string, unknown>;
    }
    if (text === '') Reflect.deleteProperty(at, last);
    else at[last] = valueOf(text);
  }
  return result;
}

/** JSON where it is JSON (numbers, true, lists), else text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function differences(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const show = (value: unknown): string => (value === undefined ? 'default' : JSON.stringify(value));
  return keys
    .filter((key) => show(before[key]) !== show(after[key]))
    .map((key) => `${key}: ${show(before[key])} -> ${show(after[key])}`);
}
