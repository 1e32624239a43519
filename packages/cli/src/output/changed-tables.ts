import { table } from './table.js';

export interface ChangedTable {
  readonly schema: string;
  readonly table: string;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
}

/** How many rows of each table were inserted, updated and deleted. */
export function changedTables(tables: readonly ChangedTable[]): string {
  return table(
    [
      { title: 'TABLE', value: (row) => `${row.schema}.${row.table}` },
      { title: 'INSERT', value: (row) => String(row.inserts), align: 'right' },
      { title: 'UPDATE', value: (row) => String(row.updates), align: 'right' },
      { title: 'DELETE', value: (row) => String(row.deletes), align: 'right' },
    ],
    tables,
  );
}
