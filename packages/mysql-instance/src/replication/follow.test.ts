import { describe, expect, it } from 'vitest';
import type { Row } from '../connection/statement.js';
import { mariadb } from '../dialect/mariadb/index.js';
import { mariadbNames } from '../dialect/semisync-names.js';
import {
  fakeServer,
  replicaRow,
  sqlError,
  type FakeServer,
  type FakeServerOptions,
} from '../testing/fake-server.js';
import type { FollowOptions } from './follow-options.js';
import { follow } from './follow.js';

const source = { host: '127.0.0.13', port: 3306 };
const options: FollowOptions = {
  user: 'repl',
  password: "pa'ss",
  semisyncReplica: true,
  durability: 'relaxed',
};
const CHANGE = /^CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127\.0\.0\.13'/;

interface World {
  readonly variables?: Row;
  readonly channel?: Row;
  readonly applied?: boolean;
}

function server(world: World, more: FakeServerOptions = {}): FakeServer {
  return fakeServer({
    answer: (sql) => {
      if (sql.includes('AS readOnly')) {
        return [
          { readOnly: '1', superReadOnly: '1', sourceEnabled: '0', replicaEnabled: '1', ...world.variables },
        ];
      }
      if (/^SHOW (REPLICA|ALL SLAVES) STATUS$/.test(sql))
        return world.channel === undefined ? [] : [world.channel];
      if (sql.includes('AS applied')) return [{ applied: world.applied === false ? '0' : '1' }];
      return undefined;
    },
    ...more,
  });
}

describe('following another source', () => {
  it('goes receiver first in one round trip, and never stops the applier', async () => {
    const fake = server({ channel: replicaRow() });
    expect(await follow(fake.op, source, options)).toMatchObject({ path: 'receiver' });
    expect(fake.changes()).toEqual([
      'STOP REPLICA IO_THREAD',
      expect.stringMatching(CHANGE),
      'START REPLICA IO_THREAD',
      'SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 0',
    ]);
    expect(fake.changes()[1]).not.toContain('AUTO_POSITION');
    expect(fake.changes()[1]).toContain("SOURCE_PASSWORD = 'pa''ss'");
  });

  it('sets up a former primary: closed, acknowledging, receiver first, source side off before the applier', async () => {
    const fake = server({
      variables: { readOnly: '0', superReadOnly: '0', sourceEnabled: '1', replicaEnabled: '0' },
    });
    expect(await follow(fake.op, source, options)).toMatchObject({ path: 'full' });
    expect(fake.changes()).toEqual([
      'SET GLOBAL super_read_only = ON',
      'SET GLOBAL rpl_semi_sync_replica_enabled = ON',
      expect.stringMatching(/SOURCE_AUTO_POSITION = 1$/),
      'START REPLICA IO_THREAD',
      'SET GLOBAL rpl_semi_sync_source_enabled = OFF',
      'SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 0',
      'START REPLICA SQL_THREAD',
    ]);
  });

  it('changes nothing but settings when repeated', async () => {
    const fake = server({ channel: replicaRow({ Source_Host: '127.0.0.13' }) });
    expect(await follow(fake.op, source, options)).toMatchObject({ path: 'already' });
    expect(fake.changes()).toEqual(['SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 0']);
  });

  it('names the channel everywhere', async () => {
    const fake = server({ channel: replicaRow({ Channel_Name: 'east' }) });
    await follow(fake.op, source, { ...options, channel: 'east' });
    expect(
      fake.changes().filter((sql) => /REPLICA|REPLICATION/.test(sql) && !/SET GLOBAL/.test(sql)),
    ).toEqual([
      "STOP REPLICA IO_THREAD FOR CHANNEL 'east'",
      expect.stringMatching(/FOR CHANNEL 'east'$/),
      "START REPLICA IO_THREAD FOR CHANNEL 'east'",
    ]);
  });
});

describe('received transactions that are not applied yet', () => {
  const stopped = { Replica_IO_Running: 'No', Replica_SQL_Running: 'No' };

  it('are applied first when only the applier was stopped', async () => {
    let asked = 0;
    const fake = server(
      { channel: replicaRow(stopped) },
      {
        answer: (sql) => {
          if (sql.includes('AS readOnly'))
            return [{ readOnly: '1', superReadOnly: '1', replicaEnabled: '1' }];
          if (sql === 'SHOW REPLICA STATUS') {
            const started = fake.sent.includes('START REPLICA SQL_THREAD');
            return [replicaRow({ ...stopped, Replica_SQL_Running: started ? 'Yes' : 'No' })];
          }
          if (sql.includes('AS applied')) return [{ applied: (asked += 1) > 2 ? '1' : '0' }];
          return undefined;
        },
      },
    );
    await follow(fake.op, source, options);
    const changes = fake.changes();
    expect(changes.indexOf('START REPLICA SQL_THREAD')).toBeLessThan(
      changes.findIndex((sql) => CHANGE.test(sql)),
    );
  });

  it('stop the call when the applier stopped with an error: changing the source would throw them away', async () => {
    const fake = server({
      channel: replicaRow({ ...stopped, Last_SQL_Errno: '1062', Last_SQL_Error: 'Duplicate entry' }),
      applied: false,
    });
    await expect(follow(fake.op, source, options)).rejects.toMatchObject({ code: 'PRECONDITION' });
    expect(fake.changes().some((sql) => CHANGE.test(sql))).toBe(false);
  });

  it('are given up only when the caller says so', async () => {
    const fake = server({ channel: replicaRow({ ...stopped, Last_SQL_Errno: '1062' }), applied: false });
    await follow(fake.op, source, { ...options, discardUnapplied: true });
    expect(fake.changes().some((sql) => CHANGE.test(sql))).toBe(true);
  });
});

it('semi-sync that is not installed is refused with what to install, before anything is changed', async () => {
  const fake = server({ channel: replicaRow() }, { semisync: undefined });
  await expect(follow(fake.op, source, options)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    remedy: "Run: INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so';",
  });
  expect(fake.sent).toEqual([]);
});

it('an error of the server says which step failed', async () => {
  const fake = server(
    { channel: replicaRow() },
    {
      answer: (sql) =>
        CHANGE.test(sql) ? sqlError(1201, 'no') : sql === 'SHOW REPLICA STATUS' ? [replicaRow()] : undefined,
    },
  );
  await expect(follow(fake.op, source, options)).rejects.toMatchObject({
    errno: 1201,
    statement: 'change the source',
  });
});

it('MariaDB: a former primary takes over its own position, and everything is stopped for the change', async () => {
  const fake = server(
    { variables: { replicaEnabled: '1' } },
    { dialect: mariadb, semisync: { names: mariadbNames, source: true, replica: true } },
  );
  await follow(fake.op, source, options);
  expect(fake.changes().slice(0, 3)).toEqual([
    'SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_current_pos',
    expect.stringMatching(/^CHANGE MASTER TO .*MASTER_USE_GTID = slave_pos$/),
    'START SLAVE IO_THREAD',
  ]);
});
