import { DecodeError } from '../events/decode-error.js';
import { BinlogCorruptError, BinlogError } from '../events/errors.js';
import type { RawEvent } from '../events/raw-event.js';
import { ColumnType } from './column-type.js';
import { openColumn, type ColumnCodec } from './decoder/column-codec.js';
import { ABSENT_AT, NULL_AT } from './decoder/image-decoder.js';
import type { LayoutDecoder } from './decoder/image-decoders.js';
import { PartialJsonError, SignednessUnknown, UnknownColumnMetadataError } from './errors.js';
import { applyJsonDiffs, parseJsonDiffs } from './json/diff.js';
import type { JsonDiff, JsonNode } from './json/json-node.js';
import { jsonNodeText } from './json/node-text.js';
import { parseJsonBinary } from './json/parse.js';
import type { Column, ColumnValue, RowImage } from './model.js';
import type { ParsedTableMap } from './table/table-map.js';
import { valueText } from './value-text.js';

/** What the images of one row event share. */
export interface RowsContext {
  readonly event: RawEvent;
  readonly table: ParsedTableMap;
  /** Bytes that hold the images: the event's, or what they opened to. */
  readonly buffer: Buffer;
}

/** Of an after-image: JSON columns that hold differences, and the image that they differ from. */
export interface PartialImage {
  readonly columns: ReadonlySet<number>;
  readonly before: PackedRowImage;
}

/** A row image in an event's bytes. Nothing is decoded until it is asked for. */
export class PackedRowImage implements RowImage {
  /** Where each column begins, then where each ends; found when one is first asked for. */
  private places: Int32Array | undefined = undefined;

  constructor(
    private readonly context: RowsContext,
    private readonly decoder: LayoutDecoder,
    private readonly start: number,
    private readonly end: number,
    private readonly partial: PartialImage | undefined,
  ) {}

  get table(): ParsedTableMap {
    return this.context.table;
  }

  get complete(): boolean {
    return this.decoder.complete && (this.partial === undefined || this.partial.before.complete);
  }

  has(index: number): boolean {
    return this.#startOf(index) !== ABSENT_AT;
  }

  get(index: number): ColumnValue | undefined {
    const start = this.#startOf(index);
    if (start === ABSENT_AT) return undefined;
    if (start === NULL_AT) return null;
    return this.#guard(index, () => {
      if (this.partial?.columns.has(index)) return jsonNodeText(this.#applied(index));
      const codec = this.table.decoders.codecs[index] as ColumnCodec;
      return codec.read(this.context.buffer, start, this.#endOf(index));
    });
  }

  values(): (ColumnValue | undefined)[] {
    if (this.partial === undefined) {
      try {
        return this.decoder.decode(this.context.buffer, this.start, this.end);
      } catch (error) {
        if (!(error instanceof DecodeError || error instanceof SignednessUnknown)) throw error;
        // Column by column, the error gets the name of the column.
      }
    }
    return this.table.columns.map(({ index }) => this.get(index));
  }

  text(index: number): string | Buffer | null | undefined {
    const value = this.get(index);
    return value === undefined || value === null ? value : valueText(this.#column(index), value);
  }

  bytes(index: number): Buffer | null | undefined {
    const start = this.#startOf(index);
    if (start === ABSENT_AT) return undefined;
    if (start === NULL_AT) return null;
    const { type, kind, length } = this.#column(index);
    if (kind === 'binary' && type === ColumnType.String) return this.get(index) as Buffer;
    const bytes = this.context.buffer.subarray(start, this.#endOf(index));
    if (type === ColumnType.BlobCompressed || type === ColumnType.VarCharCompressed) {
      return this.#guard(index, () => openColumn(bytes));
    }
    if ((kind === 'inet4' || kind === 'inet6' || kind === 'uuid') && bytes.length < length) {
      return Buffer.concat([bytes], length);
    }
    return bytes;
  }

  json(index: number): JsonNode | null | undefined {
    const start = this.#startOf(index);
    if (start === ABSENT_AT) return undefined;
    if (start === NULL_AT) return null;
    const { kind } = this.#column(index);
    if (kind !== 'json') throw new TypeError(`column ${index} holds ${kind} values, not JSON`);
    return this.#guard(index, () =>
      this.partial?.columns.has(index)
        ? this.#applied(index)
        : parseJsonBinary(this.context.buffer, start, this.#endOf(index)),
    );
  }

  jsonDiffs(index: number): readonly JsonDiff[] | undefined {
    const start = this.#startOf(index);
    if (start < 0 || !this.partial?.columns.has(index)) return undefined;
    return this.#guard(index, () => parseJsonDiffs(this.context.buffer, start, this.#endOf(index)));
  }

  toObject(): Record<string, ColumnValue> {
    const object: Record<string, ColumnValue> = {};
    this.values().forEach((value, index) => {
      if (value !== undefined) object[this.table.columns[index]?.name ?? `@${index + 1}`] = value;
    });
    return object;
  }

  #column(index: number): Column {
    const column = this.table.columns[index];
    if (column === undefined) {
      throw new RangeError(
        `${this.table.schema}.${this.table.table} has ${this.table.columns.length} columns, none with index ${index}`,
      );
    }
    return column;
  }

  #startOf(index: number): number {
    const count = this.table.columns.length;
    if (this.places === undefined) {
      this.places = new Int32Array(2 * count);
      this.decoder.locate(this.context.buffer, this.start, this.places);
    }
    return index >= 0 && index < count ? (this.places[index] as number) : (this.#column(index), ABSENT_AT);
  }

  /** Only after {@link #startOf}. */
  #endOf(index: number): number {
    return this.places?.[this.table.columns.length + index] as number;
  }

  #applied(index: number): JsonNode {
    const before = this.partial?.before.json(index);
    if (before === undefined || before === null) {
      throw new PartialJsonError(this.#tableName(), this.#columnName(index), this.context.event);
    }
    return applyJsonDiffs(before, this.jsonDiffs(index) ?? []);
  }

  #guard<T>(index: number, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof BinlogError) throw error;
      if (error instanceof SignednessUnknown) {
        throw new UnknownColumnMetadataError(
          this.#tableName(),
          this.#columnName(index),
          'signedness',
          this.context.event,
        );
      }
      if (!(error instanceof DecodeError || error instanceof RangeError)) throw error;
      throw new BinlogCorruptError(
        `column ${this.#columnName(index)} of ${this.#tableName()}: ${error.message}`,
        this.context.event,
        { cause: error },
      );
    }
  }

  #tableName(): string {
    return `${this.table.schema}.${this.table.table}`;
  }

  #columnName(index: number): string {
    return this.table.columns[index]?.name ?? `@${index + 1}`;
  }
}
