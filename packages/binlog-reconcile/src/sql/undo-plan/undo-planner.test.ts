import { describe, expect, it } from 'vitest';
import { RowFlag, type Transaction } from '../../rows/model.js';
import type { TableCatalog, TableDefinition } from '../catalog/table-definition.js';
import { fakeChange, fakeImage, fakeStatement, fakeTable, fakeTransaction } from '../testing/fake-rows.js';
import { planUndo, UndoPlanner } from './undo-planner.js';
import { UndoRefusedError } from './refusal.js';

const FIRST = 'aaaaaaaa-0000-0000-0000-000000000000:1';
const SECOND = 'aaaaaaaa-0000-0000-0000-000000000000:2';
const table = fakeTable([{ name: 'id', kind: 'integer' }, { name: 'v', kind: 'integer' }], ['id']); // prettier-ignore
const row = (id: number, v: number) => fakeImage(table, [id, v]);
const definition: TableDefinition = {
  schema: 'db',
  table: 't',
  columns: ['id', 'v'].map((name) => ({
    name,
    dataType: 'int',
    columnType: 'int',
    unsigned: false,
    visible: true,
    generated: false,
  })),
  primaryKey: ['id'],
  rowKey: ['id'],
  engine: 'InnoDB',
  transactional: true,
  systemVersioned: false,
  triggers: [],
  referencedBy: [],
};
const catalogOf = (change: Partial<TableDefinition>): TableCatalog => ({
  lookup: () => Promise.resolve({ ...definition, ...change }),
});
const reasons = async (transactions: Transaction[], catalog?: TableCatalog) =>
  (await planUndo(transactions, { catalog })).refusals.map(({ reason }) => reason);

describe('deciding whether transactions can be undone', () => {
  const fine = fakeTransaction({
    changes: [fakeChange(undefined, row(1, 1)), fakeChange(row(2, 1), row(2, 5))],
  });

  it('counts what it sees and has nothing against full images', async () => {
    const plan = await planUndo([fine], { catalog: catalogOf({}) });
    expect(plan).toMatchObject({
      ok: true,
      refusals: [],
      transactionCount: 1,
      rowCount: 2,
      tables: ['db.t'],
      checkedByServer: true,
    });
    expect((await planUndo([fine])).checkedByServer).toBe(false);
  });

  it.each([
    ['ddl', fakeStatement('ddl', 'ALTER TABLE t ADD x INT')],
    ['statement-format', fakeStatement('dml', 'UPDATE t SET v = 1')],
    ['rolled-back', fakeStatement('control', 'ROLLBACK TO s')],
  ])('refuses %s with the statement', async (reason, statement) => {
    const plan = await planUndo([fine, fakeTransaction({ gtid: SECOND, statements: [statement] })]);
    expect(plan.refusals).toMatchObject([{ reason, gtid: SECOND }]);
    expect(plan.refusals[0]?.message).toContain(SECOND);
    expect(new UndoRefusedError(plan.refusals).message).toContain(SECOND);
  });

  it.each([
    'ANALYZE TABLE t',
    'FLUSH LOGS',
    'OPTIMIZE NO_WRITE_TO_BINLOG TABLE t',
    'DROP /*!40005 TEMPORARY */ TABLE IF EXISTS x',
  ])('has nothing against %s', async (sql) => {
    expect(await reasons([fakeTransaction({ statements: [fakeStatement('ddl', sql)] })])).toEqual([]);
  });

  it.each<[string, Partial<TableDefinition>]>([
    ['non-transactional', { engine: 'MyISAM', transactional: false }],
    ['system-versioned', { systemVersioned: true }],
    ['changed-table', { columns: definition.columns.slice(0, 1) }],
    ['changed-table', { columns: definition.columns.toReversed() }],
  ])('refuses a table that is %s, once for each transaction', async (reason, change) => {
    expect(await reasons([fine, fine], catalogOf(change))).toEqual([reason, reason]);
  });

  it('refuses partial images, incidents and torn ends', async () => {
    const partial = fakeTransaction({ changes: [fakeChange(fakeImage(table, [1, undefined]), row(1, 2))] });
    const incident = fakeTransaction({ incident: 'LOST_EVENTS' });
    expect(await reasons([partial, incident])).toEqual(['partial-image', 'incident']);
    const planner = new UndoPlanner();
    const place = { file: 'binlog.000002', position: 100 };
    planner.addTorn({
      gtid: undefined,
      start: place,
      end: { ...place, position: 200 },
      eventCount: 2,
      eventCut: false,
    });
    expect(planner.finish()).toMatchObject({ ok: false, refusals: [{ reason: 'torn', position: place }] });
  });

  describe('foreign keys that the binlog does not follow', () => {
    const reference = { constraint: 'fk', childSchema: 'db', childTable: 'c', columns: ['id'] };
    const cascading = catalogOf({
      referencedBy: [{ ...reference, onDelete: 'CASCADE', onUpdate: 'SET NULL' }],
    });
    const restricting = catalogOf({
      referencedBy: [{ ...reference, onDelete: 'RESTRICT', onUpdate: 'NO ACTION' }],
    });
    const changing = (...change: Parameters<typeof fakeChange>) => [
      fakeTransaction({ changes: [fakeChange(...change)] }),
    ];

    it('forbid a deleted parent and a changed key, and nothing else', async () => {
      expect(await reasons(changing(row(1, 1), undefined), cascading)).toEqual(['cascade']);
      expect(await reasons(changing(row(1, 1), row(2, 1)), cascading)).toEqual(['cascade']);
      expect(await reasons(changing(row(1, 1), row(1, 2)), cascading)).toEqual([]);
      expect(await reasons(changing(undefined, row(1, 2)), cascading)).toEqual([]);
      expect(await reasons(changing(row(1, 1), undefined), restricting)).toEqual([]);
    });

    it('do not matter where the source logged them, or did not check them', async () => {
      for (const flag of [RowFlag.CascadesLogged, RowFlag.NoForeignKeyChecks]) {
        expect(await reasons(changing(row(1, 1), undefined, flag), cascading)).toEqual([]);
      }
    });
  });

  describe('XA', () => {
    const prepared = fakeTransaction({
      gtid: FIRST,
      ending: 'xa-prepare',
      xaId: "X'61'",
      changes: [...fine.rows()],
    });
    const ended = (ending: 'xa-commit' | 'xa-rollback') =>
      fakeTransaction({ gtid: SECOND, ending, xaId: "X'61'" });

    it('a transaction left open is refused, and one whose changes came earlier', async () => {
      expect(await reasons([prepared])).toEqual(['xa-open']);
      expect(await reasons([ended('xa-commit')])).toEqual(['xa-before']);
      expect(await reasons([ended('xa-rollback')])).toEqual([]);
    });

    it('what was rolled back is not undone', async () => {
      expect((await planUndo([prepared, ended('xa-commit')])).undoes(prepared)).toBe(true);
      expect((await planUndo([prepared, ended('xa-rollback')])).undoes(prepared)).toBe(false);
    });
  });

  it('keeps a bounded number of reasons, and counts all', async () => {
    const ddl = fakeTransaction({ statements: [fakeStatement('ddl', 'DROP TABLE t')] });
    const plan = await planUndo(Array.from({ length: 1_500 }, () => ddl));
    expect(plan.refusals).toHaveLength(1_000);
    expect(plan.refusalCount).toBe(1_500);
  });
});
