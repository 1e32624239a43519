import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  listLostTransactions,
  LostTransactions,
  LostTransactionsError,
  LostTransactionsWriter,
  redoTransactions,
  removeUnfinishedLostTransactions,
  saveLostTransactions,
  undoTransactions,
} from '../../src/index.js';
import { Scenario } from './support/scenario.js';
import { binlogEnd, collect, readBinlog } from './support/server-binlog.js';

const info = {
  group: 'shop',
  server: '127.0.0.1:3306',
  reason: 'the primary changed',
  primary: '127.0.0.2:3306',
};

describe('lost transactions of MySQL 9.7', () => {
  let sandbox: Sandbox;
  let server: MysqlServer;
  let scenario: Scenario;
  let root: string;
  let count = 0;

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'lost' });
    server = await sandbox.startMysql({
      serverId: 1,
      options: { 'sync-binlog': 0, 'innodb-flush-log-at-trx-commit': 0 },
    });
  });
  afterAll(async () => sandbox?.close());
  afterEach(async () => {
    scenario?.close();
    await rm(root, { recursive: true, force: true });
  });

  const begin = async (...ddl: string[]) => {
    root = await mkdtemp(join(tmpdir(), 'lost-'));
    scenario = await Scenario.create(server, `lost${++count}`, ...ddl);
  };

  /** Saves what the statements did, as the agent of a returning primary does. */
  async function save(statements: readonly string[], now = new Date('2024-11-22T22:05:01.123Z')) {
    const from = await binlogEnd(scenario.app);
    for (const statement of statements) await scenario.app.query(statement);
    const to = await binlogEnd(scenario.app);
    const catalog = scenario.catalog();
    return saveLostTransactions(
      root,
      info,
      ({ schema, onTorn }) => readBinlog(server, { from, to, onTorn }, schema),
      { catalog, now },
    );
  }

  async function runText(path: string): Promise<void> {
    const session = await server.connect();
    for (const statement of (await readFile(path, 'utf8')).split(';\n')) {
      if (statement.trim() !== '') await session.query(statement);
    }
    session.destroy();
  }

  it('are all there: as SQL to redo and to undo, as JSON lines, as events; described by the manifest', async () => {
    await begin(
      'CREATE TABLE t (id INT PRIMARY KEY, v DECIMAL(8,2), b BLOB)',
      "INSERT INTO t VALUES (1, 1.5, X'00')",
    );
    const { saved, plan } = await save([
      "INSERT INTO t VALUES (2, 2, NULL), (3, 3, X'FF')",
      'UPDATE t SET v = v + 1 WHERE id < 3',
      'DELETE FROM t WHERE id = 3',
    ]);
    const end = await scenario.rows('SELECT id, v, HEX(b) FROM t ORDER BY id');
    expect(plan.ok).toBe(true);
    expect(saved.manifest).toMatchObject({
      version: 1,
      id: '20241122T220501123Z-shop-127.0.0.1-3306',
      ...info,
      createdAt: '2024-11-22T22:05:01.123Z',
      transactionCount: 3,
      rowCount: 5,
      ddlCount: 0,
      invertible: true,
      refusals: [],
      tables: [{ schema: scenario.schema, table: 't', inserts: 2, updates: 2, deletes: 1 }],
    });
    expect((await readdir(saved.path)).sort()).toEqual([
      'events.000001',
      'manifest.json',
      'redo.sql',
      'rows.jsonl',
      'undo.sql',
    ]);
    expect(await saved.damagedFiles()).toEqual([]);

    const lines = (await readFile(join(saved.path, 'rows.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toHaveLength(5);
    expect(lines[1]).toMatchObject({
      kind: 'insert',
      schema: scenario.schema,
      table: 't',
      after: { id: 3, v: '3.00', b: { hex: 'ff' } },
    });
    expect(lines[2]).toMatchObject({
      kind: 'update',
      before: { id: 1, v: '1.50' },
      after: { id: 1, v: '2.50' },
    });

    await runText(join(saved.path, 'undo.sql'));
    expect(await scenario.rows('SELECT id, v, HEX(b) FROM t')).toEqual([[1, '1.50', '00']]);
    await runText(join(saved.path, 'redo.sql'));
    expect(await scenario.rows('SELECT id, v, HEX(b) FROM t ORDER BY id')).toEqual(end);

    const [found] = await listLostTransactions(root);
    const again = await collect((found as LostTransactions).transactions({ schema: scenario.catalog() }));
    expect(again.map(({ gtid }) => gtid).join(',')).not.toBe('');
    expect(await undoTransactions(scenario.applier, again)).toMatchObject({ applied: true, rowCount: 5 });
    expect(await redoTransactions(scenario.applier, again)).toMatchObject({ applied: true, rowCount: 5 });
  });

  it('compressed, and with tags, they are kept as the events that they were', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY, v TEXT)');
    const { saved } = await save([
      'SET SESSION binlog_transaction_compression = ON',
      "SET SESSION gtid_next = 'AUTOMATIC:tag_a'",
      "INSERT INTO t VALUES (1, REPEAT('x', 5000))",
      "SET SESSION gtid_next = 'AUTOMATIC'",
      'SET SESSION binlog_transaction_compression = OFF',
    ]);
    expect(saved.manifest.gtids).toMatch(/:tag_a:1$/);
    const [transaction] = await collect(saved.transactions());
    expect(transaction).toMatchObject({ compressed: true, rowCount: 1 });
    expect(saved.manifest.byteSize).toBeLessThan(1_000);
  });

  it('with a definition changed among them all is saved, and what cannot be undone is named', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY, v INT)');
    const { saved, plan } = await save([
      'INSERT INTO t VALUES (1, 10)',
      'ALTER TABLE t ADD COLUMN w INT DEFAULT 5',
      'UPDATE t SET v = 11',
    ]);
    expect(plan.ok).toBe(false);
    expect(plan.refusals.map(({ reason }) => reason)).toEqual(['changed-table', 'ddl']);
    expect(saved.manifest).toMatchObject({
      invertible: false,
      transactionCount: 3,
      rowCount: 2,
      ddlCount: 1,
    });
    const undo = await readFile(join(saved.path, 'undo.sql'), 'utf8');
    expect(undo).toContain('cannot be taken back');
    expect(undo).toContain('ALTER TABLE');
    expect(undo).not.toMatch(/^(INSERT|UPDATE|DELETE|BINLOG|BEGIN)/m);

    await scenario.app.query('SET sql_log_bin = 0');
    await scenario.app.query('DROP TABLE t');
    await scenario.app.query('CREATE TABLE t (id INT PRIMARY KEY, v INT)');
    await runText(join(saved.path, 'redo.sql'));
    expect(await scenario.rows('SELECT * FROM t')).toEqual([[1, 11, 5]]);
  });

  it('are never overwritten, and sort by time', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY)');
    const late = await save(['INSERT INTO t VALUES (1)'], new Date('2024-11-22T22:05:02Z'));
    const first = await save(['INSERT INTO t VALUES (2)']);
    const second = await save(['INSERT INTO t VALUES (3)']);
    expect(second.saved.manifest.id).toBe(`${first.saved.manifest.id}-2`);
    expect(JSON.parse(await readFile(join(second.saved.path, 'manifest.json'), 'utf8'))).toMatchObject({
      id: second.saved.manifest.id,
    });
    expect((await listLostTransactions(root)).map(({ path }) => path)).toEqual(
      [first, second, late].map(({ saved }) => saved.path),
    );
    expect((await listLostTransactions(root)).map(({ manifest }) => manifest.gtids)).toEqual(
      [first, second, late].map(({ saved }) => saved.manifest.gtids),
    );
  });

  it('are not there at all until they are whole', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY)');
    const [transaction] = await scenario.transactionsOf('INSERT INTO t VALUES (1)');
    const writer = await LostTransactionsWriter.create(root, info);
    if (transaction !== undefined) await writer.add(transaction);
    // As if this process died now.
    expect(await listLostTransactions(root)).toEqual([]);
    expect(await readdir(root)).toHaveLength(1);
    await removeUnfinishedLostTransactions(root);
    expect(await readdir(root)).toEqual([]);
    await writer.abort();
    const failed = saveLostTransactions(root, info, () => failing());
    await expect(failed).rejects.toThrow('the disk is gone');
    expect(await readdir(root)).toEqual([]);
    expect(await listLostTransactions(join(root, 'nowhere'))).toEqual([]);
  });

  it('that were damaged are found out', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY)');
    const { saved } = await save(['INSERT INTO t VALUES (1)']);
    await writeFile(join(saved.path, 'redo.sql'), 'DROP TABLE t;');
    expect(await saved.damagedFiles()).toEqual(['redo.sql']);
    await writeFile(join(saved.path, 'manifest.json'), '{"version":99,"files":[]}');
    await expect(LostTransactions.open(saved.path)).rejects.toBeInstanceOf(LostTransactionsError);
  });
});

function failing(): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('the disk is gone')) }) };
}
