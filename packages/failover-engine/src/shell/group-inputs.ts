import type { GroupPolicy, NodeValue } from '@dcmha/zk-schema';
import type { AgentControl } from '../ports.js';
import type { GroupInputs, MemberRecord } from './group-runner.js';
import type { GroupTask } from './group-task.js';
import { journalFromValue, maintenanceFromValue, primaryFromValue, routeFromValue } from './records.js';
import type { AgentIndex } from './agent-index.js';
import { contradictions, readPolicy } from './checked-policy.js';
import type { Steadiness } from './steadiness.js';
import type { TreeMirror } from './tree-mirror.js';

export interface InputsOptions {
  readonly mirror: TreeMirror;
  readonly agents: AgentIndex;
  readonly agent: (endpoint: string) => AgentControl;
  readonly connected: () => boolean;
  readonly wallMs: () => number;
  readonly steadiness: Steadiness;
  /** Hooks that policies may name; missing: they are not checked. */
  readonly hooks?: readonly string[];
}

/**
 * What the mirror says of a group; `null` when the group is not registered.
 * @throws NodeValueError when a value does not parse: nothing is decided on a guess.
 */
export function groupInputs(
  options: InputsOptions,
  group: string,
  lastFailoverWallMs: number | null,
): GroupInputs | null {
  const { mirror } = options;
  const meta = mirror.value('metaGroup', { group });
  if (meta === null) return null;

  const strangers: string[] = [];
  let agentSessionTimeoutMs: number | undefined;
  const members = meta.members.map((server): MemberRecord => {
    const host = mirror.value('metaHost', { server });
    if (host !== null && host.group !== group) {
      strangers.push(
        `members = "${server}": belongs to the group ${host.group}; a server is a member of one group`,
      );
    }
    const client = options.agents.of(server);
    const mysqld = client?.mysqld[server];
    const endpoint = client?.endpoint ?? null;
    if (client?.sessionTimeoutMs !== undefined)
      agentSessionTimeoutMs = Math.max(agentSessionTimeoutMs ?? 0, client.sessionTimeoutMs);
    return {
      key: server,
      region: host?.region ?? 'default',
      promotion: host?.promotion ?? 'neutral',
      heartbeat: mirror.value('onlineList', { server }) !== null,
      agent: {
        up: client !== null,
        mysqld: mysqld?.state ?? 'unknown',
        detail: mysqld?.detail ?? '',
        endpoint,
        stalled: mysqld?.stalled ?? null,
      },
      agentControl: endpoint === null ? null : options.agent(endpoint),
    };
  });

  const master = mirror.value('master', { group });
  const route = mirror.value('route', { group });
  const journal = mirror.value('journal', { group });
  const white = mirror.value('white', { group });
  const { policy, refused } = readPolicy(meta);
  return {
    policy,
    refusedPolicy: [
      ...refused,
      ...strangers,
      ...policyContradictions(policy, meta, members, { agentSessionTimeoutMs, hooks: options.hooks }),
    ],
    members,
    primary: master === null ? null : primaryFromValue(master),
    route: route === null ? null : routeFromValue(route),
    journal: journal === null ? null : journalFromValue(journal),
    maintenance: white === null ? null : maintenanceFromValue(white),
    tasks: tasksOf(mirror, group),
    lastFailoverWallMs,
    storeConnected: options.connected(),
    store: options.steadiness.now(),
  };
}

/** Whoever is primary now: a group does not become wrong by a failover. */
function policyContradictions(
  policy: GroupPolicy,
  { flavor }: NodeValue<'metaGroup'>,
  members: readonly MemberRecord[],
  known: {
    readonly agentSessionTimeoutMs: number | undefined;
    readonly hooks: readonly string[] | undefined;
  },
): readonly string[] {
  return contradictions(policy, {
    members: members.map(({ key, region, promotion }) => ({ server: key, region, promotion })),
    flavor,
    ...(known.agentSessionTimeoutMs === undefined
      ? {}
      : { agentSessionTimeoutMs: known.agentSessionTimeoutMs }),
    ...(known.hooks === undefined ? {} : { hooks: known.hooks }),
  });
}

function tasksOf(mirror: TreeMirror, group: string): GroupTask[] {
  return mirror
    .children('task')
    .sort((a, b) => a.slice(-10).localeCompare(b.slice(-10)))
    .flatMap((name): GroupTask[] => {
      const task = mirror.valueAt('task', `${mirror.folder('task')}/${name}`);
      return task?.group === group
        ? [{ name, kind: task.kind, requestedBy: task.requestedBy, args: task.args }]
        : [];
    });
}

/** Versions of the route that the live routers of a group have applied. */
export function acknowledgedVersions(mirror: TreeMirror, group: string): number[] {
  return mirror.children('routerAck', group).flatMap((name) => {
    const ack = mirror.valueAt('routerAck', `${mirror.folder('routerAck')}/${group}/${name}`);
    return ack === null ? [] : [ack.version];
  });
}
