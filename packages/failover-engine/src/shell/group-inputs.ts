import { parseGroupPolicy, type NodeValue } from '@dcmha/zk-schema';
import type { AgentControl } from '../ports.js';
import type { GroupInputs, GroupTask, MemberRecord } from './group-runner.js';
import { journalFromValue, maintenanceFromValue, primaryFromValue, routeFromValue } from './records.js';
import type { TreeMirror } from './tree-mirror.js';

export interface InputsOptions {
  readonly mirror: TreeMirror;
  readonly agent: (endpoint: string) => AgentControl;
  readonly connected: () => boolean;
  readonly wallMs: () => number;
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

  const agents = agentsByServer(mirror);
  const members = meta.members.map((server): MemberRecord => {
    const host = mirror.value('metaHost', { server });
    const client = agents.get(server);
    const mysqld = client?.mysqld[server];
    const endpoint = client?.endpoint ?? null;
    return {
      key: server,
      region: host?.region ?? 'default',
      promotion: host?.promotion ?? 'neutral',
      heartbeat: mirror.value('onlineList', { server }) !== null,
      agent: {
        up: client !== undefined,
        mysqld: mysqld?.state ?? 'unknown',
        detail: mysqld?.detail ?? '',
        endpoint,
      },
      agentControl: endpoint === null ? null : options.agent(endpoint),
    };
  });

  const master = mirror.value('master', { group });
  const route = mirror.value('route', { group });
  const journal = mirror.value('journal', { group });
  const white = mirror.value('white', { group });
  return {
    policy: parseGroupPolicy(meta.policy),
    members,
    primary: master === null ? null : primaryFromValue(master),
    route: route === null ? null : routeFromValue(route),
    journal: journal === null ? null : journalFromValue(journal),
    maintenance: white === null ? null : maintenanceFromValue(white, options.wallMs()),
    tasks: tasksOf(mirror, group),
    lastFailoverWallMs,
    storeConnected: options.connected(),
  };
}

function agentsByServer(mirror: TreeMirror): Map<string, NodeValue<'onlineClients'>> {
  const byServer = new Map<string, NodeValue<'onlineClients'>>();
  for (const name of mirror.children('onlineClients')) {
    const client = mirror.valueAt('onlineClients', `${mirror.folder('onlineClients')}/${name}`);
    for (const server of client?.servers ?? []) if (client !== null) byServer.set(server, client);
  }
  return byServer;
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
