import { describe, expect, it } from 'vitest';
import { checkGroup } from './check-group.js';
import { problemText, type MemberFacts, type MemberStatus } from './member-facts.js';

type Channel = MemberStatus['channels'][number];
const uuid = (n: number): string => `0b5f9f4e-6d1c-11f0-9c1a-00000000000${n}`;

function server(n: number, status: Partial<MemberStatus> = {}): MemberFacts {
  return {
    member: `db${n}:3306`,
    status: {
      version: { flavor: 'mysql', parts: [9, 7, 4], text: '9.7.4' },
      serverUuid: uuid(n),
      serverId: n,
      closed: n !== 1,
      gtidMode: 'ON',
      gtidExecuted: `${uuid(1)}:1-100`,
      logBin: true,
      logReplicaUpdates: true,
      binlogFormat: 'ROW',
      binlogRowImage: 'FULL',
      channels: n === 1 ? [] : [channel()],
      semisync: { sourcePlugin: true, replicaPlugin: true },
      ...status,
    },
  };
}

const channel = (more: Partial<Channel> = {}): Channel => ({
  name: '',
  sourceHost: 'db1',
  sourcePort: 3306,
  sourceUuid: uuid(1),
  receiver: 'running',
  applier: 'running',
  lastReceiverError: null,
  lastApplierError: null,
  ...more,
});

const check = (members: MemberFacts[], semisync = true) => checkGroup(members, { semisync });
const problems = (members: MemberFacts[], semisync = true) =>
  check(members, semisync).problems.map(problemText);

describe('a group to be registered', () => {
  it('is good with one primary and replicas that follow it', () => {
    expect(check([server(1), server(2), server(3)])).toEqual({
      primary: 'db1:3306',
      problems: [],
      warnings: [],
    });
  });

  it('may have a primary that is closed, as after a restart of all', () => {
    expect(check([server(1, { closed: true }), server(2)])).toMatchObject({
      primary: 'db1:3306',
      problems: [],
    });
  });

  it('may know its primary under another name, by its UUID', () => {
    expect(problems([server(1), server(2, { channels: [channel({ sourceHost: '10.0.0.1' })] })])).toEqual([]);
  });

  it('may consist of one server, with a warning', () => {
    const { problems: found, warnings } = check([server(1)]);
    expect(found).toEqual([]);
    expect(warnings.map(problemText)).toEqual([expect.stringContaining('nothing to fail over to')]);
  });

  it.each<[string, MemberFacts[], RegExp]>([
    [
      'GTID off',
      [server(1), server(2, { gtidMode: 'OFF' })],
      /^db2:3306: gtid_mode is OFF; expected ON; set gtid_mode=ON/,
    ],
    ['no binary log', [server(1, { logBin: false }), server(2)], /^db1:3306: the binary log is off/],
    [
      'a replica that logs nothing',
      [server(1), server(2, { logReplicaUpdates: false })],
      /log_replica_updates is OFF/,
    ],
    [
      'one server id twice',
      [server(1), server(2, { serverId: 1 })],
      /^db1:3306 and db2:3306 have the same server_id 1/,
    ],
    ['a copied data folder', [server(1), server(2, { serverUuid: uuid(1) })], /same server_uuid .*auto\.cnf/],
    [
      'two writable servers',
      [server(1), server(2, { closed: false })],
      /^2 servers are writable: db1:3306, db2:3306/,
    ],
    [
      'a writable replica',
      [server(1, { closed: true }), server(2, { closed: false })],
      /^db2:3306: it is writable, but follows/,
    ],
    [
      'two servers without a source',
      [server(1), server(2, { channels: [] })],
      /no clear primary: db1:3306, db2:3306 follow no other/,
    ],
    [
      'a ring',
      [server(1, { channels: [channel()], closed: true }), server(2)],
      /there is no primary: all of db1:3306, db2:3306/,
    ],
    [
      'a replica of a stranger',
      [server(1), server(2, { channels: [channel({ sourceHost: 'x', sourceUuid: uuid(9) })] })],
      /^db2:3306: it follows x:3306; expected the primary db1:3306/,
    ],
    [
      'a stopped receiver',
      [
        server(1),
        server(2, {
          channels: [channel({ receiver: 'stopped', lastReceiverError: { errno: 1236, message: 'purged' } })],
        }),
      ],
      /^db2:3306: its replication receiver is stopped \(error 1236: purged\); expected running/,
    ],
    [
      'a stopped applier',
      [server(1), server(2, { channels: [channel({ applier: 'stopped' })] })],
      /applier is stopped/,
    ],
    [
      'errant transactions',
      [server(1), server(2, { gtidExecuted: `${uuid(1)}:1-90,${uuid(2)}:1-3` })],
      new RegExp(`^db2:3306: it has transactions that the primary db1:3306 does not have: ${uuid(2)}:1-3`),
    ],
    [
      'no semi-sync plugins',
      [server(1), server(2, { semisync: { sourcePlugin: true, replicaPlugin: false } })],
      /^db2:3306: the semi-sync plugins are not installed/,
    ],
    [
      'two flavors',
      [server(1), server(2, { version: { ...server(2).status.version, flavor: 'mariadb' } })],
      /^db2:3306: it is a mariadb server and db1:3306 a mysql one/,
    ],
  ])('is refused with %s', (_what, members, message) => {
    expect(problems(members)).toEqual([expect.stringMatching(message)]);
  });

  it('needs no semi-sync plugins for an async policy', () => {
    const none = { semisync: { sourcePlugin: false, replicaPlugin: false } };
    expect(problems([server(1, none), server(2, none)], false)).toEqual([]);
  });

  it('is told of every problem at once', () => {
    const members = [server(1, { gtidMode: 'OFF' }), server(2, { logBin: false, serverId: 1 })];
    expect(problems(members)).toHaveLength(3);
  });

  it('is warned when its binary log could not be taken back', () => {
    const { warnings } = check([
      server(1, { binlogFormat: 'MIXED' }),
      server(2, { binlogRowImage: 'MINIMAL' }),
    ]);
    expect(warnings.map(({ member }) => member)).toEqual(['db1:3306', 'db2:3306']);
  });
});
