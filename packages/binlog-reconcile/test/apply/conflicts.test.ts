import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  ApplyRefusedError,
  compareTouchedRows,
  diffTransaction,
  GtidSet,
  planUndo,
  QueryTimeoutError,
  redoTransaction,
  redoTransactions,
  StatementTooLongError,
  undoState,
  undoTransaction,
  undoTransactions,
  type Transaction,
} from '../../src/index.js';
import { Scenario } from './support/scenario.js';
import { collect } from './support/server-binlog.js';

describe('applying to MySQL 9.7', () => {
  let sandbox: Sandbox;
  let server: MysqlServer;
  let scenario: Scenario;
  let count = 0;

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'conflicts' });
    server = await sandbox.startMysql({
      serverId: 1,
      options: { 'sync-binlog': 0, 'innodb-flush-log-at-trx-commit': 0 },
    });
  });
  afterAll(async () => sandbox?.close());
  afterEach(() => scenario?.close());

  const begin = async (...ddl: string[]) => (scenario = await Scenario.create(server, `s${++count}`, ...ddl));
  const only = async (...statements: string[]): Promise<Transaction> => {
    const all = await scenario.transactionsOf(...statements);
    expect(all).toHaveLength(1);
    return all[0] as Transaction;
  };

  describe('a row that is not as the transaction left it', () => {
    it('is reported with what differs, and nothing of the transaction is undone', async () => {
      await begin(
        'CREATE TABLE t (id INT PRIMARY KEY, v INT, w TEXT)',
        "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b')",
      );
      const lost = await only('BEGIN', 'UPDATE t SET v = 10', 'INSERT INTO t VALUES (3, 3, NULL)', 'COMMIT');
      await scenario.app.query("UPDATE t SET w = 'changed' WHERE id = 2");
      const result = await undoTransaction(scenario.applier, lost);
      expect(result).toMatchObject({ applied: false, rowCount: 0, refusals: [] });
      expect(result.conflicts).toMatchObject([
        {
          kind: 'changed',
          schema: scenario.schema,
          table: 't',
          gtid: lost.gtid,
          change: 'update',
          key: { id: '2' },
          expected: { id: '2', v: '10', w: 'b' },
          found: { id: '2', v: '10', w: 'changed' },
          differing: ['w'],
        },
      ]);
      expect(await scenario.rows('SELECT * FROM t ORDER BY id')).toEqual([
        [1, 10, 'a'],
        [2, 10, 'changed'],
        [3, 3, null],
      ]);
    });

    it.each([
      ['gone', 'INSERT INTO t VALUES (5, 5)', 'DELETE FROM t WHERE id = 5', 'missing'],
      [
        'there again after it was deleted',
        'DELETE FROM t WHERE id = 1',
        'INSERT INTO t VALUES (1, 9)',
        'exists',
      ],
      [
        'moved to another key',
        'UPDATE t SET id = 7 WHERE id = 1',
        'UPDATE t SET id = 8 WHERE id = 7',
        'missing',
      ],
      [
        'in the place where a moved row was',
        'UPDATE t SET id = 7 WHERE id = 1',
        'INSERT INTO t VALUES (1, 3)',
        'exists',
      ],
    ])('is %s: %s, then %s', async (_, change, disturbance, kind) => {
      await begin('CREATE TABLE t (id INT PRIMARY KEY, v INT)', 'INSERT INTO t VALUES (1, 1)');
      const lost = await only(change);
      await scenario.app.query(disturbance);
      const before = await scenario.rows('SELECT * FROM t ORDER BY id');
      const { applied, conflicts } = await undoTransaction(scenario.applier, lost);
      expect({ applied, kinds: conflicts.map((conflict) => conflict.kind) }).toEqual({
        applied: false,
        kinds: [kind],
      });
      expect(await scenario.rows('SELECT * FROM t ORDER BY id')).toEqual(before);
    });

    it('differs only by case, where the key compares without', async () => {
      await begin('CREATE TABLE t (k VARCHAR(10) PRIMARY KEY, v INT)');
      const lost = await only("INSERT INTO t VALUES ('abc', 1)");
      await scenario.app.query("UPDATE t SET k = 'ABC'");
      expect((await undoTransaction(scenario.applier, lost)).conflicts).toMatchObject([{ kind: 'missing' }]);
      expect(await scenario.rows('SELECT k FROM t')).toEqual([['ABC']]);
    });

    it('collides with a unique key of another row', async () => {
      await begin('CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE)', 'INSERT INTO t VALUES (1, 1)');
      const lost = await only('DELETE FROM t');
      await scenario.app.query('INSERT INTO t VALUES (2, 1)');
      const { applied, conflicts } = await undoTransaction(scenario.applier, lost);
      expect(applied).toBe(false);
      expect(conflicts).toMatchObject([{ kind: 'duplicate-key', table: 't', gtid: lost.gtid }]);
      expect(conflicts[0]?.message).toContain("'1'");
    });

    it('misses its parent when it is made again', async () => {
      await begin(
        'CREATE TABLE p (id INT PRIMARY KEY)',
        'CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))',
        'INSERT INTO p VALUES (1)',
      );
      const lost = await only('INSERT INTO c VALUES (1, 1)');
      await scenario.app.query('DELETE FROM c');
      await scenario.app.query('DELETE FROM p');
      expect((await redoTransaction(scenario.applier, lost)).conflicts).toMatchObject([
        { kind: 'foreign-key' },
      ]);
      expect(await scenario.rows('SELECT * FROM c')).toEqual([]);
    });
  });

  it('a table without any key: one of identical rows is taken away, and a changed one is a conflict', async () => {
    await begin('CREATE TABLE t (a INT, b VARCHAR(9))', "INSERT INTO t VALUES (1, 'x')");
    const lost = await only("INSERT INTO t VALUES (1, 'x'), (1, 'X')");
    await scenario.app.query("UPDATE t SET b = 'y' WHERE BINARY b = 'X'");
    expect((await undoTransaction(scenario.applier, lost)).conflicts).toMatchObject([
      { kind: 'missing', key: undefined },
    ]);
    await scenario.app.query("UPDATE t SET b = 'X' WHERE b = 'y'");
    expect(await undoTransaction(scenario.applier, lost)).toMatchObject({ applied: true, rowCount: 2 });
    expect(await scenario.rows('SELECT * FROM t')).toEqual([[1, 'x']]);
  });

  it('a unique key without NULLs serves where there is no primary key', async () => {
    await begin('CREATE TABLE t (k INT NOT NULL UNIQUE, v INT)', 'INSERT INTO t VALUES (1, 1)');
    const lost = await only('UPDATE t SET v = 2');
    await scenario.app.query('UPDATE t SET v = 3');
    expect((await undoTransaction(scenario.applier, lost)).conflicts).toMatchObject([
      { kind: 'changed', key: { k: '1' } },
    ]);
  });

  it('a transaction that is made again is logged under a new GTID, and triggers do not fire', async () => {
    await begin(
      'CREATE TABLE t (id INT PRIMARY KEY)',
      'CREATE TABLE log (n INT AUTO_INCREMENT PRIMARY KEY)',
      'CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES ()',
    );
    const lost = await only('INSERT INTO t VALUES (1)');
    expect(await undoTransaction(scenario.applier, lost)).toMatchObject({ applied: true, rowCount: 2 });
    expect(await scenario.rows('SELECT (SELECT COUNT(*) FROM t), (SELECT COUNT(*) FROM log)')).toEqual([
      [0, 0],
    ]);
    const again = await scenario.transactionsDuring(async () => {
      expect(await redoTransaction(scenario.applier, lost)).toMatchObject({ applied: true, rowCount: 2 });
    });
    expect(again).toHaveLength(1);
    expect(again[0]).toMatchObject({ serverId: 1, rowCount: 2 });
    expect(again[0]?.gtid).not.toBe(lost.gtid);
    expect(await scenario.rows('SELECT (SELECT COUNT(*) FROM t), (SELECT COUNT(*) FROM log)')).toEqual([
      [1, 1],
    ]);
  });

  it('an undo that is not logged leaves a GTID behind in the same commit, if one is given', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY, v INT)');
    const lost = await scenario.transactionsOf('INSERT INTO t VALUES (1, 1)', 'UPDATE t SET v = 2');
    const marker = '11111111-2222-3333-4444-555555555555:7';
    const executed = () => scenario.rows(`SELECT GTID_SUBSET('${marker}', @@GLOBAL.gtid_executed)`);
    const failing = undoTransactions(scenario.applier, lost, {
      gtid: marker,
      beforeCommit: () => Promise.reject(new Error('the disk is full')),
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await executed()).toEqual([[0]]);
    expect(await undoState(scenario.applier, lost)).toMatchObject({ state: 'applied', conflicts: [] });
    expect(await undoTransactions(scenario.applier, lost, { gtid: marker })).toMatchObject({ applied: true });
    expect(await executed()).toEqual([[1]]);
    expect(await undoState(scenario.applier, lost)).toMatchObject({ state: 'undone' });
    await scenario.app.query('INSERT INTO t VALUES (1, 77)');
    expect(await undoState(scenario.applier, lost)).toMatchObject({
      state: 'neither',
      conflicts: [{ kind: 'changed' }],
    });
  });

  it('the session is given back as it was', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY)');
    const lost = await only('INSERT INTO t VALUES (1)');
    const settings =
      'SELECT @@sql_log_bin, @@time_zone, @@sql_mode, @@character_set_results, @@gtid_next, @@innodb_lock_wait_timeout';
    const show = async () => (await scenario.applier.query({ sql: settings, rowsAsArray: true }))[0];
    const before = await show();
    await undoTransaction(scenario.applier, lost);
    expect(await show()).toEqual(before);
  });

  it('a row that another session has locked ends the attempt with an error, and changes nothing', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY, v INT)', 'INSERT INTO t VALUES (1, 1)');
    const lost = await only('UPDATE t SET v = 2');
    await scenario.app.query('BEGIN');
    await scenario.app.query('SELECT * FROM t FOR UPDATE');
    await expect(undoTransaction(scenario.applier, lost, { lockWaitTimeoutS: 1 })).rejects.toMatchObject({
      errno: 1205,
    });
    await scenario.app.query('COMMIT');
    expect(await undoTransaction(scenario.applier, lost)).toMatchObject({ applied: true });
  });

  it('no answer in time cuts the connection, and the server rolls back', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY, v INT)', 'INSERT INTO t VALUES (1, 1)');
    const lost = await only('UPDATE t SET v = 2');
    await scenario.app.query('BEGIN');
    await scenario.app.query('SELECT * FROM t FOR UPDATE');
    const stuck = undoTransaction(scenario.applier, lost, {
      lockWaitTimeoutS: 50,
      queryTimeoutMs: 300,
      catalog: scenario.catalog(),
    });
    await expect(stuck).rejects.toBeInstanceOf(QueryTimeoutError);
    await scenario.app.query('COMMIT');
    expect(await scenario.rows('SELECT v FROM t')).toEqual([[2]]);
  });

  it('a signal ends it', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY)');
    const lost = await only('INSERT INTO t VALUES (1)');
    const aborted = undoTransaction(scenario.applier, lost, {
      signal: AbortSignal.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(await scenario.rows('SELECT id FROM t')).toEqual([[1]]);
  });

  it('a row too long for one statement is named, and nothing is changed', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB)');
    const lost = await only("INSERT INTO t VALUES (1, REPEAT('x', 3000000))");
    await scenario.app.query('SET GLOBAL max_allowed_packet = 2097152');
    try {
      const small = await server.connect();
      await expect(undoTransaction(small, lost)).rejects.toBeInstanceOf(StatementTooLongError);
      small.destroy();
    } finally {
      await scenario.app.query('SET GLOBAL max_allowed_packet = 67108864');
    }
    expect(await undoTransaction(scenario.applier, lost)).toMatchObject({ applied: true });
  });

  it('rows are shown before, after and now', async () => {
    await begin(
      'CREATE TABLE t (id INT PRIMARY KEY, v INT)',
      'CREATE TABLE n (v INT)',
      'INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)',
    );
    const lost = await only(
      'BEGIN',
      'UPDATE t SET v = v * 10',
      'INSERT INTO n VALUES (5)',
      'DELETE FROM t WHERE id = 3',
      'COMMIT',
    );
    await scenario.app.query('UPDATE t SET v = 99 WHERE id = 2');
    const diff = await collect(diffTransaction(scenario.applier, lost));
    expect(diff.map(({ kind, key, before, after, now, state }) => ({ kind, key, before, after, now, state }))).toEqual([
      { kind: 'update', key: { id: '1' }, before: { id: '1', v: '1' }, after: { id: '1', v: '10' }, now: { id: '1', v: '10' }, state: 'as-after' },
      { kind: 'update', key: { id: '2' }, before: { id: '2', v: '2' }, after: { id: '2', v: '20' }, now: { id: '2', v: '99' }, state: 'differs' },
      { kind: 'update', key: { id: '3' }, before: { id: '3', v: '3' }, after: { id: '3', v: '30' }, now: undefined, state: 'differs' },
      { kind: 'insert', key: undefined, before: undefined, after: { v: '5' }, now: { v: '5' }, state: 'as-after' },
      { kind: 'delete', key: { id: '3' }, before: { id: '3', v: '30' }, after: undefined, now: undefined, state: 'as-after' },
    ]); // prettier-ignore
  });

  it('the rows that transactions touched are compared between two servers', async () => {
    const other = await sandbox.startMysql({ serverId: 2 });
    await begin('CREATE TABLE t (id INT PRIMARY KEY, v FLOAT, b BLOB)', 'CREATE TABLE n (v INT)');
    const there = await Scenario.create(
      other,
      scenario.schema,
      'CREATE TABLE t (id INT PRIMARY KEY, v FLOAT, b BLOB)',
      "INSERT INTO t VALUES (1, 0.1, X'FF'), (2, 0.5, X'00')",
    );
    const lost = await scenario.transactionsOf(
      "INSERT INTO t VALUES (1, 0.1, X'FF'), (2, 0.25, X'00'), (3, 1, NULL)",
      'INSERT INTO n VALUES (1)',
    );
    const comparison = await compareTouchedRows(scenario.applier, there.app, lost);
    there.close();
    await other.kill();
    expect(comparison).toEqual({
      rowCount: 3,
      differenceCount: 2,
      notCompared: [`${scenario.schema}.n`],
      differences: [
        {
          schema: scenario.schema,
          table: 't',
          key: { id: '2' },
          first: { id: '2', v: '0.25', b: { hex: '00' } },
          second: { id: '2', v: '0.5', b: { hex: '00' } },
        },
        {
          schema: scenario.schema,
          table: 't',
          key: { id: '3' },
          first: { id: '3', v: '1', b: null },
          second: undefined,
        },
      ],
    });
  });

  describe('is refused, with the transaction and the reason', () => {
    const refusals = async (transactions: readonly Transaction[]) => {
      const { ok, refusals: found } = await planUndo(transactions, { catalog: scenario.catalog() });
      const result = await undoTransactions(scenario.applier, transactions);
      expect(result.applied).toBe(ok);
      expect(result.refusals).toEqual(found);
      for (const { gtid, message } of found) expect(message).toContain(gtid);
      return found.map(({ reason }) => reason);
    };

    it.each([
      [
        'DDL',
        ['CREATE TABLE u (id INT)', 'ALTER TABLE t ADD c INT', 'TRUNCATE TABLE u', 'DROP TABLE u'],
        ['ddl', 'ddl', 'ddl', 'ddl'],
      ],
      ['a table made from a query', ['CREATE TABLE u SELECT 1 AS a'], ['ddl']],
      [
        'statement format',
        [
          "SET SESSION binlog_format = 'STATEMENT'",
          'INSERT INTO t VALUES (9, 9)',
          "SET SESSION binlog_format = 'ROW'",
        ],
        ['statement-format'],
      ],
      [
        'partial images',
        [
          "SET SESSION binlog_row_image = 'MINIMAL'",
          'UPDATE t SET v = 2',
          "SET SESSION binlog_row_image = 'FULL'",
        ],
        ['partial-image'],
      ],
      [
        'images without BLOBs',
        [
          "SET SESSION binlog_row_image = 'NOBLOB'",
          'UPDATE b SET v = 2',
          "SET SESSION binlog_row_image = 'FULL'",
        ],
        ['partial-image'],
      ],
      ['another engine', ['INSERT INTO m VALUES (1)'], ['non-transactional']],
      [
        'a prepared XA transaction',
        ["XA START 'a'", 'INSERT INTO t VALUES (3, 3)', "XA END 'a'", "XA PREPARE 'a'"],
        ['xa-open'],
      ],
      [
        'a table that is gone',
        ['INSERT INTO gone VALUES (1)', 'SET sql_log_bin = 0', 'DROP TABLE gone', 'SET sql_log_bin = 1'],
        ['unknown-table'],
      ],
    ])('%s', async (_, statements, reasons) => {
      await begin(
        'CREATE TABLE t (id INT PRIMARY KEY, v INT)',
        'CREATE TABLE m (id INT PRIMARY KEY) ENGINE = MyISAM',
        'CREATE TABLE gone (id INT PRIMARY KEY)',
        'CREATE TABLE b (id INT PRIMARY KEY, v INT, blobs BLOB)',
        'INSERT INTO t VALUES (1, 1)',
        "INSERT INTO b VALUES (1, 1, 'b')",
      );
      const lost = await scenario.transactionsOf(...statements);
      expect(await refusals(lost)).toEqual(reasons);
      if (statements[0]?.startsWith('XA')) await scenario.app.query("XA ROLLBACK 'a'");
    });

    it('a table that was altered since', async () => {
      await begin('CREATE TABLE t (id INT PRIMARY KEY, v INT)');
      const lost = await only('INSERT INTO t VALUES (1, 1)');
      await scenario.app.query('SET sql_log_bin = 0');
      await scenario.app.query('ALTER TABLE t ADD w INT');
      expect(await refusals([lost])).toEqual(['changed-table']);
      await expect(collect(diffTransaction(scenario.applier, lost))).rejects.toBeInstanceOf(
        ApplyRefusedError,
      );
    });

    it('transactions that should be there and are not', async () => {
      await begin('CREATE TABLE t (id INT PRIMARY KEY)');
      const lost = await scenario.transactionsOf('INSERT INTO t VALUES (1)', 'INSERT INTO t VALUES (2)');
      const expected = GtidSet.parse(lost.map(({ gtid }) => gtid).join(','));
      expect(await planUndo(lost, { expected })).toMatchObject({ ok: true });
      expect(await planUndo(lost.slice(1), { expected })).toMatchObject({
        ok: false,
        refusals: [{ reason: 'missing-files' }],
      });
    });
  });

  it('what changes nothing is no obstacle', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY)', 'CREATE TABLE u (id INT PRIMARY KEY)');
    const lost = await scenario.transactionsOf(
      'ANALYZE TABLE t', 'FLUSH STATUS', 'INSERT INTO t VALUES (1)', 'OPTIMIZE TABLE u',
      'BEGIN', 'SAVEPOINT a', 'INSERT INTO t VALUES (2)', 'SAVEPOINT b', 'INSERT INTO t VALUES (3)', 'ROLLBACK TO b', 'COMMIT',
    ); // prettier-ignore
    expect(await undoTransactions(scenario.applier, lost)).toMatchObject({
      applied: true,
      rowCount: 2,
      refusals: [],
    });
    expect(await scenario.rows('SELECT * FROM t')).toEqual([]);
  });

  it('XA: what was committed is undone, what was rolled back is not', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY)');
    const xa = (name: string, id: number, end: string) => [
      `XA START '${name}'`, `INSERT INTO t VALUES (${id})`, `XA END '${name}'`, `XA PREPARE '${name}'`, `XA ${end} '${name}'`,
    ]; // prettier-ignore
    const lost = await scenario.transactionsOf(
      ...xa('a', 1, 'COMMIT'),
      ...xa('b', 2, 'ROLLBACK'),
      'INSERT INTO t VALUES (3)',
    );
    expect(await undoTransactions(scenario.applier, lost)).toMatchObject({ applied: true, rowCount: 2 });
    expect(await scenario.rows('SELECT * FROM t')).toEqual([]);
    expect(await redoTransactions(scenario.applier, lost, { logged: false })).toMatchObject({
      applied: true,
      rowCount: 2,
    });
    expect(await scenario.rows('SELECT * FROM t ORDER BY id')).toEqual([[1], [3]]);
  });
});
