import { describe, expect, it } from 'vitest';
import { mariadb } from '../dialect/mariadb/index.js';
import { mariadbNames } from '../dialect/semisync-names.js';
import { fakeServer, replicaRow, type FakeServer, type FakeServerOptions } from '../testing/fake-server.js';
import { prepareSource, promote } from './promote.js';

const semisync = { waitForAckers: 1, timeoutMs: 10_000_000_000 };

function server(applied: string, more: FakeServerOptions = {}, binlogBytes = '1000'): FakeServer {
  const fake = fakeServer({
    answer: (sql) => {
      if (sql === 'SHOW REPLICA STATUS') {
        return [
          replicaRow({ Replica_IO_Running: fake.sent.includes('STOP REPLICA IO_THREAD') ? 'No' : 'Yes' }),
        ];
      }
      if (sql.includes('AS applied')) return [{ applied }];
      if (sql.includes('AS readOnly')) return [{ readOnly: '0', superReadOnly: '0' }];
      if (sql === 'SHOW BINARY LOG STATUS') return [{ File: 'binlog.000002', Position: binlogBytes }];
      return undefined;
    },
    ...more,
  });
  return fake;
}

describe('promoting', () => {
  it('stops the receiver, sets up a source, opens, and forgets the old source last', async () => {
    const fake = server('1');
    const result = await promote(fake.op, { semisync, openWrites: true });
    expect(fake.changes()).toEqual([
      'STOP REPLICA IO_THREAD',
      'SET GLOBAL sync_binlog = 1, GLOBAL innodb_flush_log_at_trx_commit = 1',
      'SET GLOBAL rpl_semi_sync_source_timeout = 4294967295, GLOBAL rpl_semi_sync_source_wait_for_replica_count = 1, ' +
        "GLOBAL rpl_semi_sync_source_wait_point = 'AFTER_SYNC', GLOBAL rpl_semi_sync_source_wait_no_replica = ON, " +
        'GLOBAL rpl_semi_sync_source_enabled = ON',
      'SET GLOBAL rpl_semi_sync_replica_enabled = OFF',
      'SET GLOBAL read_only = OFF',
      'STOP REPLICA',
      'RESET REPLICA ALL',
    ]);
    expect(result.openedAfterMs).not.toBeNull();
  });

  it('is refused while something received is not applied', async () => {
    const fake = server('0');
    await expect(promote(fake.op, { semisync, openWrites: true })).rejects.toMatchObject({
      code: 'PRECONDITION',
    });
    expect(fake.changes()).toEqual(['STOP REPLICA IO_THREAD']);
  });

  it('stops every receiver of a server with several channels', async () => {
    const names = ['east', 'west'];
    const fake = fakeServer({
      answer: (sql) => {
        if (sql === 'SHOW REPLICA STATUS') {
          return names.map((name) =>
            replicaRow({
              Channel_Name: name,
              Replica_IO_Running: fake.sent.includes(`STOP REPLICA IO_THREAD FOR CHANNEL '${name}'`)
                ? 'No'
                : 'Yes',
            }),
          );
        }
        if (sql.includes('AS applied')) return [{ applied: '1' }];
        return sql.includes('AS readOnly') ? [{ readOnly: '0', superReadOnly: '0' }] : undefined;
      },
    });
    await promote(fake.op, { semisync: null, openWrites: true });
    const changes = fake.changes();
    for (const name of names) {
      expect(changes.indexOf(`STOP REPLICA IO_THREAD FOR CHANNEL '${name}'`)).toBeGreaterThan(-1);
      expect(changes).toContain(`RESET REPLICA ALL FOR CHANNEL '${name}'`);
    }
  });

  it('leaves the opening to the caller when told so', async () => {
    const fake = server('1');
    expect(await promote(fake.op, { semisync: null, openWrites: false })).toMatchObject({
      openedAfterMs: null,
    });
    expect(fake.changes()).not.toContain('SET GLOBAL read_only = OFF');
    expect(fake.changes()).toContain('SET GLOBAL rpl_semi_sync_source_enabled = OFF');
  });
});

describe('preparing a source', () => {
  it('begins a new binlog file when the present one is long', async () => {
    const fake = server('1', {}, String(64 * 1024 * 1024));
    await prepareSource(fake.op, { semisync: null });
    expect(fake.changes().at(-1)).toBe('FLUSH LOCAL BINARY LOGS');
    const never = server('1', {}, String(64 * 1024 * 1024));
    await prepareSource(never.op, { semisync: null, rotateBinlogAboveBytes: Infinity });
    expect(never.changes()).not.toContain('FLUSH LOCAL BINARY LOGS');
  });

  it('refuses semi-sync that is not there, before anything is changed', async () => {
    const fake = server('1', { semisync: undefined });
    await expect(prepareSource(fake.op, { semisync })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(fake.sent).toEqual([]);
  });

  it('MariaDB waits for one replica and no more', async () => {
    const names = { names: mariadbNames, source: true, replica: true };
    const fake = server('1', { dialect: mariadb, semisync: names });
    await prepareSource(fake.op, { semisync });
    expect(fake.changes()[1]).toMatch(
      /^SET GLOBAL rpl_semi_sync_master_timeout = 4294967295, GLOBAL rpl_semi_sync_master_wait_point/,
    );
    await expect(
      prepareSource(fake.op, { semisync: { waitForAckers: 2, timeoutMs: 1_000 } }),
    ).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it.each([0, 1.5, -1])('refuses to wait for %d acknowledgements', async (waitForAckers) => {
    const fake = server('1');
    await expect(prepareSource(fake.op, { semisync: { waitForAckers, timeoutMs: 1 } })).rejects.toThrow(
      RangeError,
    );
  });
});
