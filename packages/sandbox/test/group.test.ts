import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConnection } from 'mysql2/promise';
import { Sandbox, waitUntil, type MysqlGroup } from '@dcmha/sandbox';

let sandbox: Sandbox;
let group: MysqlGroup;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'group' });
  group = await sandbox.startGroup();
});
afterAll(() => sandbox.close());

describe('a group of three', () => {
  it('replicates what is written to its primary', async () => {
    const app = await createConnection(group.primary.appConnection);
    await app.query('CREATE TABLE t (id INT PRIMARY KEY)');
    await app.query('INSERT INTO t VALUES (1)');
    await app.end();
    for (const replica of group.replicas) {
      const rows = await waitUntil(
        async () => {
          const found = await replica.query('SELECT id FROM app.t').catch(() => []);
          return found.length > 0 ? found : undefined;
        },
        { timeoutMs: 10_000 },
      );
      expect(rows).toEqual([{ id: 1 }]);
    }
  });

  it('has one writable server, which acknowledges nothing that no replica has received', async () => {
    expect(await group.writable()).toBe(group.primary);
    for (const replica of group.replicas) {
      await expect(replica.query('CREATE DATABASE no')).rejects.toMatchObject({
        code: 'ER_OPTION_PREVENTS_STATEMENT',
      });
    }
    for (const replica of group.replicas) await replica.query('STOP REPLICA IO_THREAD');
    const app = await createConnection(group.primary.appConnection);
    let acknowledged = false;
    const write = app.query('INSERT INTO t VALUES (2)').then(() => (acknowledged = true));
    // The primary itself says that the write waits.
    const waiting = await waitUntil(
      async () => {
        const [row] = await group.primary.query("SHOW STATUS LIKE 'Rpl_semi_sync_source_wait_sessions'");
        return Number(row!.Value) === 1 ? true : undefined;
      },
      { timeoutMs: 10_000 },
    );
    expect(waiting).toBe(true);
    expect(acknowledged).toBe(false);
    await group.replicas[0]!.query('START REPLICA IO_THREAD');
    await write;
    expect(acknowledged).toBe(true);
    await group.replicas[1]!.query('START REPLICA IO_THREAD');
    await app.end();
  });

  it('has a primary that comes up closed after kill -9', async () => {
    await group.primary.kill();
    expect(await group.writable()).toBeUndefined();
    await group.primary.start();
    const [row] = await group.primary.query(
      'SELECT @@super_read_only AS closed, @@rpl_semi_sync_source_enabled AS semi',
    );
    expect(row).toEqual({ closed: 1, semi: 0 });
  });
});
