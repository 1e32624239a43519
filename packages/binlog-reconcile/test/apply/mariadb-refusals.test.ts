import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { planUndo, redoTransactions, undoState, undoTransactions } from '../../src/index.js';
import { Scenario } from './support/scenario.js';

describe('applying to MariaDB 10.11', () => {
  let sandbox: Sandbox;
  let server: MysqlServer;
  let scenario: Scenario;
  let count = 0;

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'mariadb' });
    server = await sandbox.startMysql({ flavor: 'mariadb', serverId: 1 });
  });
  afterAll(async () => sandbox?.close());
  afterEach(() => scenario?.close());

  const begin = async (...ddl: string[]) => (scenario = await Scenario.create(server, `m${++count}`, ...ddl));

  it('changes of a parent whose children cascade are refused, others are not', async () => {
    await begin(
      'CREATE TABLE p (id INT PRIMARY KEY, v INT)',
      'CREATE TABLE c (id INT PRIMARY KEY, p INT, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE)',
      'INSERT INTO p VALUES (1, 1), (2, 2), (3, 3)',
      'INSERT INTO c VALUES (1, 1), (2, 2)',
    );
    const harmless = await scenario.transactionsOf(
      'UPDATE p SET v = 5',
      'INSERT INTO p VALUES (4, 4)',
      'DELETE FROM c WHERE id = 2',
    );
    expect(await undoTransactions(scenario.applier, harmless)).toMatchObject({ applied: true, rowCount: 5 });
    const cascading = await scenario.transactionsOf(
      'DELETE FROM p WHERE id = 1',
      'UPDATE p SET id = 20 WHERE id = 2',
    );
    const plan = await planUndo(cascading, { catalog: scenario.catalog() });
    expect(plan.refusals.map(({ reason, gtid, table }) => ({ reason, gtid, table }))).toEqual(
      cascading.map(({ gtid }) => ({ reason: 'cascade', gtid, table: 'p' })),
    );
    expect(plan.refusals[0]?.message).toContain('fk');
  });

  it('foreign keys of other schemas count, whatever the names', async () => {
    await begin('CREATE TABLE `pär ent` (a INT, b INT, PRIMARY KEY (a, b))');
    await scenario.app.query('DROP DATABASE IF EXISTS `else-where`');
    await scenario.app.query('CREATE DATABASE `else-where`');
    await scenario.app.query(
      `CREATE TABLE \`else-where\`.\`ch ild\` (x INT, y INT, CONSTRAINT \`my fk\` FOREIGN KEY (x, y) REFERENCES ${scenario.schema}.\`pär ent\` (a, b) ON DELETE SET NULL ON UPDATE CASCADE)`,
    );
    expect((await scenario.catalog().lookup(scenario.schema, 'pär ent'))?.referencedBy).toEqual([
      {
        constraint: 'my fk',
        childSchema: 'else-where',
        childTable: 'ch ild',
        columns: ['a', 'b'],
        onDelete: 'SET NULL',
        onUpdate: 'CASCADE',
      },
    ]);
  });

  it('a row that was changed since is a conflict, and undo and redo are told apart', async () => {
    await begin(
      'CREATE TABLE t (id INT UNSIGNED PRIMARY KEY, v VARCHAR(10))',
      "INSERT INTO t VALUES (4000000000, 'a')",
    );
    const lost = await scenario.transactionsOf("UPDATE t SET v = 'b'");
    expect(await undoState(scenario.applier, lost)).toMatchObject({ state: 'applied' });
    expect(await undoTransactions(scenario.applier, lost)).toMatchObject({ applied: true });
    expect(await undoState(scenario.applier, lost)).toMatchObject({ state: 'undone' });
    await scenario.app.query("UPDATE t SET v = 'c'");
    expect((await redoTransactions(scenario.applier, lost)).conflicts).toMatchObject([
      { kind: 'changed', key: { id: '4000000000' }, expected: { v: 'a' }, found: { v: 'c' } },
    ]);
  });

  it('tables that keep the history of their rows are refused', async () => {
    await begin('CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING');
    const lost = await scenario.transactionsOf('INSERT INTO t VALUES (1, 1)');
    expect((await undoTransactions(scenario.applier, lost)).refusals).toMatchObject([
      { reason: 'system-versioned' },
    ]);
  });
});
