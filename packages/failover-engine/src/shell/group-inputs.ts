import type { AgentControl } from '../ports.js';
import {
  buildPath,
  parseGroupPolicy,
  type GroupPolicy,
  type Layout,
  type NodeKey,
  type NodeParams,
  type NodeValue,
} from '@dcmha/zk-schema';
import { decode } from './codec.js';
import type { GroupInputs, GroupTask, MemberRecord } from './group-runner.js';
import { journalFromValue, maintenanceFromValue, primaryFromValue, routeFromValue } from './records.js';
import type { TreeMirror } from './tree-mirror.js';

export interface InputsOptions {
  readonly mirror: TreeMirror;
  readonly layout: Layout;
  readonly agent: (endpoint: string) => AgentControl;
  readonly connected: () => boolean;
  readonly wallMs: () => number;
}

/** Reads a typed value out of the mirror; `null` when there is no node. */
export function valueOf<Key extends NodeKey>(
  mirror: TreeMirror,
  layout: Layout,
  key: Key,
  params: NodeParams<Key>,
): NodeValue<Key> | null {
  const path = buildPath(layout, key, params);
  const data = mirror.data(path);
  return data === undefined || data.length === 0 ? null : decode(key, path, data);
}

/**
 * What the mirror says of a group; `null` when the group is not registered.
 * @throws Error when a value does not parse: nothing is decided on a guess.
 */
export function groupInputs(
  options: InputsOptions,
  group: string,
  lastFailoverWallMs: number | null,
): GroupInputs | null {
  const { mirror, layout } = options;
  const value = <Key extends NodeKey>(key: Key, params: NodeParams<Key>) =>
    valueOf(mirror, layout, key, params);
  const meta = value('metaGroup', { group });
  if (meta === null) return null;
  const policy: GroupPolicy = parseGroupPolicy(meta.policy);

  const agents = agentsByServer(options);
  const members = meta.members.map((server): MemberRecord => {
    const host = value('metaHost', { server });
    const client = agents.get(server);
    const mysqld = client?.mysqld[server];
    const endpoint = client?.endpoint ?? null;
    return {
      key: server,
      region: host?.region ?? 'default',
      promotion: host?.promotion ?? 'neutral',
      heartbeat: value('onlineList', { server }) !== null,
      agent: {
        up: client !== undefined,
        mysqld: mysqld?.state ?? 'unknown',
        detail: mysqld?.detail ?? '',
        endpoint,
      },
      agentControl: endpoint === null ? null : options.agent(endpoint),
    };
  });

  const master = value('master', { group });
  const route = value('route', { group });
  const journal = value('journal', { group });
  const white = value('white', { group });
  return {
    policy,
    members,
    primary: master === null ? null : primaryFromValue(master),
    route: route === null ? null : routeFromValue(route),
    journal: journal === null ? null : journalFromValue(journal),
    maintenance: white === null ? null : maintenanceFromValue(white, options.wallMs()),
    tasks: tasksOf(options, group),
    lastFailoverWallMs,
    storeConnected: options.connected(),
  };
}

function agentsByServer({ mirror, layout }: InputsOptions): Map<string, NodeValue<'onlineClients'>> {
  const byServer = new Map<string, NodeValue<'onlineClients'>>();
  for (const host of mirror.children(`${layout.root}/${layout.names.onlineClients}`)) {
    const client = valueOf(mirror, layout, 'onlineClients', { host: decodeURIComponent(host) });
    for (const server of client?.servers ?? []) if (client !== null) byServer.set(server, client);
  }
  return byServer;
}

function tasksOf({ mirror, layout }: InputsOptions, group: string): GroupTask[] {
  const folder = `${layout.root}/${layout.names.task}`;
  return mirror
    .children(folder)
    .sort((a, b) => a.slice(-10).localeCompare(b.slice(-10)))
    .flatMap((name): GroupTask[] => {
      const path = `${folder}/${name}`;
      const data = mirror.data(path);
      if (data === undefined || data.length === 0) return [];
      const task = decode('task', path, data);
      return task.group === group
        ? [{ name, kind: task.kind, requestedBy: task.requestedBy, args: task.args }]
        : [];
    });
}

/** Versions that the live routers of a group have applied. */
export function acknowledgedVersions({ mirror, layout }: InputsOptions, group: string): number[] {
  const folder = `${layout.root}/${layout.names.routerAck}/${group}`;
  return mirror.children(folder).flatMap((name) => {
    const data = mirror.data(`${folder}/${name}`);
    if (data === undefined || data.length === 0) return [];
    const ack = decode('routerAck', `${folder}/${name}`, data);
    return [ack.version];
  });
}
