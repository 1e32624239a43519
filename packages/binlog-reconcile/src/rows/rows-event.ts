import { ByteCursor } from '../events/byte-cursor.js';
import { DecodeError } from '../events/decode-error.js';
import { BinlogCorruptError } from '../events/errors.js';
import { eventTypeName } from '../events/event-type.js';
import { openMariadbCompressed } from '../events/mariadb-compression.js';
import { parseRowsHeader, rowsTypeOf, type RowsEvent } from '../events/parsers/rows-header.js';
import type { RawEvent } from '../events/raw-event.js';
import type { LayoutDecoder } from './decoder/image-decoders.js';
import type { EventRows, RowChange, RowChangeKind, RowImage } from './model.js';
import { PackedRowImage, type RowsContext } from './row-image.js';
import type { ParsedTableMap } from './table/table-map.js';

const NO_BYTES = 'a row of no bytes';

interface ChangeContext extends RowsContext {
  readonly kind: RowChangeKind;
  readonly flags: number;
}

class PackedRowChange implements RowChange {
  constructor(
    private readonly context: ChangeContext,
    readonly before: RowImage | undefined,
    readonly after: RowImage | undefined,
  ) {}

  get kind(): RowChangeKind {
    return this.context.kind;
  }

  get table(): ParsedTableMap {
    return this.context.table;
  }

  get flags(): number {
    return this.context.flags;
  }

  get event(): RawEvent {
    return this.context.event;
  }
}

/** Id of the table that a row event changes. */
export function tableIdOf(event: RawEvent): number {
  const at = event.bodyStart;
  if (event.bodyEnd - at < 8) throw new BinlogCorruptError('a row event of less than 8 bytes', event);
  return event.buffer.readUIntLE(at, 6);
}

/**
 * The changed rows of a row event, in order; at least one, as for a replica: `INSERT INTO t VALUES ()` under
 * `binlog_row_image=MINIMAL` holds no column, and so takes no bytes. Each row's bytes are walked once, so that a row is handed out only when it
 * ends inside the event; values are decoded when asked for.
 * @throws BinlogCorruptError
 */
export function readRows(event: RawEvent, table: ParsedTableMap): RowChange[] {
  const rows: RowChange[] = [];
  guarded(event, () => {
    const { buffer, start, end, header, first, second } = openRows(event, table);
    const context: ChangeContext = { event, table, buffer, kind: header.change, flags: header.flags };
    let at = start;
    do {
      const row = at;
      at = after(first, buffer, at, end);
      const image = new PackedRowImage(context, first, row, at, undefined);
      if (second === undefined) {
        rows.push(
          header.change === 'insert'
            ? new PackedRowChange(context, undefined, image)
            : new PackedRowChange(context, image, undefined),
        );
      } else {
        let partialColumns: ReadonlySet<number> | undefined;
        if (header.partial) [partialColumns, at] = readPartialColumns(buffer, at, end, table);
        const newStart = at;
        at = after(second, buffer, at, end);
        const partial = partialColumns === undefined ? undefined : { columns: partialColumns, before: image };
        const newImage = new PackedRowImage(context, second, newStart, at, partial);
        rows.push(new PackedRowChange(context, image, newImage));
      }
      if (at === row && at < end) throw new DecodeError(NO_BYTES);
    } while (at < end);
  });
  return rows;
}

/** The rows of an event; nothing is looked at before it is asked for, and all of it may throw {@link BinlogCorruptError}. */
export function eventRows(event: RawEvent, table: ParsedTableMap): EventRows {
  return new PackedEventRows(event, table);
}

class PackedEventRows implements EventRows {
  #part: RowsPart | undefined;
  #count = -1;

  constructor(
    readonly event: RawEvent,
    readonly table: ParsedTableMap,
  ) {}

  get rowCount(): number {
    if (this.#count < 0) this.#count = findRows(this.event, this.table, undefined).count;
    return this.#count;
  }

  get kind(): RowChangeKind {
    return rowsTypeOf(this.event.type)?.change as RowChangeKind;
  }

  get flags(): number {
    return this.#opened().header.flags;
  }

  get complete(): boolean {
    const { first, second } = this.#opened();
    return first.complete && (second === undefined || second.complete);
  }

  rows(): readonly RowChange[] {
    return readRows(this.event, this.table);
  }

  #opened(): RowsPart {
    return (this.#part ??= openRows(this.event, this.table));
  }
}

/** How many rows a row event changes, without making an object for each. */
export function countRows(event: RawEvent, table: ParsedTableMap): number {
  return findRows(event, table, undefined).count;
}

/** What {@link findRows} found. */
export interface FoundRows {
  readonly count: number;
  /** The array that was given, or a longer one. */
  readonly starts: Uint32Array;
}

const NO_STARTS = new Uint32Array(0);

/**
 * Where each row of a row event begins, written to `into` (nothing is, without it): counted from the begin of the event,
 * in compressed events from the begin of what they open to.
 * @throws BinlogCorruptError
 */
export function findRows(event: RawEvent, table: ParsedTableMap, into: Uint32Array | undefined): FoundRows {
  let count = 0;
  let starts = into ?? NO_STARTS;
  guarded(event, () => {
    const { buffer, start, end, header, first, second } = openRows(event, table);
    const origin = header.compressed ? 0 : event.start;
    let at = start;
    do {
      const row = at;
      at = after(first, buffer, at, end);
      if (second !== undefined) {
        if (header.partial) [, at] = readPartialColumns(buffer, at, end, table);
        at = after(second, buffer, at, end);
      }
      if (at === row && at < end) throw new DecodeError(NO_BYTES);
      if (into !== undefined) {
        if (count === starts.length) starts = longer(starts);
        starts[count] = row - origin;
      }
      count++;
    } while (at < end);
  });
  return { count, starts };
}

function longer(starts: Uint32Array): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(Math.max(64, 2 * starts.length));
  copy.set(starts);
  return copy;
}

function guarded(event: RawEvent, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new BinlogCorruptError(`${eventTypeName(event.type)} event: ${error.message}`, event, {
      cause: error,
    });
  }
}

interface RowsPart {
  readonly header: RowsEvent;
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  /** Of the before-images; of an insert, of its after-images. */
  readonly first: LayoutDecoder;
  /** Updates only: of the after-images. */
  readonly second: LayoutDecoder | undefined;
}

/** Behind the header: column count, a bitmap of the columns held (updates: one for each image), rows. */
function openRows(event: RawEvent, table: ParsedTableMap): RowsPart {
  const type = rowsTypeOf(event.type);
  if (type === undefined) throw new DecodeError('holds no rows');
  const cursor = new ByteCursor(event.buffer, event.bodyStart, event.bodyEnd);
  const header = parseRowsHeader(cursor, type);
  const columns = cursor.lengthEncoded();
  if (columns !== table.columns.length) {
    throw new DecodeError(`rows of ${columns} columns for a table of ${table.columns.length}`);
  }
  const bitmapLength = (columns + 7) >> 3;
  const first = table.decoders.forBitmap(cursor.bytes(bitmapLength));
  const second =
    header.change === 'update' ? table.decoders.forBitmap(cursor.bytes(bitmapLength)) : undefined;
  if (!header.compressed) {
    return { header, first, second, buffer: event.buffer, start: cursor.offset, end: cursor.end };
  }
  const buffer = openMariadbCompressed(cursor.rest());
  return { header, first, second, buffer, start: 0, end: buffer.length };
}

/** Where the image that begins at `at` ends; it must end inside the event and have at least its NULL bitmap. */
function after(decoder: LayoutDecoder, buffer: Buffer, at: number, end: number): number {
  const next = decoder.skip(buffer, at);
  // The comparison is false for NaN too, which bytes beyond the buffer give.
  if (!(next <= end)) throw new DecodeError('a row that does not end inside the event');
  return next;
}

/**
 * What stands before the after-image of a PARTIAL_UPDATE_ROWS event: options (length-encoded); when bit 0 is set, a
 * bitmap with a bit for each JSON column of the table, held by the image or not. Returns the JSON columns that hold
 * differences, and where the image begins.
 */
function readPartialColumns(
  buffer: Buffer,
  at: number,
  end: number,
  table: ParsedTableMap,
): [ReadonlySet<number> | undefined, number] {
  const cursor = new ByteCursor(buffer, at, end);
  const options = cursor.lengthEncoded();
  if (options > 1) throw new DecodeError(`row value options ${options} are unknown`);
  if (options === 0) return [undefined, cursor.offset];
  const json = table.columns.filter(({ kind }) => kind === 'json');
  const bits = cursor.bytes((json.length + 7) >> 3);
  const held = json.filter((_, i) => ((bits[i >> 3] as number) & (1 << (i & 7))) !== 0);
  return [held.length === 0 ? undefined : new Set(held.map(({ index }) => index)), cursor.offset];
}
