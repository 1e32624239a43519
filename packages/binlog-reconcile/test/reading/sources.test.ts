import { createReadStream } from 'node:fs';
import { appendFile, copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { Sandbox, waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BinlogStreamError,
  EncryptedBinlogError,
  EventType,
  eventsOf,
  fileSource,
  GtidSet,
  MariadbGtidSet,
  readBinlogIndex,
  serverSource,
  streamSource,
  TornTransactionError,
  transactions,
  type EventSource,
  type RawEvent,
  type TornTransaction,
  type Transaction,
  type TransactionOptions,
} from '../../src/index.js';

let sandbox: Sandbox;
let mysql: MysqlServer;
let mariadb: MysqlServer;
let connection: Connection;
let folder: string;

const connect = (server: MysqlServer): Promise<Connection> =>
  createConnection({ ...credentials(server), database: 'app' });

const credentials = (server: MysqlServer) => ({
  host: server.host,
  port: server.port,
  user: server.admin.user,
  password: server.admin.password,
});

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'binlog-sources' });
  folder = await mkdtemp(join(tmpdir(), 'dcmha-binlog-sources-'));
  [mysql, mariadb] = await Promise.all([
    sandbox.startMysql({
      serverId: 1,
      options: {
        'max-allowed-packet': '256M',
        'innodb-redo-log-capacity': '200M',
        'binlog-row-metadata': 'FULL',
      },
    }),
    sandbox.startMysql({ flavor: 'mariadb', serverId: 2 }),
  ]);
  connection = await connect(mysql);
  await connection.query('CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100))');
  await connection.query('CREATE TABLE large (id INT PRIMARY KEY, v LONGBLOB)');
  for (let i = 0; i < 5; i++) await connection.query(`INSERT INTO t (v) VALUES ('first ${i}')`);
  await connection.query('FLUSH BINARY LOGS');
  for (let i = 0; i < 5; i++) await connection.query(`INSERT INTO t (v) VALUES ('second ${i}')`);
});

afterAll(async () => {
  await connection?.end();
  await sandbox?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

async function all(source: EventSource, options?: TransactionOptions): Promise<Transaction[]> {
  const list: Transaction[] = [];
  for await (const transaction of transactions(source, options)) list.push(transaction);
  return list;
}

async function eventually(condition: () => boolean, what: string): Promise<void> {
  const happened = await waitUntil(() => condition() || undefined, { timeoutMs: 60_000 });
  if (happened === undefined) throw new Error(`${what} did not come`);
}

/** What can be compared between sources. */
const facts = (list: readonly Transaction[]) =>
  list.map(({ gtid, start, end, rowCount, ending }) => ({ gtid, start, end, rowCount, ending }));

const index = () => join(mysql.dataDir, 'binlog.index');

async function files(): Promise<string[]> {
  const [rows] = await connection.query<RowDataPacket[]>('SHOW BINARY LOGS');
  return rows.map((row) => join(mysql.dataDir, String(row['Log_name'])));
}

describe('files, streams and servers give the same transactions', () => {
  test('an index, its files, one stream of them all, and a dump by position and by GTID', async () => {
    const expected = facts(await all(fileSource({ index: index() })));
    expect(expected.length).toBeGreaterThan(11);
    const paths = await files();
    expect(facts(await all(fileSource({ files: paths })))).toEqual(expected);

    async function* chunks() {
      for (const path of paths) {
        // Sizes that cut through headers and between files.
        for await (const chunk of createReadStream(path, { highWaterMark: 777 })) yield chunk as Buffer;
      }
    }
    const streamed = await all(streamSource(chunks()));
    expect(streamed.map(({ gtid, rowCount, byteSize }) => [gtid, rowCount, byteSize])).toEqual(
      expected.map(({ gtid, rowCount, start, end }) => [gtid, rowCount, end.position - start.position]),
    );

    const server = { connection: credentials(mysql), stopAtEnd: true };
    expect(facts(await all(serverSource(server)))).toEqual(expected);
    expect(facts(await all(serverSource({ ...server, gtids: GtidSet.empty })))).toEqual(expected);

    const half = expected.slice(0, 7).map(({ gtid }) => gtid ?? '');
    const rest = await all(serverSource({ ...server, gtids: GtidSet.parse(half.join(',')) }));
    expect(facts(rest)).toEqual(expected.slice(7));
    const from = expected[9]?.start ?? { file: '', position: 0 };
    expect(facts(await all(serverSource({ ...server, from })))).toEqual(expected.slice(9));
    expect(facts(await all(fileSource({ index: index(), from })))).toEqual(expected.slice(9));
  });

  test('MariaDB, by position and by GTID, statements annotated', async () => {
    const other = await connect(mariadb);
    try {
      await other.query('CREATE TABLE t (id INT PRIMARY KEY)');
      for (let i = 0; i < 4; i++) await other.query(`INSERT INTO t VALUES (${i})`);
      const server = { connection: credentials(mariadb), stopAtEnd: true };
      const expected = await all(fileSource({ index: join(mariadb.dataDir, 'binlog.index') }));
      const dumped = await all(serverSource(server));
      expect(facts(dumped)).toEqual(facts(expected));
      expect(dumped.at(-1)?.rowQueries).toEqual(['INSERT INTO t VALUES (3)']);
      const position = MariadbGtidSet.parse(expected.at(-3)?.gtid ?? '');
      expect(facts(await all(serverSource({ ...server, gtids: position })))).toEqual(
        facts(expected.slice(-2)),
      );
    } finally {
      await other.end();
    }
  });

  test('over TLS', async () => {
    const count = (await all(fileSource({ index: index() }))).length;
    const ssl = { rejectUnauthorized: false };
    const source = serverSource({ connection: { ...credentials(mysql), ssl }, stopAtEnd: true });
    expect(await all(source)).toHaveLength(count);
  });

  test('a row event of more than 16 MiB', async () => {
    await connection.query('FLUSH BINARY LOGS');
    await connection.query(`INSERT INTO large VALUES (1, REPEAT('0123456789abcdef', 2 * 1024 * 1024 + 3))`);
    const check = async (source: EventSource) => {
      let seen = 0;
      for await (const transaction of transactions(source, { tables: ['app.large'] })) {
        for (const { after } of transaction.rows()) {
          const value = after?.get(1) as Buffer;
          expect(value.length).toBe(16 * (2 * 1024 * 1024 + 3));
          expect(value.equals(Buffer.alloc(value.length, '0123456789abcdef'))).toBe(true);
          seen++;
        }
      }
      expect(seen).toBe(1);
    };
    const path = (await files()).at(-1) ?? '';
    await connection.query('FLUSH BINARY LOGS');
    await check(fileSource({ files: [path] }));
    await check(streamSource(createReadStream(path)));
    await check(serverSource({ connection: credentials(mysql), stopAtEnd: true }));
  });
});

describe('what comes later', () => {
  test('a followed index gives new transactions, over a rotation, until it is aborted', async () => {
    const abort = new AbortController();
    const source = fileSource({ index: index(), follow: true, pollMs: 5, signal: abort.signal });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const transaction of transactions(source)) {
        for (const { after } of transaction.rows()) seen.push(after?.get(1));
      }
    })();
    const follow = async (value: string) => {
      await connection.query(`INSERT INTO t (v) VALUES ('${value}')`);
      await eventually(() => seen.at(-1) === value, `the row ${value}`);
    };
    await follow('live 1');
    await follow('live 2');
    await connection.query('FLUSH BINARY LOGS');
    await follow('live 3');
    abort.abort();
    await reading;
  });

  test('a dump that waits gives heartbeats and new transactions, and ends when it is aborted', async () => {
    const abort = new AbortController();
    const source = serverSource({
      connection: credentials(mysql),
      gtids: GtidSet.parse(await executed()),
      heartbeatMs: 50,
      signal: abort.signal,
    });
    const events: RawEvent[] = [];
    const reading = (async () => {
      for await (const batch of source.batches()) events.push(...batch.events);
    })();
    const heartbeat = () => events.some(({ type }) => type === EventType.HeartbeatV2);
    await eventually(heartbeat, 'a heartbeat');
    await connection.query(`INSERT INTO t (v) VALUES ('dumped')`);
    await eventually(() => events.some(({ type }) => type === EventType.Xid), 'a commit');
    abort.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  test('a server that refuses or falls silent is an error with its code', async () => {
    const wrong = { ...credentials(mysql), password: 'wrong' };
    await expect(all(serverSource({ connection: wrong }))).rejects.toMatchObject({
      name: 'BinlogStreamError',
      code: 'ER_ACCESS_DENIED_ERROR',
    });
    const nowhere = { file: 'binlog.999999', position: 4 };
    await expect(all(serverSource({ connection: credentials(mysql), from: nowhere }))).rejects.toThrow(
      BinlogStreamError,
    );
    const source = serverSource({
      connection: credentials(mysql),
      gtids: GtidSet.parse(await executed()),
      heartbeatMs: 100,
      silenceTimeoutMs: 600,
    });
    const reading = all(source);
    mysql.freeze();
    try {
      await expect(reading).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    } finally {
      mysql.thaw();
    }
  });
});

async function executed(): Promise<string> {
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT @@gtid_executed AS gtids');
  return String(row?.['gtids']);
}

describe('a file that ends too early', () => {
  test('is reported wherever it is cut, and nothing of the cut transaction is given', async () => {
    const [, path = ''] = await files();
    const whole = await all(fileSource({ files: [path] }));
    const bytes = await readFile(path);
    const cutFile = join(folder, basename(path));
    const last = whole.at(-1);
    const lastStart = last?.start.position ?? 0;
    const end = last?.end.position ?? 0;
    for (let cut = lastStart + 1; cut < end; cut += 7) {
      await writeFile(cutFile, bytes.subarray(0, cut));
      const torn: TornTransaction[] = [];
      const list = await all(fileSource({ files: [cutFile] }), { onTorn: (t) => torn.push(t) });
      expect(list.map(({ gtid }) => gtid)).toEqual(whole.slice(0, -1).map(({ gtid }) => gtid));
      expect(torn).toHaveLength(1);
      expect(torn[0]?.start.position).toBe(lastStart);
      expect(torn[0]?.gtid === undefined ? torn[0]?.eventCount : torn[0].gtid).toBe(
        torn[0]?.gtid === undefined ? 0 : last?.gtid,
      );
    }
    await expect(all(fileSource({ files: [cutFile] }))).rejects.toThrow(TornTransactionError);
    await expect(all(streamSource(Readable.from([bytes.subarray(0, end - 3)])))).rejects.toThrow(
      new RegExp(`transaction ${last?.gtid} that begins here is cut off`),
    );
  });

  test('a server killed in the middle of a transaction leaves whole ones and nothing else', async () => {
    const server = await sandbox.startMysql({ serverId: 9, options: { 'sync-binlog': 0 } });
    const writer = await connect(server);
    await writer.query('CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT)');
    let acknowledged = 0;
    const writing = (async () => {
      for (;;) {
        await writer.query(`INSERT INTO t (v) VALUES (REPEAT('x', 20000)), (REPEAT('y', 20000))`);
        acknowledged++;
      }
    })().catch(() => undefined);
    await eventually(() => acknowledged >= 20, '20 commits');
    await server.kill();
    await writing;
    const torn: TornTransaction[] = [];
    const list = await all(fileSource({ index: join(server.dataDir, 'binlog.index') }), {
      onTorn: (t) => torn.push(t),
    });
    const inserts = list.filter(({ rowCount }) => rowCount > 0);
    expect(inserts.length).toBeGreaterThanOrEqual(acknowledged);
    expect(inserts.every(({ rowCount }) => rowCount === 2)).toBe(true);
    expect(torn.length).toBeLessThanOrEqual(1);
    writer.destroy();
  });

  test('zeros or half an event behind the last whole one of an unclosed file are a torn tail', async () => {
    const path = (await files()).at(-1) ?? '';
    const open = join(folder, 'unclosed');
    await copyFile(path, open);
    const { size } = await stat(open);
    const whole = await all(fileSource({ files: [open] }));
    await appendFile(open, Buffer.alloc(5000));
    const torn: TornTransaction[] = [];
    expect(await all(fileSource({ files: [open] }), { onTorn: (t) => torn.push(t) })).toHaveLength(
      whole.length,
    );
    expect(torn).toEqual([
      {
        gtid: undefined,
        start: { file: 'unclosed', position: size },
        end: expect.anything() as never,
        eventCount: 0,
        eventCut: true,
      },
    ]);
    await truncate(open, size - 1);
    await expect(all(fileSource({ files: [open] }))).rejects.toThrow(TornTransactionError);
  });
});

describe('files that cannot be read are refused by name', () => {
  test('a file encrypted by MySQL, something else, nothing', async () => {
    const file = join(folder, 'odd');
    await writeFile(file, Buffer.from([0xfd, 0x62, 0x69, 0x6e, 1, 2, 3]));
    await expect(all(fileSource({ files: [file] }))).rejects.toThrow(EncryptedBinlogError);
    await expect(all(fileSource({ files: [file] }))).rejects.toThrow(
      /odd at position 0: the MySQL binlog is encrypted.*--host/,
    );
    await writeFile(file, 'PK\u0003\u0004');
    await expect(all(fileSource({ files: [file] }))).rejects.toThrow(
      /begins with fe 62 69 6e, this with 50 4b 03 04/,
    );
    await writeFile(file, '');
    await expect(all(fileSource({ files: [file] }))).rejects.toThrow(/this with nothing/);
    await expect(all(fileSource({ files: [join(folder, 'missing')] }))).rejects.toThrow(/ENOENT/);
    await expect(all(fileSource({ index: join(folder, 'missing.index') }))).rejects.toThrow(
      /binlog index.*cannot be read/,
    );
  });

  test('a file encrypted by MariaDB', async () => {
    const [plain = ''] = await readBinlogIndex(join(mariadb.dataDir, 'binlog.index'));
    const bytes = await readFile(plain);
    const descriptionEnd = 4 + bytes.readUInt32LE(4 + 9);
    // START_ENCRYPTION: scheme (1), key version (4), nonce (12); from there on nothing is readable.
    const start = Buffer.alloc(19 + 17 + 4);
    start[4] = EventType.MariaStartEncryption;
    start.writeUInt32LE(start.length, 9);
    start.writeUInt32LE(descriptionEnd + start.length, 13);
    start.writeUInt8(1, 19);
    const format = eventsOf(fileSource({ files: [plain] }));
    const checksum = (await format.next()).value as RawEvent;
    await format.return?.();
    const encrypted = checksum.format.checksum === 'crc32' ? start : start.subarray(0, -4);
    encrypted.writeUInt32LE(encrypted.length, 9);
    if (checksum.format.checksum === 'crc32')
      encrypted.writeUInt32LE(crc32(start.subarray(0, -4)), start.length - 4);
    const file = join(folder, 'encrypted');
    await writeFile(
      file,
      Buffer.concat([bytes.subarray(0, descriptionEnd), encrypted, Buffer.alloc(100, 0x5a)]),
    );
    await expect(all(fileSource({ files: [file] }))).rejects.toThrow(/the MariaDB binlog is encrypted/);
  });
});
