import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import type { InstanceStatus } from '@dcmha/mysql-instance';
import { moment } from '../output/time.js';
import type { GroupView, ServerView } from './group-view.js';

/** What was asked of the servers themselves; empty when no account is configured. */
export type LiveStatus = ReadonlyMap<string, LiveServer>;
export type LiveServer =
  { readonly ok: true; readonly status: InstanceStatus } | { readonly ok: false; readonly problem: string };

export interface ServerStatus {
  readonly server: string;
  readonly role: 'primary' | 'replica';
  /** `up`, `down`, `hung`, `unknown`: as its agent sees it, or as we do without an agent. */
  readonly state: string;
  /** `null` when not asked, or the server does not know. */
  readonly lagMs: number | null;
  readonly writable: boolean | null;
  readonly gtidExecuted: string | null;
  readonly agent: string | null;
  readonly region: string;
  readonly promotion: string;
  readonly reads: boolean;
}

export interface RouterStatus {
  readonly router: string;
  readonly live: boolean;
  /** It has applied the route that is published. */
  readonly current: boolean;
  readonly version: number | null;
  readonly error: string | null;
}

export interface GroupStatus {
  readonly group: string;
  readonly primary: string | null;
  readonly epoch: number | null;
  readonly owner: string | null;
  readonly maintenance: {
    readonly by: string;
    readonly reason: string;
    readonly untilMs: number | null;
  } | null;
  readonly operation: { readonly operation: string; readonly step: string } | null;
  readonly route: {
    readonly write: string | null;
    readonly read: readonly string[];
    readonly epoch: number;
    readonly version: number;
    readonly reason: string;
  } | null;
  readonly servers: readonly ServerStatus[];
  readonly routers: readonly RouterStatus[];
  /** Whatever a person should see to. */
  readonly alerts: readonly string[];
}

/** Puts together what there is to know of a group. Pure. */
export function groupStatus(view: GroupView, live: LiveStatus): GroupStatus {
  const { master, route, maintenance, journal, owner } = view;
  const primary = master?.primary ?? null;
  const servers = view.servers.map((server) => serverStatus(server, view, live.get(server.server)));
  const routers = routerStatus(view);
  return {
    group: view.group,
    primary,
    epoch: master?.epoch ?? null,
    owner: owner?.engine ?? null,
    maintenance:
      maintenance === null
        ? null
        : { by: maintenance.by, reason: maintenance.reason, untilMs: maintenance.untilMs ?? null },
    operation: journal === null ? null : { operation: journal.operation, step: journal.step },
    route:
      route === null
        ? null
        : {
            write: route.write,
            read: route.read,
            epoch: route.epoch,
            version: route.version,
            reason: route.reason,
          },
    servers,
    routers,
    alerts: alerts(view, servers, routers, live),
  };
}

function serverStatus(
  { server, host, online, agent }: ServerView,
  view: GroupView,
  live?: LiveServer,
): ServerStatus {
  const status = live?.ok === true ? live.status : undefined;
  const channel = status?.channels.find(({ name }) => name === '') ?? status?.channels[0];
  return {
    server,
    role: server === view.master?.primary ? 'primary' : 'replica',
    state:
      agent?.mysqld ?? (online || live?.ok === true ? 'up' : live?.ok === false ? 'unreachable' : 'unknown'),
    lagMs: channel?.lagMs ?? null,
    writable: status === undefined ? null : !status.closed,
    gtidExecuted: status?.gtidExecuted ?? null,
    agent: agent?.id ?? null,
    region: host?.region ?? 'default',
    promotion: host?.promotion ?? 'neutral',
    reads: view.route?.read.includes(server) ?? false,
  };
}

function routerStatus({ expectedRouters, acks, route }: GroupView): RouterStatus[] {
  const names = [...new Set([...expectedRouters, ...acks.keys()])].sort();
  return names.map((router) => {
    const ack = acks.get(router);
    return {
      router,
      live: ack !== undefined,
      current:
        ack !== undefined && route !== null && ack.epoch === route.epoch && ack.version === route.version,
      version: ack?.version ?? null,
      error: ack?.error ?? null,
    };
  });
}

function alerts(
  view: GroupView,
  servers: readonly ServerStatus[],
  routers: readonly RouterStatus[],
  live: LiveStatus,
): string[] {
  const found: string[] = [...view.unreadable];
  const { master, route, heartbeatAlert, routeAlert } = view;
  if (view.owner === null)
    found.push('no engine looks after this group; start one (dcmha engine --config FILE)');
  if (master === null) found.push('no primary is registered');
  if (route === null) found.push('no route is published');
  else if (route.write === null) found.push(`nobody takes writes: ${route.reason}`);
  if (heartbeatAlert !== null) found.push(`heartbeat lost: ${heartbeatAlert.reason}`);
  if (routeAlert !== null) found.push(`route not applied: ${routeAlert.reason}`);
  for (const server of servers) {
    const { detail } = view.servers.find((one) => one.server === server.server)?.agent ?? {};
    if (server.agent === null) found.push(`${server.server}: no agent`);
    else if (server.state !== 'up')
      found.push(`${server.server}: ${server.state}${detail === undefined ? '' : ` (${detail})`}`);
  }
  for (const { server, down } of view.servers) {
    if (down !== null) found.push(`${server} is not read from since ${moment(down.sinceMs)}: ${down.reason}`);
  }
  for (const { router, live: isLive, current, error } of routers) {
    if (!isLive) found.push(`router ${router} is not there`);
    else if (error !== null) found.push(`router ${router}: ${error}`);
    else if (!current && route !== null) found.push(`router ${router} has an older route`);
  }
  for (const [server, reading] of live) {
    if (!reading.ok) found.push(`${server}: ${reading.problem}`);
  }
  const writable = servers.filter((server) => server.writable === true);
  if (writable.length > 1)
    found.push(`${writable.length} servers are writable: ${writable.map((one) => one.server).join(', ')}`);
  const closed = servers.find((server) => server.role === 'primary' && server.writable === false);
  if (closed !== undefined && route?.write === closed.server)
    found.push(`the primary ${closed.server} is closed for writes`);
  return found;
}

/** `…0002:1-4711` instead of the whole UUID, and how many sets there are when there are several. */
export function shortGtids(text: string): string {
  if (text === '') return 'none';
  try {
    const set = GtidSet.parse(text);
    const parts = set.toString().split(',');
    const first = parts[0]!.replace(/^[0-9a-f-]{32}([0-9a-f]{4}):/i, '…$1:');
    return parts.length === 1 ? first : `${first} +${parts.length - 1}`;
  } catch {
    return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
  }
}
