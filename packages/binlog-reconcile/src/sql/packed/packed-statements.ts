import { ByteCursor, type RawEvent } from '../../events/index.js';
import { parseRowsHeader, rowsTypeOf } from '../../events/parsers/rows-header.js';
import { NULL_AT, type ImageDecoder } from '../../rows/decoder/image-decoder.js';
import type { ImageDecoders } from '../../rows/decoder/image-decoders.js';
import { ParsedTableMap } from '../../rows/table/table-map.js';
import type { RowChangeKind, TableMap } from '../../rows/model.js';
import { SqlPiece, type SqlBuffer } from '../literals/sql-buffer.js';
import { quoteIdentifier, quoteTable } from '../quoting.js';
import { NOT_PLAIN, notPlain, packedLiteral, packedOperand } from './packed-value.js';
import type { PackedWriter } from './packed-writer.js';

let allowed = true;

/** For tests: `false` writes every statement from decoded values from now on. */
export function setPackedStatements(use: boolean): void {
  allowed = use;
}

/**
 * Writes the statements of whole row events straight from their bytes: the same text as `RowStatements`, several times
 * as fast. What is not plain (partial images and JSON, compressed events, invalid text, ...) is left to `RowStatements`.
 */
export class PackedStatements {
  static readonly #made = new WeakMap<TableMap, PackedStatements | null>();

  /** Undefined where the table's columns have no names. */
  static of(table: TableMap): PackedStatements | undefined {
    let statements = PackedStatements.#made.get(table);
    if (statements === undefined) {
      statements = table instanceof ParsedTableMap && table.named ? new PackedStatements(table) : null;
      PackedStatements.#made.set(table, statements);
    }
    return allowed ? (statements ?? undefined) : undefined;
  }

  readonly #columns: readonly PackedColumn[];
  /** How many columns the table has. */
  readonly #count: number;
  /** Of images that hold every column. */
  readonly #decoders: ImageDecoders;
  readonly #fullBitmap: Buffer;
  readonly #insert: SqlPiece;
  readonly #delete: SqlPiece;
  readonly #update: SqlPiece;
  readonly #end: SqlPiece;
  /** Where the values of the image at hand are, and of the one that it becomes. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;

  private constructor(table: ParsedTableMap) {
    const { codecs } = table.decoders;
    const hasKey = table.primaryKey !== undefined && table.primaryKey.length > 0;
    const comparison = hasKey ? 'collation' : 'bytes';
    this.#count = codecs.length;
    this.#decoders = table.decoders;
    this.#fullBitmap = Buffer.alloc((codecs.length + 7) >> 3, 0xff);
    this.#from = new Int32Array(2 * codecs.length);
    this.#to = new Int32Array(2 * codecs.length);
    let first = true;
    this.#columns = table.columns.flatMap((column, index) => {
      const codec = codecs[index];
      if (codec === undefined || column.generated === true) return [];
      const name = quoteIdentifier(column.name ?? '');
      const before = first ? '' : ' AND ';
      first = false;
      const compared = comparison === 'bytes' && column.kind === 'text' ? `CAST(${name} AS BINARY)` : name;
      return [
        {
          index,
          assign: new SqlPiece(`${name} = `),
          compare: new SqlPiece(`${before}${compared} = `),
          isNull: new SqlPiece(`${before}${name} IS NULL`),
          literal: packedLiteral(column, codec),
          operand: packedOperand(column, codec, comparison),
        },
      ];
    });
    const name = quoteTable(table.schema, table.table);
    const names = this.#columns
      .map(({ index }) => quoteIdentifier(table.columns[index]?.name ?? ''))
      .join(', ');
    this.#insert = new SqlPiece(`INSERT INTO ${name} (${names}) VALUES (`);
    this.#delete = new SqlPiece(`DELETE FROM ${name} WHERE `);
    this.#update = new SqlPiece(`UPDATE ${name} SET `);
    this.#end = new SqlPiece(hasKey ? ';\n' : ' LIMIT 1;\n');
  }

  /**
   * Writes the statements that make the rows of an event again, or take them back, the last row first; returns how many
   * rows there were. Writes nothing and returns -1 when some of it is not plain, or damaged.
   */
  write(out: SqlBuffer, event: RawEvent, direction: 'redo' | 'undo'): number {
    const type = rowsTypeOf(event.type);
    if (type === undefined || type.partial || type.compressed) return -1;
    const cursor = new ByteCursor(event.buffer, event.bodyStart, event.bodyEnd);
    const { change } = parseRowsHeader(cursor, type);
    const bitmapBytes = (cursor.lengthEncoded() + 7) >> 3;
    for (let images = change === 'update' ? 2 : 1; images > 0; images--) {
      if (!holdsAll(event.buffer, cursor.offset, this.#count)) return -1;
      cursor.skip(bitmapBytes);
    }
    const begin = out.length;
    try {
      return this.#writeRows(out, event.buffer, cursor.offset, cursor.end, change, direction);
    } catch (error) {
      if (error !== NOT_PLAIN) throw error;
      out.truncate(begin);
      return -1;
    }
  }

  #writeRows(
    out: SqlBuffer,
    b: Buffer,
    start: number,
    end: number,
    change: RowChangeKind,
    direction: 'redo' | 'undo',
  ): number {
    const images = change === 'update' ? 2 : 1;
    const decoder = this.#decoders.forBitmap(this.#fullBitmap);
    const starts: number[] = [];
    for (let at = start; at < end;) {
      starts.push(at);
      for (let i = 0; i < images; i++) at = decoder.skip(b, at);
      // The comparison is false for NaN too, which bytes beyond the buffer give.
      if (!(at <= end)) notPlain();
    }
    if (starts.length === 0) notPlain();
    if (direction === 'redo') {
      for (const at of starts) this.#writeRow(out, b, at, change, decoder);
    } else {
      const opposite = change === 'insert' ? 'delete' : change === 'delete' ? 'insert' : 'undo-update';
      for (let i = starts.length - 1; i >= 0; i--) {
        this.#writeRow(out, b, starts[i] as number, opposite, decoder);
      }
    }
    return starts.length;
  }

  #writeRow(
    out: SqlBuffer,
    b: Buffer,
    at: number,
    change: RowChangeKind | 'undo-update',
    decoder: ImageDecoder,
  ): void {
    const from = this.#from;
    decoder.locate(b, at, from);
    if (change === 'insert') this.#writeInsert(out, b, from);
    else if (change === 'delete') {
      out.piece(this.#delete);
      this.#writeConditions(out, b, from);
      out.piece(this.#end);
    } else {
      const to = this.#to;
      decoder.locate(b, decoder.skip(b, at), to);
      if (change === 'undo-update') this.#writeUpdate(out, b, to, from);
      else this.#writeUpdate(out, b, from, to);
    }
  }

  #writeInsert(out: SqlBuffer, b: Buffer, places: Int32Array): void {
    const columns = this.#columns;
    const count = this.#count;
    out.piece(this.#insert);
    for (let i = 0; i < columns.length; i++) {
      const { index, literal } = columns[i] as PackedColumn;
      if (i > 0) out.character(COMMA);
      const start = places[index] as number;
      if (start === NULL_AT) out.piece(NULL);
      else literal(out, b, start, places[count + index] as number);
    }
    out.piece(END_OF_VALUES);
  }

  #writeUpdate(out: SqlBuffer, b: Buffer, from: Int32Array, to: Int32Array): void {
    const columns = this.#columns;
    const count = this.#count;
    let changed = 0;
    for (let i = 0; i < columns.length; i++) {
      const { index, assign, literal } = columns[i] as PackedColumn;
      const start = to[index] as number;
      const end = to[count + index] as number;
      if (same(b, from[index] as number, from[count + index] as number, start, end)) continue;
      if (changed++ === 0) out.piece(this.#update);
      else out.piece(NEXT);
      out.piece(assign);
      if (start === NULL_AT) out.piece(NULL);
      else literal(out, b, start, end);
    }
    if (changed === 0) return;
    out.piece(WHERE);
    this.#writeConditions(out, b, from);
    out.piece(this.#end);
  }

  #writeConditions(out: SqlBuffer, b: Buffer, places: Int32Array): void {
    const columns = this.#columns;
    const count = this.#count;
    for (let i = 0; i < columns.length; i++) {
      const { index, compare, isNull, operand } = columns[i] as PackedColumn;
      const start = places[index] as number;
      if (start === NULL_AT) out.piece(isNull);
      else {
        out.piece(compare);
        operand(out, b, start, places[count + index] as number);
      }
    }
  }
}

const NULL = new SqlPiece('NULL');
const COMMA = 0x2c;
const NEXT = new SqlPiece(', ');
const WHERE = new SqlPiece(' WHERE ');
const END_OF_VALUES = new SqlPiece(');\n');

interface PackedColumn {
  readonly index: number;
  /** `` `name` = `` */
  readonly assign: SqlPiece;
  /** `AND` (but for the first column), what is compared, and the equal sign. */
  readonly compare: SqlPiece;
  readonly isNull: SqlPiece;
  readonly literal: PackedWriter;
  readonly operand: PackedWriter;
}

/** Whether a bitmap has every column's bit. */
function holdsAll(b: Buffer, at: number, columns: number): boolean {
  for (let i = 0; i < columns; i++) if (((b[at + (i >> 3)] as number) & (1 << (i & 7))) === 0) return false;
  return true;
}

function same(b: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (start === NULL_AT || otherStart === NULL_AT) return start === otherStart;
  const length = end - start;
  if (length !== otherEnd - otherStart) return false;
  if (length > 64) return b.compare(b, otherStart, otherEnd, start, end) === 0;
  for (let i = 0; i < length; i++) if (b[start + i] !== b[otherStart + i]) return false;
  return true;
}
