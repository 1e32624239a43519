import { ByteCursor, type RawEvent } from '../../events/index.js';
import { parseRowsHeader, rowsTypeOf } from '../../events/parsers/rows-header.js';
import { ParsedTableMap } from '../../rows/table/table-map.js';
import type { RowChangeKind, TableMap } from '../../rows/model.js';
import type { SqlBuffer } from '../literals/sql-buffer.js';
import { quoteIdentifier, quoteTable } from '../quoting.js';
import { NOT_PLAIN, packedLiteral, packedOperand } from './packed-value.js';
import type { PackedWriter } from './packed-writer.js';

let allowed = true;

/** For tests: `false` writes every statement from decoded values from now on. */
export function setPackedStatements(use: boolean): void {
  allowed = use;
}

/** Where the value of a NULL column begins. */
const NULL_AT = -1;

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
  readonly #prefixes: Uint8Array;
  readonly #sizes: Uint32Array;
  readonly #insert: Buffer;
  readonly #delete: Buffer;
  readonly #update: Buffer;
  readonly #end: Buffer;
  /** Where the values of the image at hand are, and of the one that it becomes. */
  readonly #from: Places;
  readonly #to: Places;

  private constructor(table: ParsedTableMap) {
    const { codecs } = table.decoders;
    const hasKey = table.primaryKey !== undefined && table.primaryKey.length > 0;
    const comparison = hasKey ? 'collation' : 'bytes';
    this.#prefixes = Uint8Array.from(codecs, ({ prefix }) => prefix);
    this.#sizes = Uint32Array.from(codecs, ({ size }) => size);
    this.#from = places(codecs.length);
    this.#to = places(codecs.length);
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
          assign: Buffer.from(`${name} = `),
          compare: Buffer.from(`${before}${compared} = `),
          isNull: Buffer.from(`${before}${name} IS NULL`),
          literal: packedLiteral(column, codec),
          operand: packedOperand(column, codec, comparison),
        },
      ];
    });
    const name = quoteTable(table.schema, table.table);
    const names = this.#columns
      .map(({ index }) => quoteIdentifier(table.columns[index]?.name ?? ''))
      .join(', ');
    this.#insert = Buffer.from(`INSERT INTO ${name} (${names}) VALUES (`);
    this.#delete = Buffer.from(`DELETE FROM ${name} WHERE `);
    this.#update = Buffer.from(`UPDATE ${name} SET `);
    this.#end = Buffer.from(hasKey ? ';\n' : ' LIMIT 1;\n');
  }

  /**
   * Writes the statements that make the rows of an event again, or take them back, the last row first. Writes nothing
   * and returns false when some of it is not plain. The event must have been read before (its rows end inside it).
   */
  write(out: SqlBuffer, event: RawEvent, direction: 'redo' | 'undo'): boolean {
    const type = rowsTypeOf(event.type);
    if (type === undefined || type.partial || type.compressed) return false;
    const cursor = new ByteCursor(event.buffer, event.bodyStart, event.bodyEnd);
    const { change } = parseRowsHeader(cursor, type);
    const bitmapBytes = (cursor.lengthEncoded() + 7) >> 3;
    for (let images = change === 'update' ? 2 : 1; images > 0; images--) {
      if (!holdsAll(event.buffer, cursor.offset, this.#prefixes.length)) return false;
      cursor.skip(bitmapBytes);
    }
    const begin = out.length;
    try {
      this.#writeRows(out, event.buffer, cursor.offset, cursor.end, change, direction);
      return true;
    } catch (error) {
      if (error !== NOT_PLAIN) throw error;
      out.truncate(begin);
      return false;
    }
  }

  #writeRows(
    out: SqlBuffer,
    b: Buffer,
    start: number,
    end: number,
    change: RowChangeKind,
    direction: 'redo' | 'undo',
  ): void {
    const images = change === 'update' ? 2 : 1;
    if (direction === 'redo') {
      for (let at = start; at < end;) at = this.#writeRow(out, b, at, change);
      return;
    }
    const starts: number[] = [];
    for (let at = start; at < end;) {
      starts.push(at);
      for (let i = 0; i < images; i++) at = this.#locate(b, at, this.#from);
    }
    const opposite = change === 'insert' ? 'delete' : change === 'delete' ? 'insert' : 'undo-update';
    for (let i = starts.length - 1; i >= 0; i--) this.#writeRow(out, b, starts[i] as number, opposite);
  }

  /** Returns where the row ends. */
  #writeRow(out: SqlBuffer, b: Buffer, at: number, change: RowChangeKind | 'undo-update'): number {
    let [from, to] = [this.#from, this.#to];
    let end = this.#locate(b, at, from);
    if (change === 'insert') this.#writeInsert(out, b, from);
    else if (change === 'delete') {
      out.raw(this.#delete);
      this.#writeConditions(out, b, from);
      out.raw(this.#end);
    } else {
      end = this.#locate(b, end, to);
      if (change === 'undo-update') [from, to] = [to, from];
      this.#writeUpdate(out, b, from, to);
    }
    return end;
  }

  #writeInsert(out: SqlBuffer, b: Buffer, { starts, ends }: Places): void {
    const columns = this.#columns;
    out.raw(this.#insert);
    for (let i = 0; i < columns.length; i++) {
      const { index, literal } = columns[i] as PackedColumn;
      if (i > 0) out.character(COMMA);
      const start = starts[index] as number;
      if (start === NULL_AT) out.raw(NULL);
      else literal(out, b, start, ends[index] as number);
    }
    out.raw(END_OF_VALUES);
  }

  #writeUpdate(out: SqlBuffer, b: Buffer, from: Places, to: Places): void {
    const columns = this.#columns;
    let count = 0;
    for (let i = 0; i < columns.length; i++) {
      const { index, assign, literal } = columns[i] as PackedColumn;
      const start = to.starts[index] as number;
      const end = to.ends[index] as number;
      if (same(b, from.starts[index] as number, from.ends[index] as number, start, end)) continue;
      if (count++ === 0) out.raw(this.#update);
      else out.raw(NEXT);
      out.raw(assign);
      if (start === NULL_AT) out.raw(NULL);
      else literal(out, b, start, end);
    }
    if (count === 0) return;
    out.raw(WHERE);
    this.#writeConditions(out, b, from);
    out.raw(this.#end);
  }

  #writeConditions(out: SqlBuffer, b: Buffer, { starts, ends }: Places): void {
    const columns = this.#columns;
    for (let i = 0; i < columns.length; i++) {
      const { index, compare, isNull, operand } = columns[i] as PackedColumn;
      const start = starts[index] as number;
      if (start === NULL_AT) out.raw(isNull);
      else {
        out.raw(compare);
        operand(out, b, start, ends[index] as number);
      }
    }
  }

  /** Notes where the values of the image at `p` are; returns where it ends. */
  #locate(b: Buffer, p: number, { starts, ends }: Places): number {
    const prefixes = this.#prefixes;
    const sizes = this.#sizes;
    const count = prefixes.length;
    let at = p + ((count + 7) >> 3);
    for (let i = 0; i < count; i++) {
      if (((b[p + (i >> 3)] as number) & (1 << (i & 7))) !== 0) {
        starts[i] = NULL_AT;
        continue;
      }
      const prefix = prefixes[i] as number;
      let size = sizes[i] as number;
      if (prefix > 0) {
        size = 0;
        for (let k = prefix - 1; k >= 0; k--) size = size * 256 + (b[at + k] as number);
        at += prefix;
      }
      starts[i] = at;
      at += size;
      ends[i] = at;
    }
    return at;
  }
}

const NULL = Buffer.from('NULL');
const COMMA = 0x2c;
const NEXT = Buffer.from(', ');
const WHERE = Buffer.from(' WHERE ');
const END_OF_VALUES = Buffer.from(');\n');

interface PackedColumn {
  readonly index: number;
  /** `` `name` = `` */
  readonly assign: Buffer;
  /** `AND` (but for the first column), what is compared, and the equal sign. */
  readonly compare: Buffer;
  readonly isNull: Buffer;
  readonly literal: PackedWriter;
  readonly operand: PackedWriter;
}

interface Places {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Whether a bitmap has every column's bit. */
function holdsAll(b: Buffer, at: number, columns: number): boolean {
  for (let i = 0; i < columns; i++) if (((b[at + (i >> 3)] as number) & (1 << (i & 7))) === 0) return false;
  return true;
}

function places(columns: number): Places {
  return { starts: new Int32Array(columns), ends: new Int32Array(columns) };
}

function same(b: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (start === NULL_AT || otherStart === NULL_AT) return start === otherStart;
  const length = end - start;
  if (length !== otherEnd - otherStart) return false;
  if (length > 64) return b.compare(b, otherStart, otherEnd, start, end) === 0;
  for (let i = 0; i < length; i++) if (b[start + i] !== b[otherStart + i]) return false;
  return true;
}
