import { describe, expect, it } from 'vitest';
import type { ResultSet, Row } from '../connection/statement.js';
import { mariadb } from '../dialect/mariadb/index.js';
import { mysql57 } from '../dialect/mysql-5.7/index.js';
import { mysql84 } from '../dialect/mysql-8.4/index.js';
import { address, replicaRow } from '../testing/fake-server.js';
import { parseStatus } from './parse-status.js';

const set = (rows: readonly Row[]): ResultSet => ({ rows, affectedRows: 0 });
const named = (values: Readonly<Record<string, string>>): ResultSet =>
  set(Object.entries(values).map(([name, value]) => ({ Variable_name: name, Value: value })));

const snapshot: Row = {
  version: '9.7.4-2',
  versionComment: '(Debian)',
  serverUuid: '500ca2fd-e6be-11f1-9064-02fc00000001',
  serverId: '2',
  readOnly: '1',
  superReadOnly: '1',
  gtidMode: 'ON',
  gtidExecuted: '4ea961d6-e6be-11f1-ab1f-02fc00000001:1-12,\n500ca2fd-e6be-11f1-9064-02fc00000001:1-4',
  gtidPurged: '',
  logBin: '1',
  logReplicaUpdates: '1',
  binlogFormat: 'ROW',
  binlogRowImage: 'FULL',
  syncBinlog: '0',
  flushLogAtTrxCommit: '2',
  maxConnections: '151',
  now: '1795385675.643126',
};

const semisyncVariables = named({
  rpl_semi_sync_replica_enabled: 'ON',
  rpl_semi_sync_source_enabled: 'OFF',
  rpl_semi_sync_source_timeout: '4294967295',
  rpl_semi_sync_source_wait_for_replica_count: '2',
  rpl_semi_sync_source_wait_point: 'AFTER_SYNC',
});

const counters = named({
  Rpl_semi_sync_source_clients: '1',
  Rpl_semi_sync_source_status: 'OFF',
  Rpl_semi_sync_source_wait_sessions: '3',
  Threads_connected: '7',
  Uptime: '1627',
});

const activity: Row = {
  channel: '',
  heartbeatPeriodS: '0.200',
  heartbeats: '2273',
  heartbeatAgeUs: '248812',
  queuedAgeUs: '31000',
  queueingAgeUs: null,
};

describe('a replica of MySQL 9.7', () => {
  const status = parseStatus(address, mysql84, [
    set([snapshot]),
    semisyncVariables,
    counters,
    set([replicaRow()]),
    set([activity]),
  ]);

  it('is read whole', () => {
    expect(status).toMatchObject({
      version: { flavor: 'mysql', parts: [9, 7, 4] },
      serverId: 2,
      readOnly: true,
      superReadOnly: true,
      closed: true,
      gtidMode: 'ON',
      gtidExecuted: '4ea961d6-e6be-11f1-ab1f-02fc00000001:1-12,500ca2fd-e6be-11f1-9064-02fc00000001:1-4',
      logBin: true,
      durability: { syncBinlog: 0, flushLogAtTrxCommit: 2 },
      connections: { current: 7, max: 151 },
      uptimeS: 1627,
      now: 1795385675643,
    });
    expect(status.semisync).toEqual({
      sourcePlugin: true,
      replicaPlugin: true,
      sourceEnabled: false,
      replicaEnabled: true,
      ackers: 1,
      waitForAckers: 2,
      timeoutMs: 4294967295,
      waitPoint: 'AFTER_SYNC',
      sourceStatus: false,
      waitingSessions: 3,
      generation: 'source-replica',
    });
  });

  it('knows when it last heard of its source: a transaction counts like a heartbeat', () => {
    expect(status.channels).toHaveLength(1);
    expect(status.channels[0]).toMatchObject({
      sourceHost: '127.0.0.12',
      receiver: 'running',
      applier: 'running',
      autoPosition: true,
      heartbeatPeriodMs: 200,
      heartbeatsReceived: 2273,
      lastReceivedAgeMs: 31,
      lagMs: 0,
      lastReceiverError: null,
      readPosition: { file: 'binlog.000001', position: 5889 },
    });
    expect(status.channels[0]!.lastHeartbeat).toBeCloseTo(1795385675643 - 248.812, 2);
  });
});

describe('details of a snapshot', () => {
  const read = (changes: Row, channel?: Row): ReturnType<typeof parseStatus> =>
    parseStatus(address, mysql84, [
      set([{ ...snapshot, ...changes }]),
      named({}),
      named({}),
      set(channel === undefined ? [] : [replicaRow(channel)]),
      set([]),
    ]);

  it('super_read_only without read_only is not closed yet: the closing statement still waits', () => {
    expect(read({ readOnly: '0', superReadOnly: '1' }).closed).toBe(false);
  });

  it('a server without semi-sync and without channels says so', () => {
    const status = read({});
    expect(status.channels).toEqual([]);
    expect(status.semisync).toMatchObject({
      sourcePlugin: false,
      replicaPlugin: false,
      timeoutMs: null,
      generation: null,
    });
  });

  it('a receiver that cannot connect has its error, and a stopped applier has no lag', () => {
    const [channel] = read(
      {},
      {
        Replica_IO_Running: 'Connecting',
        Replica_SQL_Running: 'No',
        Seconds_Behind_Source: null,
        Last_IO_Errno: '2003',
        Last_IO_Error: "Can't connect",
        Last_SQL_Errno: '1062',
        Last_SQL_Error: 'Duplicate entry',
        SQL_Delay: '3600',
      },
    ).channels;
    expect(channel).toMatchObject({
      receiver: 'connecting',
      applier: 'stopped',
      lagMs: null,
      delayMs: 3_600_000,
      lastReceiverError: { errno: 2003, message: "Can't connect" },
      lastApplierError: { errno: 1062, message: 'Duplicate entry' },
      heartbeatPeriodMs: null,
      lastHeartbeat: null,
      lastReceivedAgeMs: null,
    });
  });

  it('a clock that stepped back makes no negative age', () => {
    const [channel] = parseStatus(address, mysql84, [
      set([snapshot]),
      named({}),
      named({}),
      set([replicaRow()]),
      set([{ ...activity, heartbeatAgeUs: '-5000', queuedAgeUs: null }]),
    ]).channels;
    expect(channel!.lastReceivedAgeMs).toBe(0);
  });
});

it('MySQL 5.7 speaks of masters and slaves', () => {
  const row: Row = {
    Channel_Name: 'east',
    Master_Host: 'db1',
    Master_Port: '3306',
    Master_User: 'repl',
    Master_UUID: 'u',
    Master_Server_Id: '1',
    Slave_IO_Running: 'Yes',
    Slave_SQL_Running: 'No',
    Seconds_Behind_Master: null,
    Master_Log_File: 'bin.000003',
    Read_Master_Log_Pos: '4',
    Auto_Position: '1',
  };
  const status = parseStatus(address, mysql57, [
    set([{ ...snapshot, version: '5.7.44-log' }]),
    named({
      rpl_semi_sync_master_enabled: 'ON',
      rpl_semi_sync_slave_enabled: 'OFF',
      rpl_semi_sync_master_wait_for_slave_count: '1',
    }),
    named({ Rpl_semi_sync_master_clients: '2', Rpl_semi_sync_master_status: 'ON' }),
    set([row]),
    set([]),
  ]);
  expect(status.channels[0]).toMatchObject({
    name: 'east',
    sourceHost: 'db1',
    receiver: 'running',
    applier: 'stopped',
  });
  expect(status.semisync).toMatchObject({
    generation: 'master-slave',
    sourceEnabled: true,
    ackers: 2,
    sourceStatus: true,
  });
});

it('MariaDB has GTID positions, heartbeats in the status, and may have a server_uid', () => {
  const row: Row = {
    Connection_name: '',
    Master_Host: 'db1',
    Master_Port: '3306',
    Slave_IO_Running: 'Preparing',
    Slave_SQL_Running: 'Yes',
    Using_Gtid: 'Slave_Pos',
    Gtid_IO_Pos: '0-1-55',
    Slave_heartbeat_period: '0.500',
    Slave_received_heartbeats: '12',
  };
  const read = (variables: ResultSet): ReturnType<typeof parseStatus> =>
    parseStatus(address, mariadb, [
      set([
        {
          ...snapshot,
          version: '10.11.19-MariaDB',
          serverUuid: '',
          superReadOnly: '0',
          gtidExecuted: '0-1-55',
        },
      ]),
      variables,
      named({}),
      set([row]),
    ]);
  expect(read(named({})).serverUuid).toBe('');
  const status = read(
    named({ server_uid: 'abc=', rpl_semi_sync_master_enabled: 'OFF', rpl_semi_sync_slave_enabled: 'ON' }),
  );
  expect(status).toMatchObject({
    serverUuid: 'abc=',
    closed: true,
    superReadOnly: false,
    gtidExecuted: '0-1-55',
  });
  expect(status.semisync).toMatchObject({ sourcePlugin: true, waitForAckers: 1, replicaEnabled: true });
  expect(status.channels[0]).toMatchObject({
    receiver: 'connecting',
    autoPosition: true,
    receivedGtids: '0-1-55',
    heartbeatPeriodMs: 500,
    heartbeatsReceived: 12,
  });
});
