import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redoTransactions, type Transaction } from '../../src/index.js';
import { Scenario } from './support/scenario.js';

describe('transactions that conflict are left out, each as a whole', () => {
  let sandbox: Sandbox;
  let server: MysqlServer;
  let scenario: Scenario;

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'skip' });
    server = await sandbox.startMysql({ serverId: 1 });
  });
  afterAll(async () => {
    scenario?.close();
    await sandbox?.close();
  });

  it('the others are made, and each reason is told', async () => {
    scenario = await Scenario.create(
      server,
      'skip',
      'CREATE TABLE p (id INT PRIMARY KEY)',
      'CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE, p INT, FOREIGN KEY (p) REFERENCES p (id))',
      'INSERT INTO p VALUES (1), (2)',
      'INSERT INTO t VALUES (1, 1, 1)',
    );
    const { app, applier } = scenario;
    const lost = await scenario.transactionsOf(
      'INSERT INTO t VALUES (10, 10, 1)',
      // Applied in part before its conflict is found.
      'INSERT INTO t VALUES (11, 11, 1), (12, 12, 1), (13, 13, 1)',
      'UPDATE t SET u = 20 WHERE id = 12',
      'INSERT INTO t VALUES (14, 14, 2)',
      'INSERT INTO t VALUES (15, 15, 1)',
      'UPDATE t SET u = 2 WHERE id = 1',
    );
    await app.query('DELETE FROM t WHERE id >= 10');
    await app.query('UPDATE t SET u = 1 WHERE id = 1');
    await app.query('DELETE FROM p WHERE id = 2');
    await app.query('INSERT INTO t VALUES (13, 130, 1), (16, 15, 1)');
    const before = await scenario.rows('SELECT * FROM t ORDER BY id');

    const stopped = await redoTransactions(applier, lost, { onConflict: 'stop' });
    expect(stopped).toMatchObject({ applied: false, skipped: [] });
    expect(await scenario.rows('SELECT * FROM t ORDER BY id')).toEqual(before);

    const dry = await redoTransactions(applier, lost, { onConflict: 'skip', dryRun: true });
    expect(dry).toMatchObject({ applied: true, rowCount: 2 });
    expect(dry.skipped).toHaveLength(4);
    expect(await scenario.rows('SELECT * FROM t ORDER BY id')).toEqual(before);

    const result = await redoTransactions(applier, lost, { onConflict: 'skip', rowsPerBatchMax: 1 });
    const gtidOf = (index: number) => (lost[index] as Transaction).gtid;
    expect(result).toMatchObject({ applied: true, transactionCount: 6, rowCount: 2, conflicts: [] });
    expect(result.skipped).toMatchObject([
      { gtid: gtidOf(1), conflicts: [{ kind: 'exists', key: { id: '13' } }] },
      { gtid: gtidOf(2), conflicts: [{ kind: 'missing', key: { id: '12' } }] },
      { gtid: gtidOf(3), conflicts: [{ kind: 'foreign-key' }] },
      { gtid: gtidOf(4), conflicts: [{ kind: 'duplicate-key' }] },
    ]);
    expect(await scenario.rows('SELECT * FROM t ORDER BY id')).toEqual([
      [1, 2, 1],
      [10, 10, 1],
      [13, 130, 1],
      [16, 15, 1],
    ]);
    // All of them conflict now.
    const again = await redoTransactions(applier, lost, { onConflict: 'skip' });
    expect(again).toMatchObject({ applied: false, rowCount: 0 });
    expect(again.skipped).toHaveLength(6);
  });
});
