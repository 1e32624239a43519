import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ColumnType,
  EventType,
  fileSource,
  serverSchema,
  setCodeGeneration,
  transactions,
  UnknownColumnMetadataError,
  type RowImage,
  type Transaction,
  type TransactionOptions,
} from '../../src/index.js';
import { mariadbColumns, type TestColumn } from './support/every-type.js';
import { SeededRandom } from './support/seeded-random.js';
import { differences, ReplayedRows, storedRows } from './support/stored-rows.js';
import { changeRows, prepareSession } from './support/workload.js';

let sandbox: Sandbox;
let server: MysqlServer;
let connection: Connection;
const columns = mariadbColumns();

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'binlog-mariadb-values' });
  server = await sandbox.startMysql({
    flavor: 'mariadb',
    serverId: 5,
    options: { 'log-bin-compress-min-len': 10 },
  });
  connection = await createConnection({
    socketPath: server.socketPath,
    user: server.admin.user,
    password: server.admin.password,
    database: 'app',
    charset: 'utf8mb4',
  });
  await prepareSession(connection);
});

afterAll(async () => {
  await connection?.end();
  await sandbox?.close();
});

async function recorded(work: () => Promise<void>): Promise<string> {
  await connection.query('FLUSH BINARY LOGS');
  const [rows] = await connection.query('SHOW MASTER STATUS');
  await work();
  // A background thread may write a checkpoint event to an open file at any time: this one is closed.
  await connection.query('FLUSH BINARY LOGS');
  return join(server.dataDir, (rows as { File: string }[])[0]?.File ?? '');
}

async function readAll(file: string, options?: TransactionOptions): Promise<Transaction[]> {
  const list: Transaction[] = [];
  for await (const transaction of transactions(fileSource({ files: [file] }), options))
    list.push(transaction);
  return list;
}

function images(list: readonly Transaction[]): RowImage[] {
  return list.flatMap((transaction) =>
    [...transaction.rows()].flatMap(({ before, after }) =>
      [before, after].filter((image) => image !== undefined),
    ),
  );
}

async function createTable(name: string, with_: readonly TestColumn[] = columns): Promise<void> {
  await connection.query(
    `CREATE TABLE ${name} (id BIGINT PRIMARY KEY, ${with_.map((column) => `${column.name} ${column.definition}`).join(', ')}) ROW_FORMAT=DYNAMIC`,
  );
}

const settings = [
  { name: 'full metadata', table: 'plain', global: `binlog_row_metadata = 'FULL'`, image: 'FULL' },
  {
    name: 'minimal metadata',
    table: 'few_metadata',
    global: `binlog_row_metadata = 'MINIMAL'`,
    image: 'FULL',
  },
  { name: 'no metadata', table: 'no_metadata', global: `binlog_row_metadata = 'NO_LOG'`, image: 'FULL' },
  { name: 'minimal images', table: 'minimal', global: `binlog_row_metadata = 'FULL'`, image: 'MINIMAL' },
  {
    name: 'images without BLOBs',
    table: 'noblob',
    global: `binlog_row_metadata = 'NO_LOG'`,
    image: 'NOBLOB',
  },
  { name: 'compressed events', table: 'packed', global: `log_bin_compress = ON`, image: 'FULL' },
  {
    name: 'temporal types of MariaDB 5.3',
    table: 'old_times',
    global: `mysql56_temporal_format = OFF`,
    image: 'FULL',
  },
];

describe('what is decoded from a MariaDB binlog is what the server has stored', () => {
  test.each(settings)('$name', async ({ table, global, image }) => {
    const random = new SeededRandom(table.length * 6271);
    const old = table === 'old_times';
    // Before 5.6 the format had no fraction, and the binlog does not say that MariaDB's own has one.
    const tested = columns.filter(({ name }) => !old || !/_[1-6]$/.test(name) || !/^(time|date)/.test(name));
    const file = await recorded(async () => {
      await connection.query(`SET GLOBAL ${global}`);
      await connection.query(`SET SESSION binlog_row_image = '${image}'`);
      await createTable(table, tested);
      await changeRows(connection, table, tested, random);
      await connection.query(`SET SESSION binlog_row_image = 'FULL'`);
      await connection.query(
        `SET GLOBAL log_bin_compress = OFF, mysql56_temporal_format = ON, binlog_row_metadata = 'NO_LOG'`,
      );
    });
    const schema = serverSchema(connection);
    const replayed = new ReplayedRows(table, tested);
    const all = await readAll(file, { schema });
    for (const transaction of all) replayed.apply(transaction);

    const stored = await storedRows(connection, table, tested);
    // Minimal images do not hold what the server computes.
    expect(
      differences(replayed.rows, stored, tested, ({ generated }) => image !== 'MINIMAL' || !generated),
      `seed ${random.seed}`,
    ).toEqual([]);
    expect(replayed.seen.updates).toBeGreaterThan(10);
    expect(replayed.seen.deletes).toBeGreaterThan(0);
    expect(images(all).every(({ complete }) => complete)).toBe(image === 'FULL');

    const types = new Set(all.flatMap((transaction) => [...transaction.events()].map(({ type }) => type)));
    expect(types.has(EventType.MariaUpdateRowsCompressedV1)).toBe(table === 'packed');
    expect(types.has(EventType.MariaQueryCompressed)).toBe(table === 'packed');
    const columnTypes = new Set(images(all)[0]?.table.columns.map(({ type }) => type));
    expect(columnTypes.has(ColumnType.DateTime)).toBe(old);
    expect(columnTypes.has(ColumnType.VarCharCompressed)).toBe(true);

    const generated = images(all).map((row) => row.values());
    const single = images(all).map((row) => row.table.columns.map(({ index }) => row.get(index)));
    expect(isDeepStrictEqual(single, generated)).toBe(true);
    setCodeGeneration(false);
    try {
      const again = images(await readAll(file, { schema })).map((row) => row.values());
      expect(isDeepStrictEqual(again, generated)).toBe(true);
    } finally {
      setCodeGeneration(undefined);
    }
  });

  test('without metadata and schema, what depends on them is not guessed', async () => {
    const file = await recorded(async () => {
      await connection.query(
        `CREATE TABLE bare (a INT UNSIGNED PRIMARY KEY, b BIGINT, c VARCHAR(20), d BINARY(4))`,
      );
      await connection.query(`INSERT INTO bare VALUES (1, 2, 'text', 'x'), (4294967295, -1, 'text', 'y')`);
    });
    const [small, large] = images(await readAll(file));
    expect(small?.table.named).toBe(false);
    expect(small?.values()).toEqual([1, 2, Buffer.from('text'), Buffer.from('x')]);
    expect(() => large?.get(0)).toThrow(UnknownColumnMetadataError);
    expect(() => large?.values()).toThrow(/column @1 of app\.bare depends on whether it is UNSIGNED/);
    expect(large?.get(2)).toEqual(Buffer.from('text'));
    const [, known] = images(await readAll(file, { schema: serverSchema(connection) }));
    expect(known?.toObject()).toEqual({ a: 4294967295, b: -1, c: 'text', d: Buffer.from('y\0\0\0') });
    expect(known?.table.primaryKey).toEqual([{ column: 0, prefixLength: 0 }]);
  });

  test('a schema that does not fit is refused', async () => {
    const file = await recorded(async () => {
      await connection.query(`CREATE TABLE altered (a INT PRIMARY KEY, b INT)`);
      await connection.query(`INSERT INTO altered VALUES (1, 2)`);
      await connection.query(`ALTER TABLE altered DROP COLUMN b`);
    });
    await expect(readAll(file, { schema: serverSchema(connection) })).rejects.toThrow(
      /app\.altered does not fit.*1 columns instead of 2/,
    );
  });

  test('statements that made the rows, DDL, and GTIDs of domain, server and sequence', async () => {
    const file = await recorded(async () => {
      await connection.query(`SET SESSION gtid_domain_id = 3`);
      await connection.query(`CREATE TABLE annotated (a INT PRIMARY KEY)`);
      await connection.query(`INSERT INTO annotated VALUES (1)`);
      await connection.query(`CREATE TABLE copied SELECT * FROM annotated`);
      await connection.query(`SET SESSION gtid_domain_id = 0`);
    });
    const [create, insert, copied] = await readAll(file);
    expect(create?.gtid).toMatch(/^3-5-\d+$/);
    expect(create?.flavor).toBe('mariadb');
    expect(create?.statements.map(({ kind, verb }) => [kind, verb])).toEqual([['ddl', 'CREATE TABLE']]);
    expect(insert?.rowQueries).toEqual(['INSERT INTO annotated VALUES (1)']);
    expect(insert?.ending).toBe('commit');
    expect(insert?.tables.map(({ table, inserts }) => [table, inserts])).toEqual([['annotated', 1]]);
    expect(copied?.statements.map(({ kind }) => kind)).toEqual(['ddl']);
    expect(copied?.rowCount).toBe(1);
  });

  test('XA transactions, tables without transactions, savepoints', async () => {
    const file = await recorded(async () => {
      for (const statement of [
        'CREATE TABLE xa_rows (a INT PRIMARY KEY)',
        `XA START 'one','two',5`,
        'INSERT INTO xa_rows VALUES (1)',
        `XA END 'one','two',5`,
        `XA PREPARE 'one','two',5`,
        `XA COMMIT 'one','two',5`,
        'CREATE TABLE plain_rows (a INT PRIMARY KEY) ENGINE=MyISAM',
        'INSERT INTO plain_rows VALUES (1)',
        'BEGIN',
        'INSERT INTO xa_rows VALUES (2)',
        'SAVEPOINT s',
        'INSERT INTO plain_rows VALUES (2)',
        'ROLLBACK TO s',
        'INSERT INTO xa_rows VALUES (3)',
        'COMMIT',
      ]) {
        await connection.query(statement);
      }
    });
    const all = await readAll(file);
    const xaId = `X'6f6e65',X'74776f',5`;
    expect(all.map(({ ending, xaId: id, rowCount }) => [ending, id, rowCount])).toEqual([
      ['implicit', undefined, 0],
      ['xa-prepare', xaId, 1],
      ['xa-commit', xaId, 0],
      ['implicit', undefined, 0],
      ['commit', undefined, 1],
      ['commit', undefined, 1],
      ['commit', undefined, 2],
    ]);
  });
});
