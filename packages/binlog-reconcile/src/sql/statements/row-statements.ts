import { UnknownColumnMetadataError } from '../../rows/errors.js';
import type { Column, ColumnValue, RowChange, RowImage, TableMap } from '../../rows/model.js';
import { UnwritableRowError } from '../errors.js';
import { conditionWriter, type ConditionWriter } from '../literals/column-condition.js';
import { literalWriter, type LiteralWriter } from '../literals/column-literal.js';
import { quoteIdentifier, quoteTable } from '../quoting.js';

/**
 * Writes the statements of one table's rows. Made once per table definition and used for every row.
 *
 * A row is found by **all** columns that its image holds, not only by the primary key, so that a statement which meets
 * a row that was changed since does nothing. Where no primary key is known, text is compared by its bytes, and `LIMIT
 * 1` keeps identical rows apart. Generated columns are left out where a schema names them (a binlog does not).
 */
export class RowStatements {
  static readonly #made = new WeakMap<TableMap, RowStatements>();

  /** The statements of a table. Throws {@link UnwritableRowError} when its columns have no names. */
  static of(table: TableMap): RowStatements {
    let statements = RowStatements.#made.get(table);
    if (statements === undefined) RowStatements.#made.set(table, (statements = new RowStatements(table)));
    return statements;
  }

  readonly #table: TableMap;
  readonly #columns: readonly ColumnWriters[];
  readonly #insertIntoAll: string;
  readonly #deleteFrom: string;
  readonly #update: string;
  readonly #limit: string;

  private constructor(table: TableMap) {
    if (!table.named) {
      throw new UnwritableRowError(
        table.schema,
        table.table,
        undefined,
        'names',
        'the names of its columns are not known',
      );
    }
    const hasKey = table.primaryKey !== undefined && table.primaryKey.length > 0;
    this.#table = table;
    this.#columns = table.columns.map((column) => ({
      column,
      index: column.index,
      name: quoteIdentifier(column.name ?? ''),
      literal: literalWriter(column),
      condition: conditionWriter(column, hasKey ? 'collation' : 'bytes'),
      writable: column.generated !== true,
    }));
    const name = quoteTable(table.schema, table.table);
    this.#insertIntoAll = `INSERT INTO ${name} (${this.#writableColumns((c) => c.name)}) VALUES (`;
    this.#deleteFrom = `DELETE FROM ${name} WHERE `;
    this.#update = `UPDATE ${name} SET `;
    this.#limit = hasKey ? ';\n' : ' LIMIT 1;\n';
  }

  /** The statement that makes the change again. Throws {@link UnwritableRowError}. */
  redo(change: RowChange): string {
    const { before, after } = change;
    if (before === undefined) return this.#insert(imageOf(after));
    if (after === undefined) return this.#delete(before);
    return this.#updateFrom(before, after);
  }

  /** The statement that takes the change back. Throws {@link UnwritableRowError}, also for an image that is not full. */
  undo(change: RowChange): string {
    const { before, after } = change;
    for (const image of [before, after]) if (image !== undefined && !image.complete) throw this.#partial();
    if (before === undefined) return this.#delete(imageOf(after));
    if (after === undefined) return this.#insert(before);
    return this.#updateFrom(after, before);
  }

  #insert(image: RowImage): string {
    const values = valuesOf(image);
    if (image.complete) {
      let list = '';
      for (const { index, writable, literal } of this.#columns) {
        if (!writable) continue;
        list += (list === '' ? '' : ',') + literal(values[index] as ColumnValue, image);
      }
      return `${this.#insertIntoAll}${list});\n`;
    }
    const held = this.#columns.filter(({ index, writable }) => writable && values[index] !== undefined);
    const names = held.map(({ name }) => name).join(', ');
    const literals = held.map(({ index, literal }) => literal(values[index] as ColumnValue, image)).join(',');
    return `INSERT INTO ${quoteTable(this.#table.schema, this.#table.table)} (${names}) VALUES (${literals});\n`;
  }

  #delete(image: RowImage): string {
    return this.#deleteFrom + this.#where(image, valuesOf(image)) + this.#limit;
  }

  #updateFrom(from: RowImage, to: RowImage): string {
    const [old, wanted] = [valuesOf(from), valuesOf(to)];
    let set = '';
    for (const { index, name, writable, literal } of this.#columns) {
      const value = wanted[index];
      if (!writable || value === undefined || sameValue(old[index], value)) continue;
      set += `${set === '' ? '' : ', '}${name} = ${literal(value, to)}`;
    }
    return set === '' ? '' : `${this.#update}${set} WHERE ${this.#where(from, old)}${this.#limit}`;
  }

  #where(image: RowImage, values: readonly (ColumnValue | undefined)[]): string {
    let where = '';
    for (const { index, writable, condition } of this.#columns) {
      const value = values[index];
      if (!writable || value === undefined) continue;
      where += (where === '' ? '' : ' AND ') + condition(value, image);
    }
    return where;
  }

  #writableColumns(text: (column: ColumnWriters) => string): string {
    return this.#columns
      .filter(({ writable }) => writable)
      .map(text)
      .join(', ');
  }

  #partial(): UnwritableRowError {
    return new UnwritableRowError(
      this.#table.schema,
      this.#table.table,
      undefined,
      'partial-image',
      'the binlog does not hold every column of the row (binlog_row_image was not FULL)',
    );
  }
}

interface ColumnWriters {
  readonly column: Column;
  readonly index: number;
  readonly name: string;
  readonly literal: LiteralWriter;
  readonly condition: ConditionWriter;
  readonly writable: boolean;
}

/** The values of an image; what they depend on and nobody told is named as unwritable. */
function valuesOf(image: RowImage): (ColumnValue | undefined)[] {
  try {
    return image.values();
  } catch (error) {
    if (!(error instanceof UnknownColumnMetadataError)) throw error;
    const { schema, table } = image.table;
    throw new UnwritableRowError(schema, table, undefined, 'metadata', error.message, { cause: error });
  }
}

function imageOf(image: RowImage | undefined): RowImage {
  if (image === undefined) throw new TypeError('A row change without any image');
  return image;
}

/** Whether two decoded values of one column are the same, bit for bit. */
export function sameValue(a: ColumnValue | undefined, b: ColumnValue | undefined): boolean {
  return Buffer.isBuffer(a) && Buffer.isBuffer(b) ? a.equals(b) : Object.is(a, b);
}
