import { accounts, type MysqlServer } from '@dcmha/sandbox';
import { createConnection, type Connection } from 'mysql2/promise';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupUnderTest, keyOf } from './support/group-under-test.js';

const tables = ['every_type', 'plain', 'large', 'made_late'];

const everyType = `CREATE TABLE app.every_type (
  id INT PRIMARY KEY, tiny TINYINT, big BIGINT UNSIGNED, dec_ DECIMAL(30,10), flt FLOAT, dbl DOUBLE, bits BIT(12),
  en ENUM('a','b,c'), st SET('x','y','z'), yr YEAR, d DATE, t TIME(3), dt DATETIME(6), ts TIMESTAMP(6) NULL,
  ch CHAR(10), vc VARCHAR(200) CHARACTER SET utf8mb4, bin_ VARBINARY(50), txt TEXT, blb BLOB, js JSON, pt POINT)`;

const everyTypeRow = (id: number): string => `INSERT INTO app.every_type VALUES (${id}, ${(id % 256) - 128},
  18446744073709551615 - ${id}, -12345678901234567890.0123456789, ${id} / 3, PI() * ${id}, b'101010101010', 'b,c', 'x,z',
  1901 + ${id % 200}, '2026-02-28', '-12:34:56.789', '2026-11-23 01:02:03.456789', '2026-11-23 01:02:03.456789', 'abc',
  'grüße 🚀 ${id}', x'00ff10', REPEAT('t', ${id % 500}), x'deadbeef', '{"a": [1, 2.5, "x", null], "id": ${id}}',
  ST_GeomFromText('POINT(1 ${id % 90})'))`;

/** So many transactions: inserts, updates and deletes of all kinds of rows. */
function transactions(count: number, from: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const id = from + i;
    switch (i % 5) {
      case 0:
      case 1:
        return everyTypeRow(id);
      case 2:
        return `INSERT INTO app.plain VALUES (${id}, 'row ${id}')`;
      case 3:
        return `UPDATE app.plain SET v = CONCAT(v, ' changed') WHERE id = ${id - 1}`;
      default:
        return i % 10 === 4
          ? `DELETE FROM app.every_type WHERE id = ${id - 4}`
          : `UPDATE app.every_type SET js = JSON_SET(js, '$.id', -1), vc = NULL, flt = flt + 1 WHERE id = ${id - 3}`;
    }
  });
}

describe('with asynchronous replication', () => {
  let under: GroupUnderTest;

  beforeAll(async () => {
    under = await GroupUnderTest.start({
      name: 'no-transaction-vanishes',
      semiSync: false,
      policy: { durability: { mode: 'async' }, antiFlapMs: 0 },
    });
    await under.write(await under.primary(), [
      everyType,
      'CREATE TABLE app.plain (id INT PRIMARY KEY, v TEXT)',
    ]);
    await under.write(await under.primary(), ['CREATE TABLE app.large (id INT PRIMARY KEY, b LONGBLOB)']);
  });

  afterAll(() => under?.close());

  /** Agents of the others back at work, the old primary started: the whole group in order again. */
  async function restore(old: MysqlServer): Promise<void> {
    for (const server of under.servers.servers) {
      if (!under.agents.has(keyOf(server))) await under.startAgent(server);
    }
    if (!old.running) await old.start();
    await under.healthy();
  }

  const gtids = (server: MysqlServer): Promise<string> =>
    under.value(server, 'SELECT @@GLOBAL.gtid_executed');

  it('1,000 transactions that no replica had received, DDL and 100 MB at once among them, are on the new primary', async () => {
    const old = await under.primary();
    await under.stopReceiving(under.replicasOf(old));
    await under.write(old, transactions(500, 1));
    await under.write(old, [
      'CREATE TABLE app.made_late (id INT PRIMARY KEY, v INT)',
      'INSERT INTO app.made_late VALUES (1, 1), (2, 2)',
      'ALTER TABLE app.made_late ADD COLUMN w INT DEFAULT 7',
      `INSERT INTO app.large SELECT n, REPEAT(CHAR(64 + n), 10485760) FROM
       (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 10) SELECT n FROM s) numbers`,
    ]);
    await under.write(old, transactions(500, 501));
    const had = await gtids(old);
    const checksums = await under.checksums(old, tables);
    await old.kill();

    const successor = await under.replaced(old);
    expect(await under.value(successor, `SELECT GTID_SUBSET('${had}', @@GLOBAL.gtid_executed)`)).toBe('1');
    expect(await under.checksums(successor, tables)).toEqual(checksums);
    const entry = await under.failoverFrom(old);
    expect(entry).toMatchObject({ kind: 'failover', result: 'done' });
    expect(entry.phasesMs).toHaveProperty('tailed');

    await restore(old);
    expect((await under.store.lost.list({ group: under.group })).nodes).toEqual([]);
    await under.eventually(
      'the old primary has everything',
      async () => (await gtids(old)) === (await gtids(successor)),
    );
    expect(await under.checksums(old, tables)).toEqual(checksums);
  });

  it('a primary that hangs while clients write loses none of the rows it acknowledged', async () => {
    const old = await under.primary();
    await under.write(old, ['CREATE TABLE app.acked (id INT PRIMARY KEY)']);
    const acknowledged: number[] = [];
    let next = 0;
    let writing = true;
    const clients: Connection[] = [];
    const writers = Array.from({ length: 4 }, async () => {
      const client = await createConnection({ host: old.host, port: old.port, ...accounts.admin });
      client.on('error', () => undefined);
      clients.push(client);
      while (writing) {
        const id = (next += 1);
        const done = await client.query(`INSERT INTO app.acked VALUES (${id})`).then(
          () => true,
          () => false,
        );
        if (!done) return;
        acknowledged.push(id);
      }
    });
    await under.eventually('clients write', () => Promise.resolve(acknowledged.length > 300));
    old.freeze();
    const successor = await under.replaced(old);
    writing = false;
    for (const client of clients) client.destroy();
    await Promise.all(writers);
    expect(acknowledged.length).toBeGreaterThan(300);
    const there = new Set(
      JSON.parse(
        await under.value(successor, 'SELECT CAST(JSON_ARRAYAGG(id) AS CHAR) FROM app.acked'),
      ) as number[],
    );
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    await restore(old);
  });

  it('when the host is lost failover goes on; what only its disk has is rolled back on its return and kept in files', async () => {
    const old = await under.primary();
    await under.stopReceiving(under.replicasOf(old));
    const before = await gtids(old);
    await under.write(old, transactions(1_000, 2_001));
    const had = await gtids(old);
    // The host with everything on it.
    await under.stopAgent(old);
    await old.kill();
    const successor = await under.replaced(old);
    expect(await gtids(successor)).not.toContain(had);
    expect(JSON.stringify(await under.failoverFrom(old))).toMatch(
      /cannot be read: the agent of .* is not there/,
    );
    await under.write(successor, ['INSERT INTO app.plain VALUES (9000001, "after the failover")']);

    await restore(old);
    const { nodes } = await under.store.lost.list({ group: under.group });
    expect(nodes).toHaveLength(1);
    const lost = (await under.store.lost.read(nodes[0] ?? { group: '', id: '' }))?.value;
    expect(lost).toMatchObject({ server: keyOf(old), transactions: 1_000, undone: true });
    expect(
      await under.value(old, `SELECT GTID_SUBTRACT('${had}', '${before}') = '${lost?.gtids ?? ''}'`),
    ).toBe('1');
    await under.eventually('caught up', async () => (await gtids(old)) === (await gtids(successor)));
    expect(await under.checksums(old, tables)).toEqual(await under.checksums(successor, tables));
    const folder = lost?.directory ?? '';
    expect((await readdir(folder)).sort()).toEqual(
      expect.arrayContaining(['manifest.json', 'redo.sql', 'undo.sql']),
    );
    const redo = await readFile(join(folder, 'redo.sql'), 'utf8');
    expect(redo.match(/^COMMIT/gm)).toHaveLength(1_000);
  });
});
