import type { Column, ColumnValue, RowImage, TableMap } from '../../rows/model.js';
import type { TableDefinition } from '../../sql/catalog/table-definition.js';
import { UnwritableRowError } from '../../sql/errors.js';
import { conditionText } from '../../sql/literals/column-condition.js';
import { doubleLiteral, literalText } from '../../sql/literals/column-literal.js';
import { quoteIdentifier, quoteTable } from '../../sql/quoting.js';
import type { Cell } from '../connection/sql-connection.js';
import { cellCodec, showCell, showValue, type CellCodec } from './cell-codec.js';
import type { ShownRow } from './row-conflict.js';

/** A row as the server has it: one cell for each column that is compared. */
export type ServerRow = readonly Cell[];

/**
 * Finds rows of one table on a server and compares them with images of the binlog. Made for one definition in the
 * binlog (its column numbers) and one on the server (its names and keys).
 *
 * Generated columns are left out: they follow from the others.
 */
export class TableAccess {
  readonly #compared: readonly ComparedColumn[];
  readonly #key: readonly ComparedColumn[];
  readonly #select: string;
  readonly #keyTuple: string;

  constructor(
    readonly map: TableMap,
    readonly definition: TableDefinition,
  ) {
    const columns = map.columns.map((column, i): Column => ({
      ...column,
      name: definition.columns[i]?.name,
    }));
    this.#compared = columns
      .filter((_, i) => definition.columns[i]?.generated !== true)
      .map((column) => ({ column, index: column.index, codec: cellCodec(column) }));
    this.#key = definition.rowKey.flatMap((name) =>
      this.#compared.filter(({ column }) => column.name === name),
    );
    // A key over a generated column identifies rows for the server, but is not in what we compare.
    if (this.#key.length !== definition.rowKey.length) this.#key = [];
    const list = this.#compared.map(({ codec }) => codec.select).join(', ');
    this.#select = `SELECT ${list} FROM ${quoteTable(definition.schema, definition.table)}`;
    const names = this.#key.map(({ column }) => quoteIdentifier(column.name ?? ''));
    this.#keyTuple = names.length === 1 ? (names[0] ?? '') : `(${names.join(',')})`;
  }

  /** Whether rows can be found by a key. */
  get keyed(): boolean {
    return this.#key.length > 0;
  }

  /** The key of an image as a text that is equal for equal keys. */
  keyOf(image: RowImage): string {
    return joined(this.#key.map((column) => canonicalOf(column, image)));
  }

  /** All of an image as a text that is equal for equal rows. */
  contentOf(image: RowImage): string {
    return joined(this.#compared.map((column) => canonicalOf(column, image)));
  }

  /** All of a server's row as {@link contentOf} makes it of an image. */
  contentOfRow(row: ServerRow): string {
    return joined(this.#compared.map((column, i) => canonicalCell(column, row[i])));
  }

  /** The key of a server's row as {@link keyOf} makes it of an image. */
  keyOfRow(row: ServerRow): string {
    return joined(this.#key.map((column) => canonicalCell(column, row[this.#compared.indexOf(column)])));
  }

  /** The statement that reads and locks the rows with the keys of these images. */
  selectByKeys(images: readonly RowImage[], lock: boolean): string {
    const tuples = images.map((image) => {
      const literals = this.#key.map(({ column, index }) =>
        keyLiteral(column, image.get(index) ?? null, image),
      );
      return literals.length === 1 ? literals[0] : `(${literals.join(',')})`;
    });
    return `${this.#select} WHERE ${this.#keyTuple} IN (${tuples.join(',')})${lock ? ' FOR UPDATE' : ''}`;
  }

  /**
   * The statement that reads and locks the rows like this image. May also give others (what SQL cannot compare is left
   * out): compare {@link contentOfRow}.
   */
  selectByContent(image: RowImage, lock: boolean): string {
    const conditions = this.#compared.flatMap(({ column }) => {
      try {
        return [conditionText(column, 'bytes', image)];
      } catch (error) {
        if (error instanceof UnwritableRowError) return [];
        throw error;
      }
    });
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    return `${this.#select}${where}${lock ? ' FOR UPDATE' : ''}`;
  }

  /** Names of the columns in which a server's row differs from an image. */
  differing(image: RowImage, row: ServerRow): string[] {
    return this.#compared
      .filter((column, i) => canonicalOf(column, image) !== canonicalCell(column, row[i]))
      .map(({ column }) => column.name ?? '');
  }

  /** Names of the columns in which two images differ. */
  differingImages(a: RowImage, b: RowImage): string[] {
    return this.#compared
      .filter((column) => canonicalOf(column, a) !== canonicalOf(column, b))
      .map(({ column }) => column.name ?? '');
  }

  /** For reports. */
  showRow(row: ServerRow): ShownRow {
    return Object.fromEntries(
      this.#compared.map(({ column, codec }, i) => [column.name ?? '', showCell(codec, row[i] ?? null)]),
    );
  }

  /** For reports. */
  showImage(image: RowImage): ShownRow {
    return show(this.#compared, image);
  }

  /** For reports; undefined where the table has no key. */
  showKey(image: RowImage): ShownRow | undefined {
    return this.keyed ? show(this.#key, image) : undefined;
  }
}

interface ComparedColumn {
  readonly column: Column;
  readonly index: number;
  readonly codec: CellCodec;
}

function show(columns: readonly ComparedColumn[], image: RowImage): ShownRow {
  return Object.fromEntries(
    columns.map(({ column, index }) => [column.name ?? '', showValue(column, image.get(index) ?? null)]),
  );
}

function canonicalOf({ codec, index }: ComparedColumn, image: RowImage): string | null {
  const value = image.get(index);
  return value === null || value === undefined ? null : codec.canonicalOf(value, image);
}

function canonicalCell({ codec }: ComparedColumn, cell: Cell | undefined): string | null {
  return cell === null || cell === undefined ? null : codec.canonical(cell);
}

function keyLiteral(column: Column, value: ColumnValue, image: RowImage): string {
  if (column.kind === 'float') return doubleLiteral(Math.fround(value as number));
  if (column.kind === 'enum' && value === 0) return '0';
  return literalText(column, value, image);
}

/** Values as one text; with their lengths, so that no value can look like two. */
function joined(values: readonly (string | null)[]): string {
  let text = '';
  for (const value of values) text += value === null ? 'N' : `${value.length}:${value}`;
  return text;
}
