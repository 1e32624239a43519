import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  EventType,
  fileSource,
  jsonNodeText,
  setCodeGeneration,
  transactions,
  type RowImage,
  type Transaction,
} from '../../src/index.js';
import { mysqlColumns, type TestColumn } from './support/every-type.js';
import { SeededRandom } from './support/seeded-random.js';
import { differences, ReplayedRows, storedRows } from './support/stored-rows.js';
import { changeRows, prepareSession } from './support/workload.js';

let sandbox: Sandbox;
let server: MysqlServer;
let connection: Connection;
const columns = mysqlColumns();

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'binlog-mysql-values' });
  server = await sandbox.startMysql({ serverId: 1 });
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

/** Runs `work` with a binlog file of its own, and gives the file's path. */
async function recorded(work: () => Promise<void>): Promise<string> {
  await connection.query('FLUSH BINARY LOGS');
  const [rows] = await connection.query('SHOW BINARY LOG STATUS');
  await work();
  return join(server.dataDir, (rows as { File: string }[])[0]?.File ?? '');
}

async function readAll(file: string): Promise<Transaction[]> {
  const list: Transaction[] = [];
  for await (const transaction of transactions(fileSource({ files: [file] }))) list.push(transaction);
  return list;
}

async function createTable(name: string, with_: readonly TestColumn[] = columns): Promise<void> {
  await connection.query(
    `CREATE TABLE ${name} (id BIGINT PRIMARY KEY, ${with_.map((column) => `${column.name} ${column.definition}`).join(', ')}) ROW_FORMAT=DYNAMIC`,
  );
}

/** Every value by every way that leads to it. */
function everyWay(image: RowImage): unknown[] {
  return image.table.columns.map(({ index, kind }) => {
    const value = image.get(index);
    if (kind === 'json' && typeof value === 'string') {
      const node = image.json(index);
      expect(node === null || node === undefined ? node : jsonNodeText(node)).toBe(value);
    }
    return value;
  });
}

function images(list: readonly Transaction[]): RowImage[] {
  return list.flatMap((transaction) =>
    [...transaction.rows()].flatMap(({ before, after }) =>
      [before, after].filter((image) => image !== undefined),
    ),
  );
}

const settings = [
  { name: 'full images and metadata', table: 'plain', session: [], metadata: 'FULL' },
  { name: 'full images, minimal metadata', table: 'few_metadata', session: [], metadata: 'MINIMAL' },
  {
    name: 'minimal images',
    table: 'minimal',
    session: [`binlog_row_image = 'MINIMAL'`],
    metadata: 'FULL',
  },
  {
    name: 'images without BLOBs',
    table: 'noblob',
    session: [`binlog_row_image = 'NOBLOB'`],
    metadata: 'MINIMAL',
  },
  {
    name: 'compressed transactions',
    table: 'packed',
    session: ['binlog_transaction_compression = ON'],
    metadata: 'FULL',
  },
  {
    name: 'partial JSON',
    table: 'partial',
    session: [`binlog_row_value_options = 'PARTIAL_JSON'`],
    metadata: 'FULL',
  },
  {
    name: 'tagged GTIDs',
    table: 'tagged',
    session: [`gtid_next = 'AUTOMATIC:some_tag'`],
    metadata: 'FULL',
  },
];

const defaults = [
  `binlog_row_image = 'FULL'`,
  'binlog_transaction_compression = OFF',
  `binlog_row_value_options = ''`,
  `gtid_next = 'AUTOMATIC'`,
];

describe('what is decoded from a MySQL binlog is what the server has stored', () => {
  test.each(settings)('$name', async ({ table, session, metadata }) => {
    const random = new SeededRandom(table.length * 7919);
    const file = await recorded(async () => {
      await connection.query(`SET GLOBAL binlog_row_metadata = '${metadata}'`);
      await connection.query(`SET SESSION ${[...defaults, ...session].join(', ')}`);
      await createTable(table);
      await changeRows(connection, table, columns, random);
      await connection.query(`SET SESSION ${defaults.join(', ')}`);
    });
    // Without names of ENUM and SET members only the numbers can be compared.
    const known = metadata === 'FULL' ? columns : columns.filter(({ compare }) => compare !== 'members');
    const compared = columns.map((column) =>
      known.includes(column) ? column : { ...column, compare: 'members' as const },
    );
    const replayed = new ReplayedRows(table, compared);
    const all = await readAll(file);
    for (const transaction of all) replayed.apply(transaction);
    if (table === 'tagged') expect(all.every(({ gtid }) => gtid?.includes(':some_tag:'))).toBe(true);

    const stored = await storedRows(connection, table, columns);
    if (metadata !== 'FULL') {
      for (const row of stored.values()) {
        columns.forEach(({ compare }, i) => {
          if (compare === 'members') row[i] = row[i]?.split(' ')[0] ?? null;
        });
      }
    }
    expect(differences(replayed.rows, stored, columns), `seed ${random.seed}`).toEqual([]);
    expect(replayed.seen.updates).toBeGreaterThan(10);
    expect(replayed.seen.deletes).toBeGreaterThan(0);

    if (table === 'packed') expect(all.some(({ compressed }) => compressed)).toBe(true);
    if (table === 'partial') {
      const types = all.flatMap((transaction) => [...transaction.events()].map(({ type }) => type));
      expect(types).toContain(EventType.PartialUpdateRows);
    }
    const complete = images(all).every((image) => image.complete);
    expect(complete).toBe(table !== 'minimal' && table !== 'noblob');

    // Generated code, closures and access by column give the same.
    const generated = images(all).map((image) => image.values());
    expect(isDeepStrictEqual(images(all).map(everyWay), generated)).toBe(true);
    setCodeGeneration(false);
    try {
      const again = images(await readAll(file)).map((image) => image.values());
      expect(isDeepStrictEqual(again, generated)).toBe(true);
    } finally {
      setCodeGeneration(undefined);
    }
  });

  test('columns carry what the metadata says', async () => {
    const file = await recorded(async () => {
      await connection.query(`SET GLOBAL binlog_row_metadata = 'FULL'`);
      await connection.query(
        `CREATE TABLE described (a INT UNSIGNED, b VARCHAR(10) CHARACTER SET latin1, c ENUM('x','y,''z') CHARACTER SET cp1250,
         d POINT SRID 4326, e INT INVISIBLE, f BLOB, g VECTOR(5), h VARCHAR(20) COLLATE utf8mb4_czech_ci, i DECIMAL(5,1) UNSIGNED,
         PRIMARY KEY (h(3), a))`,
      );
      await connection.query(`INSERT INTO described (a, h) VALUES (1, 'k')`);
    });
    const [image] = images(await readAll(file));
    expect(image?.table.primaryKey).toEqual([
      { column: 7, prefixLength: 3 },
      { column: 0, prefixLength: 0 },
    ]);
    const facts = image?.table.columns.map((column) => [
      column.name,
      column.unsigned,
      column.charset,
      column.values,
      column.geometryType,
      column.visible,
      column.dimensions,
      column.primaryKey,
    ]);
    const u = undefined;
    expect(facts).toEqual([
      ['a', true, u, u, u, true, u, true],
      ['b', u, 'latin1', u, u, true, u, false],
      ['c', u, 'cp1250', ['x', "y,'z"], u, true, u, false],
      ['d', u, u, u, 1, true, u, false],
      ['e', false, u, u, u, false, u, false],
      ['f', u, 'binary', u, u, true, u, false],
      ['g', u, 'binary', u, u, true, 5, false],
      ['h', u, 'utf8mb4', u, u, true, u, true],
      ['i', true, u, u, u, true, u, false],
    ]);
  });

  test('partial JSON: every operation, with holes in the stored value, gives the text that the server has', async () => {
    const updates = [
      `JSON_SET(j, '$.a', 2)`,
      `JSON_SET(j, '$.new', 'member')`,
      `JSON_REPLACE(j, '$.s', 'short')`,
      `JSON_REMOVE(j, '$.list[1]')`,
      `JSON_SET(j, '$.list[10]', 'appended')`,
      `JSON_REMOVE(j, '$.s')`,
      `JSON_SET(j, '$."two words".x', 1, '$.o.deep[0].k', CAST('2024-01-01' AS DATE))`,
      `JSON_SET(j, '$.o.deep[2]', NULL)`,
      `JSON_REPLACE(j, '$.a', 1.5)`,
      `JSON_REMOVE(j, '$.o', '$.a')`,
    ];
    const texts: string[] = [];
    const file = await recorded(async () => {
      await connection.query(`SET SESSION binlog_row_value_options = 'PARTIAL_JSON'`);
      await connection.query('CREATE TABLE json_steps (id INT PRIMARY KEY, j JSON, k JSON)');
      await connection.query(
        `INSERT INTO json_steps VALUES (1, '{"a": 1, "s": "${'long '.repeat(50)}", "list": [1, 2, 3], "two words": {}, "o": {"deep": [{"k": 1}, 2]}}', '[1, 2]')`,
      );
      for (const update of updates) {
        await connection.query(`UPDATE json_steps SET j = ${update}`);
        const [rows] = await connection.query('SELECT CAST(j AS CHAR) AS j FROM json_steps');
        texts.push((rows as { j: string }[])[0]?.j ?? '');
      }
      await connection.query(`SET SESSION binlog_row_value_options = ''`);
      // Stored whole again: the value in the before-image has the holes that the steps left.
      await connection.query(`UPDATE json_steps SET id = 2`);
    });
    const changes = (await readAll(file)).flatMap((transaction) => [...transaction.rows()]);
    const [, ...steps] = changes;
    expect(steps.slice(0, updates.length).map(({ after }) => after?.get(1))).toEqual(texts);
    expect(steps.slice(1).map(({ before }) => before?.get(1))).toEqual(texts);
    const differences = steps.map(({ after }) => after?.jsonDiffs(1)?.map(({ operation }) => operation));
    expect(differences.flat()).toEqual(expect.arrayContaining(['replace', 'insert', 'remove']));
    expect(steps.every(({ after }) => after?.get(2) === '[1, 2]')).toBe(true);
  });

  test('partial JSON without the column in the before-image says so and gives the differences', async () => {
    const file = await recorded(async () => {
      await connection.query(
        `SET SESSION binlog_row_value_options = 'PARTIAL_JSON', binlog_row_image = 'MINIMAL'`,
      );
      await connection.query('CREATE TABLE json_minimal (id INT PRIMARY KEY, pad JSON, j JSON)');
      await connection.query(
        `INSERT INTO json_minimal VALUES (1, '[]', '{"a": 1, "b": "${'x'.repeat(100)}"}')`,
      );
      await connection.query(`UPDATE json_minimal SET j = JSON_SET(j, '$.a', 5)`);
      await connection.query(`SET SESSION ${defaults.join(', ')}`);
    });
    const update = (await readAll(file)).flatMap((transaction) => [...transaction.rows()])[1];
    expect(update?.after?.jsonDiffs(2)).toEqual([
      { operation: 'replace', path: '$.a', value: { type: 'integer', value: 5, unsigned: false } },
    ]);
    expect(update?.after?.complete).toBe(false);
    expect(() => update?.after?.get(2)).toThrow(/difference to the old one.*MINIMAL|not FULL/);
  });
});

describe('text of every character set', () => {
  test('is what the server converts it to', async () => {
    const [rows] = await connection.query(
      `SELECT CHARACTER_SET_NAME AS name FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME <> 'binary' ORDER BY 1`,
    );
    const charsets = (rows as { name: string }[]).map(({ name }) => name);
    expect(charsets.length).toBeGreaterThan(39);
    const scripts = [
      [0x20, 0x7e],
      [0xa0, 0x17f],
      [0x391, 0x3c9],
      [0x401, 0x45f],
      [0x531, 0x586],
      [0x5d0, 0x5ea],
      [0x621, 0x64a],
      [0xe01, 0xe3a],
      [0x10d0, 0x10f0],
      [0x2013, 0x2122],
      [0x3041, 0x30f6],
      [0x4e00, 0x9fa5],
      [0xac00, 0xd7a3],
      [0xff61, 0xff9f],
      [0x1f600, 0x1f64f],
      [0x20000, 0x20100],
    ] as const;
    const random = new SeededRandom(4711);
    const texts = Array.from({ length: 60 }, () => {
      const [first, last] = random.pick(scripts);
      return String.fromCodePoint(
        ...Array.from({ length: 40 }, () => first + random.int(last - first + 1)),
      ).replace(/['\\]/g, '.');
    });
    const file = await recorded(async () => {
      await connection.query(
        `CREATE TABLE charsets (id INT PRIMARY KEY, ${charsets.map((name) => `${name}_c VARCHAR(200) CHARACTER SET ${name}`).join(', ')})`,
      );
      for (const [i, text] of texts.entries()) {
        await connection.query(
          `INSERT INTO charsets VALUES (${i}, ${charsets.map((name) => `CONVERT(_utf8mb4'${text}' USING ${name})`).join(', ')})`,
        );
      }
    });
    const [stored] = await connection.query({
      sql: `SELECT ${charsets.map((name) => `CONVERT(${name}_c USING utf8mb4)`).join(', ')} FROM charsets ORDER BY id`,
      rowsAsArray: true,
    });
    const decoded = images(await readAll(file)).map((image) => image.values().slice(1));
    expect(decoded).toHaveLength(texts.length);
    decoded.forEach((row, i) => {
      charsets.forEach((name, column) => {
        expect(row[column], `${name}, text ${i}`).toBe((stored as string[][])[i]?.[column]);
      });
    });
  });
});
