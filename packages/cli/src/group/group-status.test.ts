import type { InstanceStatus } from '@dcmha/mysql-instance';
import { describe, expect, it } from 'vitest';
import { groupStatus, shortGtids, type LiveStatus } from './group-status.js';
import type { GroupView } from './group-view.js';
import { statusText } from './status-text.js';

const atMs = 1_760_000_000_000;
const view: GroupView = {
  group: 'orders',
  meta: { members: ['db1:3306', 'db2:3306'], flavor: 'mysql', policy: {} },
  master: { primary: 'db1:3306', epoch: 7, sinceMs: atMs },
  route: { write: 'db1:3306', read: ['db2:3306'], epoch: 7, version: 31, reason: 'failover from db3:3306' },
  maintenance: null,
  journal: null,
  owner: { engine: 'engine-1', claim: 'x', sinceMs: atMs },
  heartbeatAlert: null,
  routeAlert: null,
  expectedRouters: ['haproxy-1'],
  acks: new Map([['haproxy-1', { version: 31, epoch: 7, appliedAtMs: atMs }]]),
  servers: ['db1:3306', 'db2:3306'].map((server) => ({
    server,
    host: { group: 'orders', region: 'eu', promotion: 'neutral' },
    online: true,
    down: null,
    agent: { id: server.split(':')[0]!, mysqld: 'up' },
  })),
  unreadable: [],
};
const live = (
  status: Partial<InstanceStatus>,
): LiveStatus extends ReadonlyMap<string, infer V> ? V : never => ({
  ok: true,
  status: { closed: true, gtidExecuted: '', channels: [], ...status } as InstanceStatus,
});

describe('status of a group', () => {
  it('has nothing to complain about when all is well', () => {
    const status = groupStatus(view, new Map());
    expect(status).toMatchObject({ primary: 'db1:3306', epoch: 7, owner: 'engine-1', alerts: [] });
    expect(status.routers).toEqual([
      { router: 'haproxy-1', live: true, current: true, version: 31, error: null },
    ]);
    expect(statusText(status).split('\n')).toEqual([
      'group orders: primary db1:3306, epoch 7, engine engine-1',
      'route: write db1:3306, read db2:3306 (version 31, failover from db3:3306)',
      'routers: haproxy-1 ok',
      '',
      'SERVER    ROLE     STATE  WRITES  READS  LAG  GTID  AGENT  REGION  PROMOTION',
      'db1:3306  primary  up     -       no       -  -     db1    eu      neutral',
      'db2:3306  replica  up     -       yes      -  -     db2    eu      neutral',
    ]);
  });

  it('adds what the servers themselves say', () => {
    const lag = [{ name: '', lagMs: 2000 }] as unknown as InstanceStatus['channels'];
    const status = groupStatus(
      view,
      new Map([
        ['db1:3306', live({ closed: false, gtidExecuted: '0b5f9f4e-6d1c-11f0-9c1a-0242ac110002:1-4711' })],
        ['db2:3306', live({ channels: lag })],
      ]),
    );
    expect(status.servers).toMatchObject([{ writable: true }, { writable: false, lagMs: 2000 }]);
    expect(statusText(status)).toContain('…0002:1-4711');
    expect(status.alerts).toEqual([]);
  });

  it.each<[string, Partial<GroupView>, LiveStatus, RegExp]>([
    ['no engine', { owner: null }, new Map(), /no engine looks after/],
    ['no route', { route: null }, new Map(), /no route is published/],
    ['no primary for writes', { route: { ...view.route!, write: null } }, new Map(), /nobody takes writes/],
    ['a router that is not there', { acks: new Map() }, new Map(), /router haproxy-1 is not there/],
    [
      'a router that lags behind',
      { acks: new Map([['haproxy-1', { version: 30, epoch: 7, appliedAtMs: atMs }]]) },
      new Map(),
      /haproxy-1 has an older route/,
    ],
    [
      'a router that fails',
      { acks: new Map([['haproxy-1', { version: 31, epoch: 7, appliedAtMs: atMs, error: 'no socket' }]]) },
      new Map(),
      /router haproxy-1: no socket/,
    ],
    [
      'a server that is down',
      { servers: [{ ...view.servers[0]!, agent: { id: 'db1', mysqld: 'down', detail: 'process gone' } }] },
      new Map(),
      /db1:3306: down \(process gone\)/,
    ],
    [
      'a server without an agent',
      { servers: [{ ...view.servers[0]!, agent: null }] },
      new Map(),
      /db1:3306: no agent/,
    ],
    [
      'a replica out of the read pool',
      { servers: [{ ...view.servers[0]!, down: { group: 'orders', reason: 'lag', sinceMs: atMs } }] },
      new Map(),
      /db1:3306 is not read from since 2025-10-09 08:53:20Z: lag/,
    ],
    [
      'two writable servers',
      {},
      new Map([
        ['db1:3306', live({ closed: false })],
        ['db2:3306', live({ closed: false })],
      ]),
      /2 servers are writable/,
    ],
    ['a closed primary', {}, new Map([['db1:3306', live({ closed: true })]]), /primary db1:3306 is closed/],
    [
      'a server that we cannot ask',
      {},
      new Map([['db2:3306', { ok: false, problem: 'refused' }]]),
      /db2:3306: refused/,
    ],
    ['a node that cannot be read', { unreadable: ['/mysql/master/orders: no JSON'] }, new Map(), /no JSON/],
  ])('complains about %s', (_what, change, asked, message) => {
    const { alerts } = groupStatus({ ...view, ...change }, asked);
    expect(alerts).toEqual([expect.stringMatching(message)]);
    expect(statusText(groupStatus({ ...view, ...change }, asked))).toContain(`! ${alerts[0]}`);
  });
});

describe('shortGtids', () => {
  it.each([
    ['', 'none'],
    ['0b5f9f4e-6d1c-11f0-9c1a-0242ac110002:1-5', '…0002:1-5'],
    ['0b5f9f4e-6d1c-11f0-9c1a-0242ac110002:1-5,1c6f9f4e-6d1c-11f0-9c1a-0242ac110003:1', '…0002:1-5 +1'],
    ['0-1-5', '0-1-5'],
  ])('%s', (text, short) => {
    expect(shortGtids(text)).toBe(short);
  });
});
