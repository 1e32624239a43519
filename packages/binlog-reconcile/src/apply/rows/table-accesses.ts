import type { TableMap } from '../../rows/model.js';
import type { TableCatalog } from '../../sql/catalog/table-definition.js';
import { ApplyRefusedError } from '../apply-error.js';
import { TableAccess } from './table-access.js';

/** The {@link TableAccess} of each table that a binlog describes. */
export class TableAccesses {
  readonly #known = new Map<TableMap, TableAccess>();

  constructor(private readonly catalog: TableCatalog) {}

  /** Throws {@link ApplyRefusedError} when the server has no such table, or another one of its name. */
  async of(table: TableMap, gtid: string | undefined): Promise<TableAccess> {
    const known = this.#known.get(table);
    if (known !== undefined) return known;
    const definition = await this.catalog.lookup(table.schema, table.table);
    const name = `${table.schema}.${table.table}`;
    if (definition === undefined) throw new ApplyRefusedError(gtid, `the server has no table ${name}`);
    if (definition.columns.length !== table.columns.length) {
      throw new ApplyRefusedError(
        gtid,
        `${name} has ${definition.columns.length} columns on the server and ${table.columns.length} in the binlog`,
      );
    }
    const access = new TableAccess(table, definition);
    this.#known.set(table, access);
    return access;
  }
}
