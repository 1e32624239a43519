import { parseGroupPolicy, type GroupPolicy } from '@dcmha/zk-schema';
import type { AgentControl } from '../ports.js';
import type { GroupInputs, GroupTask, MemberRecord } from './group-runner.js';
import { journalFromValue, maintenanceFromValue, primaryFromValue, routeFromValue } from './records.js';
import type { AgentIndex } from './agent-index.js';
import type { Steadiness } from './steadiness.js';
import type { TreeMirror } from './tree-mirror.js';

export interface InputsOptions {
  readonly mirror: TreeMirror;
  readonly agents: AgentIndex;
  readonly agent: (endpoint: string) => AgentControl;
  readonly connected: () => boolean;
  readonly wallMs: () => number;
  readonly steadiness: Steadiness;
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

  const members = meta.members.map((server): MemberRecord => {
    const host = mirror.value('metaHost', { server });
    const client = options.agents.of(server);
    const mysqld = client?.mysqld[server];
    const endpoint = client?.endpoint ?? null;
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
  return {
    policy: policyOf(meta),
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

const policies = new WeakMap<object, GroupPolicy>();

/** Checked once for each version of the group's node. */
function policyOf(meta: { readonly policy?: unknown }): GroupPolicy {
  const known = policies.get(meta);
  if (known !== undefined) return known;
  const policy = parseGroupPolicy(meta.policy);
  policies.set(meta, policy);
  return policy;
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
