import { UnknownColumnMetadataError } from '../../rows/errors.js';
import type { ColumnValue, RowChange, RowImage, TableMap } from '../../rows/model.js';
import { UnwritableRowError } from '../errors.js';
import { conditionWriter } from '../literals/column-condition.js';
import { literalWriter, type LiteralWriter } from '../literals/column-literal.js';
import type { SqlBuffer } from '../literals/sql-buffer.js';
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
  readonly #insertAll: Buffer;
  readonly #insertSome: Buffer;
  readonly #delete: Buffer;
  readonly #update: Buffer;
  readonly #end: Buffer;

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
    this.#columns = table.columns
      .filter((column) => column.generated !== true)
      .map((column) => {
        const name = quoteIdentifier(column.name ?? '');
        return {
          index: column.index,
          name,
          assign: Buffer.from(`${name} = `),
          literal: literalWriter(column),
          condition: conditionWriter(column, hasKey ? 'collation' : 'bytes'),
        };
      });
    const name = quoteTable(table.schema, table.table);
    const names = this.#columns.map((column) => column.name).join(', ');
    this.#insertAll = Buffer.from(`INSERT INTO ${name} (${names}) VALUES (`);
    this.#insertSome = Buffer.from(`INSERT INTO ${name} (`);
    this.#delete = Buffer.from(`DELETE FROM ${name} WHERE `);
    this.#update = Buffer.from(`UPDATE ${name} SET `);
    this.#end = Buffer.from(hasKey ? ';\n' : ' LIMIT 1;\n');
  }

  /**
   * Writes the statement that makes the change again; nothing for an update that changed nothing. Throws
   * {@link UnwritableRowError}, with a part of the statement written.
   */
  redo(out: SqlBuffer, change: RowChange): void {
    const { before, after } = change;
    if (before === undefined) this.#writeInsert(out, imageOf(after));
    else if (after === undefined) this.#writeDelete(out, before);
    else this.#writeUpdate(out, before, after);
  }

  /** The same for the statement that takes the change back; an image that is not full is unwritable. */
  undo(out: SqlBuffer, change: RowChange): void {
    const { before, after } = change;
    if (before?.complete === false || after?.complete === false) throw this.#partial();
    if (before === undefined) this.#writeDelete(out, imageOf(after));
    else if (after === undefined) this.#writeInsert(out, before);
    else this.#writeUpdate(out, after, before);
  }

  #writeInsert(out: SqlBuffer, image: RowImage): void {
    const values = valuesOf(image);
    const columns = image.complete
      ? this.#columns
      : this.#columns.filter(({ index }) => values[index] !== undefined);
    if (columns === this.#columns) out.raw(this.#insertAll);
    else {
      out.raw(this.#insertSome);
      out.text(columns.map(({ name }) => name).join(', '));
      out.ascii(') VALUES (');
    }
    for (let i = 0; i < columns.length; i++) {
      const { index, literal } = columns[i] as ColumnWriters;
      if (i > 0) out.ascii(',');
      literal(out, values[index] as ColumnValue, image);
    }
    out.ascii(');\n');
  }

  #writeDelete(out: SqlBuffer, image: RowImage): void {
    out.raw(this.#delete);
    this.#writeConditions(out, image, valuesOf(image));
    out.raw(this.#end);
  }

  #writeUpdate(out: SqlBuffer, from: RowImage, to: RowImage): void {
    const old = valuesOf(from);
    const wanted = valuesOf(to);
    let count = 0;
    for (const { index, assign, literal } of this.#columns) {
      const value = wanted[index];
      if (value === undefined || sameValue(old[index], value)) continue;
      if (count++ === 0) out.raw(this.#update);
      else out.ascii(', ');
      out.raw(assign);
      literal(out, value, to);
    }
    if (count === 0) return;
    out.ascii(' WHERE ');
    this.#writeConditions(out, from, old);
    out.raw(this.#end);
  }

  #writeConditions(out: SqlBuffer, image: RowImage, values: readonly (ColumnValue | undefined)[]): void {
    let count = 0;
    for (const { index, condition } of this.#columns) {
      const value = values[index];
      if (value === undefined) continue;
      if (count++ > 0) out.ascii(' AND ');
      condition(out, value, image);
    }
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
  readonly index: number;
  readonly name: string;
  /** `` `name` = `` */
  readonly assign: Buffer;
  readonly literal: LiteralWriter;
  readonly condition: LiteralWriter;
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
function sameValue(a: ColumnValue | undefined, b: ColumnValue | undefined): boolean {
  return Object.is(a, b) || (Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b));
}
