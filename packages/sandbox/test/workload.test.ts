import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appDatabase,
  Client,
  createWritesTable,
  Reader,
  Sandbox,
  waitUntil,
  WriteLedger,
  Writer,
  writtenIds,
  type MysqlServer,
} from '@dcmha/sandbox';

let sandbox: Sandbox;
let server: MysqlServer;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'workload' });
  server = await sandbox.startMysql({ serverId: 41, host: '127.0.0.41' });
  const client = await Client.connect(server.appConnection, 5_000);
  await client.query(createWritesTable, 5_000);
  client.destroy();
});
afterAll(() => sandbox.close());

describe('the workload', () => {
  it('goes on by itself after its server was killed, and every acknowledged write is there', async () => {
    const ledger = new WriteLedger();
    const writer = new Writer({ target: server.appConnection, connections: 3, pauseMs: 1 }, ledger);
    const reader = new Reader({ target: server.appConnection, pauseMs: 2 });
    writer.start();
    reader.start();
    const more = async (count: number) => {
      const wanted = ledger.acknowledgedCount + count;
      return waitUntil(() => (ledger.acknowledgedCount >= wanted ? true : undefined), { timeoutMs: 30_000 });
    };
    expect(await more(50)).toBe(true);
    await server.kill();
    const atKill = ledger.acknowledgedCount;
    await server.start();
    expect(await more(50)).toBe(true);
    await Promise.all([writer.stop(), reader.stop()]);
    expect(ledger.acknowledgedCount).toBeGreaterThan(atKill);
    expect(ledger.failureCount).toBeGreaterThan(0);
    expect(ledger.last).toMatchObject({ serverId: 41 });
    expect(ledger.missingFrom(await writtenIds(server))).toEqual([]);
    expect(reader.readCount).toBeGreaterThan(0);
    expect([...reader.servers]).toEqual([41]);

    // The check itself can fail: a write that is removed is found missing.
    const victim = ledger.last!.id;
    await server.query(`DELETE FROM ${appDatabase}.dcmha_writes WHERE id = ?`, [victim]);
    expect(ledger.missingFrom(await writtenIds(server))).toEqual([victim]);
  });

  it('gives up on a frozen server at its deadline, whatever the driver does', async () => {
    const client = await Client.connect(server.appConnection, 5_000);
    server.freeze();
    try {
      await expect(client.query('SELECT 1', 150)).rejects.toThrow('no answer within 150 ms');
      await expect(client.query('SELECT 1', 150)).rejects.toThrow('no answer within 150 ms');
      await expect(Client.connect(server.appConnection, 150)).rejects.toThrow(
        /no answer within 150 ms|ETIMEDOUT/,
      );
    } finally {
      server.thaw();
    }
  });
});
