import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  EventType,
  fileSource,
  GtidSet,
  parseEvent,
  RowFlag,
  transactions,
  type Transaction,
  type TransactionOptions,
} from '../../src/index.js';

let sandbox: Sandbox;
let server: MysqlServer;
let connection: Connection;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'binlog-transactions' });
  server = await sandbox.startMysql({
    serverId: 3,
    options: { 'local-infile': 'ON', 'binlog-row-metadata': 'FULL' },
  });
  connection = await connect();
});

afterAll(async () => {
  await connection?.end();
  await sandbox?.close();
});

function connect(): Promise<Connection> {
  return createConnection({
    socketPath: server.socketPath,
    user: server.admin.user,
    password: server.admin.password,
    database: 'app',
    infileStreamFactory: (path: string) => {
      throw new Error(`no local file ${path} is offered`);
    },
  });
}

async function recorded(...statements: string[]): Promise<string> {
  await connection.query('FLUSH BINARY LOGS');
  const [rows] = await connection.query<RowDataPacket[]>('SHOW BINARY LOG STATUS');
  for (const statement of statements) await connection.query(statement);
  return join(server.dataDir, String(rows[0]?.['File']));
}

async function readAll(file: string, options?: TransactionOptions): Promise<Transaction[]> {
  const list: Transaction[] = [];
  for await (const transaction of transactions(fileSource({ files: [file] }), options))
    list.push(transaction);
  return list;
}

const kinds = (transaction: Transaction | undefined) =>
  transaction?.statements.map(({ kind, verb }) => `${kind} ${verb}`);

test('a transaction tells its GTID, time, place, size, tables and counts', async () => {
  const before = Date.now();
  const file = await recorded(
    'CREATE TABLE one (id INT PRIMARY KEY, v VARCHAR(10))',
    'CREATE TABLE other (id INT PRIMARY KEY)',
    'BEGIN',
    `INSERT INTO one VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
    `UPDATE one SET v = 'x' WHERE id < 3`,
    'SAVEPOINT s',
    'INSERT INTO other VALUES (1)',
    'ROLLBACK TO s',
    'INSERT INTO other VALUES (2)',
    'DELETE FROM one WHERE id = 3',
    'COMMIT',
  );
  const [create, , changes] = await readAll(file);
  expect(kinds(create)).toEqual(['ddl CREATE TABLE']);
  expect(create?.ending).toBe('implicit');
  const [[uuid]] = await connection.query<RowDataPacket[]>('SELECT @@server_uuid AS uuid');
  expect(changes?.gtid).toMatch(new RegExp(`^${uuid?.['uuid'] as string}:\\d+$`));
  expect(changes?.serverId).toBe(3);
  expect(changes?.commitTimeUs).toBeGreaterThanOrEqual((before - 1) * 1000);
  expect(changes?.commitTimeUs).toBeLessThanOrEqual((Date.now() + 1) * 1000);
  expect(changes?.ending).toBe('commit');
  expect(changes?.xid).toBeGreaterThan(0n);
  expect(changes?.byteSize).toBe((changes?.end.position ?? 0) - (changes?.start.position ?? 0));
  const [[{ Position }]] = (await connection.query('SHOW BINARY LOG STATUS')) as unknown as [
    [{ Position: number }],
  ];
  expect(changes?.end.position).toBe(Position);
  const tables = changes?.tables.map(({ table, inserts, updates, deletes }) => [
    table,
    inserts,
    updates,
    deletes,
  ]);
  expect(tables).toEqual([
    ['one', 3, 2, 1],
    ['other', 1, 0, 0],
  ]);
  expect(changes?.rowCount).toBe(7);
  expect(kinds(changes)?.every((kind) => kind.startsWith('control'))).toBe(true);
  const forward = [...(changes?.rows() ?? [])].map(({ kind, before: b, after: a }) => [
    kind,
    b?.get(0),
    a?.get(0),
  ]);
  expect(forward).toHaveLength(7);
  const backward = [...(changes?.rowsReversed() ?? [])].map(({ kind, before: b, after: a }) => [
    kind,
    b?.get(0),
    a?.get(0),
  ]);
  expect(backward).toEqual(forward.reverse());
});

test('GTIDs, tables, positions and times choose transactions', async () => {
  const file = await recorded(
    'CREATE TABLE wanted (id INT PRIMARY KEY)',
    'CREATE TABLE unwanted (id INT PRIMARY KEY)',
    'INSERT INTO wanted VALUES (1)',
    'INSERT INTO unwanted VALUES (1)',
    'BEGIN',
    'INSERT INTO unwanted VALUES (2)',
    'INSERT INTO wanted VALUES (2)',
    'COMMIT',
  );
  const all = await readAll(file);
  expect(all).toHaveLength(5);
  const [, , first, second, third] = all as [Transaction, Transaction, Transaction, Transaction, Transaction];
  const gtids = async (options: TransactionOptions) => (await readAll(file, options)).map(({ gtid }) => gtid);
  const set = GtidSet.parse(`${first.gtid},${third.gtid}`);
  expect(await gtids({ gtids: set })).toEqual([first.gtid, third.gtid]);
  expect(await gtids({ from: second.start })).toEqual([second.gtid, third.gtid]);
  expect(await gtids({ from: first.start, to: third.start })).toEqual([first.gtid, second.gtid]);
  expect(await gtids({ from: new Date(Date.now() + 60_000) })).toEqual([]);
  expect(await gtids({ to: new Date(0) })).toEqual([]);
  const chosen = await readAll(file, { tables: ['app.wanted'], from: first.start });
  expect(chosen.map(({ gtid }) => gtid)).toEqual([first.gtid, third.gtid]);
  expect(chosen.map(({ rowCount }) => rowCount)).toEqual([1, 1]);
  expect((await readAll(file, { tables: ['app.*'], from: first.start })).length).toBe(3);
  await expect(readAll(file, { tables: ['wanted'] })).rejects.toThrow(/schema\.table/);
});

test('what the server logs as text is told apart: DDL, statement-format changes, control', async () => {
  const csv = join(server.dataDir, 'rows.csv');
  await writeFile(csv, '7\n8\n');
  const file = await recorded(
    'CREATE TABLE texts (id INT PRIMARY KEY AUTO_INCREMENT, v DOUBLE) ENGINE=InnoDB',
    `SET SESSION binlog_format = 'STATEMENT'`,
    'SET @x = 5',
    'INSERT INTO texts (v) VALUES (@x), (RAND())',
    'BEGIN',
    'UPDATE texts SET v = 1',
    'DELETE FROM texts WHERE id = 1',
    'COMMIT',
    `LOAD DATA INFILE '${csv}' INTO TABLE texts (id)`,
    `SET SESSION binlog_format = 'ROW'`,
    'TRUNCATE TABLE texts',
    '/* lead */ CREATE /* inner */ VIEW texts_view AS SELECT 1',
    'CREATE TABLE texts_copy AS SELECT 1 AS a',
  );
  const all = await readAll(file);
  expect(all.map(kinds)).toEqual([
    ['ddl CREATE TABLE'],
    ['dml INSERT'],
    ['dml UPDATE', 'dml DELETE'],
    ['dml LOAD'],
    ['ddl TRUNCATE TABLE'],
    [expect.stringMatching(/^ddl CREATE/)],
    ['ddl CREATE TABLE'],
  ]);
  expect(all[2]?.statements.map(({ sql, schema }) => [schema, sql])).toEqual([
    ['app', 'UPDATE texts SET v = 1'],
    ['app', 'DELETE FROM texts WHERE id = 1'],
  ]);
  const parsed = all.flatMap((transaction) => [...transaction.events()].map(parseEvent));
  expect(parsed.find(({ kind }) => kind === 'user-var')).toMatchObject({ name: 'x', resultType: 2 });
  expect(parsed.some(({ kind }) => kind === 'rand')).toBe(true);
  expect(parsed.find(({ kind }) => kind === 'intvar')).toMatchObject({ variable: 'insert-id', value: 1n });
  expect(parsed.find(({ kind }) => kind === 'load-block')).toMatchObject({ data: Buffer.from('7\n8\n') });
  expect(parsed.find(({ kind }) => kind === 'execute-load-query')).toMatchObject({ schema: 'app' });
  expect(all[6]?.rowCount).toBe(1);
});

test('XA transactions: rows under the prepare, the decision later', async () => {
  const file = await recorded(
    'CREATE TABLE xa_rows (id INT PRIMARY KEY)',
    `XA START 'branch','q',7`,
    'INSERT INTO xa_rows VALUES (1)',
    `XA END 'branch','q',7`,
    `XA PREPARE 'branch','q',7`,
    `XA COMMIT 'branch','q',7`,
    `XA START X'00ff'`,
    'INSERT INTO xa_rows VALUES (2)',
    `XA END X'00ff'`,
    `XA PREPARE X'00ff'`,
    `XA ROLLBACK X'00ff'`,
  );
  const [, prepared, committed, second, rolledBack] = await readAll(file);
  expect([prepared?.ending, prepared?.xaId, prepared?.rowCount]).toEqual([
    'xa-prepare',
    `X'6272616e6368',X'71',7`,
    1,
  ]);
  expect([committed?.ending, committed?.xaId]).toEqual(['xa-commit', `X'6272616e6368',X'71',7`]);
  expect([second?.ending, second?.xaId]).toEqual(['xa-prepare', `X'00ff',X'',1`]);
  expect(rolledBack?.ending).toBe('xa-rollback');
});

test('rows of cascades and triggers, and the queries that made rows', async () => {
  const file = await recorded(
    'CREATE TABLE parent (id INT PRIMARY KEY)',
    'CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)',
    'CREATE TABLE log_of_parent (id INT PRIMARY KEY)',
    'CREATE TRIGGER parent_gone BEFORE DELETE ON parent FOR EACH ROW INSERT INTO log_of_parent VALUES (OLD.id)',
    'INSERT INTO parent VALUES (1)',
    'INSERT INTO child VALUES (10, 1)',
    'DELETE FROM parent',
    'SET SESSION binlog_rows_query_log_events = ON',
    'INSERT INTO parent VALUES (2)',
    'SET SESSION binlog_rows_query_log_events = OFF',
  );
  const [cascade, queried] = (await readAll(file)).slice(-2);
  const rows = [...(cascade?.rows() ?? [])];
  expect(rows.map(({ kind, table }) => `${kind} ${table.table}`).sort()).toEqual([
    'delete child',
    'delete parent',
    'insert log_of_parent',
  ]);
  const child = rows.find(({ table }) => table.table === 'child');
  expect((child?.flags ?? 0) & RowFlag.CascadesLogged).toBe(RowFlag.CascadesLogged);
  expect(queried?.rowQueries).toEqual(['INSERT INTO parent VALUES (2)']);
});

test('tagged GTIDs', async () => {
  const file = await recorded(
    'CREATE TABLE tagged (id INT PRIMARY KEY)',
    `SET SESSION gtid_next = 'AUTOMATIC:night_batch'`,
    'INSERT INTO tagged VALUES (1)',
    'INSERT INTO tagged VALUES (2)',
    `SET SESSION gtid_next = '11111111-aaaa-bbbb-cccc-fffffffffffe:t1:9223372036854775806'`,
    'INSERT INTO tagged VALUES (3)',
    `SET SESSION gtid_next = 'AUTOMATIC'`,
    'INSERT INTO tagged VALUES (4)',
  );
  const all = await readAll(file);
  const [[uuid]] = await connection.query<RowDataPacket[]>('SELECT @@server_uuid AS uuid');
  const own = uuid?.['uuid'] as string;
  expect(all.slice(1).map(({ gtid }) => gtid)).toEqual([
    `${own}:night_batch:1`,
    `${own}:night_batch:2`,
    '11111111-aaaa-bbbb-cccc-fffffffffffe:t1:9223372036854775806',
    expect.stringMatching(new RegExp(`^${own}:\\d+$`)),
  ]);
  expect(all.slice(1).map(({ rowCount }) => rowCount)).toEqual([1, 1, 1, 1]);
  const event = [...(all[1]?.events() ?? [])][0];
  expect(event?.type).toBe(EventType.GtidTagged);
  expect(event === undefined ? undefined : parseEvent(event)).toMatchObject({
    transactionLength: all[1]?.byteSize,
    immediateServerVersion: expect.any(Number) as number,
    lastCommitted: all[1]?.lastCommitted,
  });
  // The next file begins with a set that has tags, in the format that has room for them.
  const next = await recorded('INSERT INTO tagged VALUES (5)');
  for await (const { events } of fileSource({ files: [next] }).batches()) {
    for (const raw of events) {
      const parsed = parseEvent(raw);
      if (parsed.kind !== 'previous-gtids') continue;
      const previous = GtidSet.decode(parsed.encoded);
      expect(previous.has(`${own}:night_batch:2`)).toBe(true);
      expect(previous.has(all[4]?.gtid ?? '')).toBe(true);
    }
  }
});

test('anonymous transactions have no GTID', async () => {
  for (const mode of ['ON_PERMISSIVE', 'OFF_PERMISSIVE'])
    await connection.query(`SET GLOBAL gtid_mode = ${mode}`);
  const file = await recorded(
    'CREATE TABLE nameless (id INT PRIMARY KEY)',
    'INSERT INTO nameless VALUES (1)',
  );
  for (const mode of ['ON_PERMISSIVE', 'ON']) await connection.query(`SET GLOBAL gtid_mode = ${mode}`);
  const all = await readAll(file);
  expect(all.map(({ gtid, rowCount }) => [gtid, rowCount])).toEqual([
    [undefined, 0],
    [undefined, 1],
  ]);
});

test('a transaction larger than the memory limit is read from its file, forward and backward; compressed ones too', async () => {
  const insert = `INSERT INTO large WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i, REPEAT(CHAR(65 + i % 26), 900) FROM n`;
  for (const compression of ['OFF', 'ON']) {
    const file = await recorded(
      'DROP TABLE IF EXISTS large',
      'CREATE TABLE large (id INT PRIMARY KEY, pad TEXT)',
      'SET SESSION cte_max_recursion_depth = 10000',
      `SET SESSION binlog_transaction_compression = ${compression}`,
      insert,
      'SET SESSION binlog_transaction_compression = OFF',
    );
    const ids = Array.from({ length: 3000 }, (_, i) => i + 1);
    let seen = 0;
    let late: Transaction | undefined;
    for await (const transaction of transactions(fileSource({ files: [file] }), {
      memoryBytesMax: 100_000,
    })) {
      if (transaction.rowCount === 0) continue;
      seen++;
      expect([...transaction.rows()].map(({ after }) => after?.get(0))).toEqual(ids);
      expect([...transaction.rowsReversed()].map(({ after }) => after?.get(0))).toEqual([...ids].reverse());
      expect([...transaction.rows()][2999]?.after?.get(1)).toBe('K'.repeat(900));
      expect(transaction.compressed).toBe(compression === 'ON');
      expect([...transaction.rawEvents()]).toHaveLength(
        compression === 'ON' ? 2 : [...transaction.events()].length,
      );
      late = transaction;
    }
    expect(seen).toBe(1);
    // What had to go to a temporary file is gone afterwards; a binlog file can be read again.
    if (compression === 'ON') expect(() => [...(late?.rows() ?? [])]).toThrow(/memoryBytesMax/);
    else expect([...(late?.rows() ?? [])]).toHaveLength(3000);
  }
});

test('a row of defaults only, under minimal images', async () => {
  const file = await recorded(
    'CREATE TABLE defaults (a INT DEFAULT 5, b INT)',
    `SET SESSION binlog_row_image = 'MINIMAL'`,
    'INSERT INTO defaults VALUES ()',
    `SET SESSION binlog_row_image = 'FULL'`,
  );
  const [, insert] = await readAll(file);
  const rows = [...(insert?.rows() ?? [])];
  expect(rows.map(({ kind }) => kind)).toEqual(['insert']);
  expect(insert?.rowCount).toBe(1);
  expect(rows[0]?.after?.complete).toBe(false);
});

test('tables without transactions end in a COMMIT statement', async () => {
  const file = await recorded(
    'CREATE TABLE plain_rows (a INT PRIMARY KEY) ENGINE=MyISAM',
    'INSERT INTO plain_rows VALUES (1), (2)',
    'INSERT IGNORE INTO plain_rows VALUES (2), (3)',
  );
  expect((await readAll(file)).map(({ ending, rowCount }) => [ending, rowCount])).toEqual([
    ['implicit', 0],
    ['commit', 2],
    ['commit', 1],
  ]);
});
