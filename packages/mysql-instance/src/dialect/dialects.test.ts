import { describe, expect, it } from 'vitest';
import type { Dialect } from './dialect.js';
import { fill } from './fill-template.js';
import { mariadb } from './mariadb/index.js';
import { mysql57 } from './mysql-5.7/index.js';
import { mysql80Early } from './mysql-8.0-early/index.js';
import { mysql80 } from './mysql-8.0/index.js';
import { mysql84 } from './mysql-8.4/index.js';
import { changeSourceStatement } from '../replication/change-source.js';
import { statusStatements } from '../status/status-statements.js';

const source = { host: 'db2', port: 3307 };
const follow = { user: 'repl', password: 'pw', semisyncReplica: false, durability: 'durable' } as const;

function words(dialect: Dialect): Record<string, string> {
  const sql = (name: Parameters<typeof fill>[1], channel = ''): string =>
    fill(dialect, name, '', { channel }).sql;
  return {
    show: sql('showChannels'),
    stop: sql('stopReceiver'),
    stopNamed: sql('stopReceiver', "it's"),
    start: sql('startApplier'),
    reset: sql('resetChannel'),
    binlog: sql('binlogStatus'),
    resetGtids: sql('resetGtids'),
    change: changeSourceStatement(dialect, source, follow, true).sql,
  };
}

describe('the words of each dialect', () => {
  it('MySQL 8.4 and newer', () => {
    expect(words(mysql84)).toEqual({
      show: 'SHOW REPLICA STATUS',
      stop: 'STOP REPLICA IO_THREAD',
      stopNamed: "STOP REPLICA IO_THREAD FOR CHANNEL 'it''s'",
      start: 'START REPLICA SQL_THREAD',
      reset: 'RESET REPLICA ALL',
      binlog: 'SHOW BINARY LOG STATUS',
      resetGtids: 'RESET BINARY LOGS AND GTIDS',
      change:
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'db2', SOURCE_PORT = 3307, SOURCE_USER = 'repl', SOURCE_PASSWORD = 'pw', " +
        'SOURCE_HEARTBEAT_PERIOD = 0.2, SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 0, SOURCE_SSL = 0, ' +
        'GET_SOURCE_PUBLIC_KEY = 1, SOURCE_AUTO_POSITION = 1',
    });
  });

  it('MySQL 8.0.26 up to 8.3', () => {
    expect(words(mysql80)).toEqual({
      ...words(mysql84),
      binlog: 'SHOW MASTER STATUS',
      resetGtids: 'RESET MASTER',
    });
  });

  it('MySQL 5.7', () => {
    expect(words(mysql57)).toEqual({
      show: 'SHOW SLAVE STATUS',
      stop: 'STOP SLAVE IO_THREAD',
      stopNamed: "STOP SLAVE IO_THREAD FOR CHANNEL 'it''s'",
      start: 'START SLAVE SQL_THREAD',
      reset: 'RESET SLAVE ALL',
      binlog: 'SHOW MASTER STATUS',
      resetGtids: 'RESET MASTER',
      change:
        "CHANGE MASTER TO MASTER_HOST = 'db2', MASTER_PORT = 3307, MASTER_USER = 'repl', MASTER_PASSWORD = 'pw', " +
        'MASTER_HEARTBEAT_PERIOD = 0.2, MASTER_CONNECT_RETRY = 1, MASTER_RETRY_COUNT = 0, MASTER_SSL = 0, ' +
        'MASTER_AUTO_POSITION = 1',
    });
  });

  it('MySQL 8.0.0 up to 8.0.25: the old words, and the public key', () => {
    expect(words(mysql80Early)).toEqual({
      ...words(mysql57),
      change: words(mysql57)['change']!.replace(
        'MASTER_SSL = 0,',
        'MASTER_SSL = 0, GET_MASTER_PUBLIC_KEY = 1,',
      ),
    });
  });

  it('MariaDB', () => {
    expect(words(mariadb)).toEqual({
      show: 'SHOW ALL SLAVES STATUS',
      stop: 'STOP SLAVE IO_THREAD',
      stopNamed: "STOP SLAVE 'it''s' IO_THREAD",
      start: 'START SLAVE SQL_THREAD',
      reset: 'RESET SLAVE ALL',
      binlog: 'SHOW MASTER STATUS',
      resetGtids: 'RESET MASTER',
      change:
        "CHANGE MASTER TO MASTER_HOST = 'db2', MASTER_PORT = 3307, MASTER_USER = 'repl', MASTER_PASSWORD = 'pw', " +
        'MASTER_HEARTBEAT_PERIOD = 0.2, MASTER_CONNECT_RETRY = 1, MASTER_SSL = 0, MASTER_USE_GTID = slave_pos',
    });
  });
});

describe('status', () => {
  it.each([mysql84, mysql80, mysql80Early, mysql57, mariadb])(
    '$name reads it in one round trip',
    (dialect) => {
      const sql = statusStatements(dialect).map((one) => one.sql);
      expect(sql.length).toBe(dialect.statements.channelActivity === null ? 4 : 5);
      expect(sql[0]).toContain(`${dialect.variables.snapshot.gtidExecuted} AS gtidExecuted`);
      expect(sql.some((text) => text.includes('{'))).toBe(false);
    },
  );

  it('new servers are asked nothing in words they have forgotten', () => {
    const sql = statusStatements(mysql84)
      .map((one) => one.sql)
      .join('\n');
    expect(sql).not.toMatch(/\b(slave|master)\b|slave_/i);
  });

  it('old servers are asked nothing in words they do not know yet', () => {
    for (const dialect of [mysql57, mysql80Early]) {
      expect(JSON.stringify(dialect.variables)).not.toMatch(/replica_|_replica/i);
      expect(JSON.stringify(dialect.channelColumns)).not.toMatch(/"(replica|source)_/i);
    }
    expect(mysql57.statements.channelActivity).not.toContain('QUEUE_TIMESTAMP');
    expect(mysql57.statements.persistClosed).toBeNull();
  });
});

it('a GTID set is quoted without its line breaks', () => {
  expect(fill(mysql84, 'waitApplied', '', { set: 'a:1-5,\nb:2', timeoutS: 0.25 }).sql).toBe(
    "SELECT WAIT_FOR_EXECUTED_GTID_SET('a:1-5,b:2', 0.25) = 0 AS applied",
  );
});
