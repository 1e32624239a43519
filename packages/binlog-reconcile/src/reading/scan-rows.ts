import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { BinlogCorruptError } from '../events/errors.js';
import { EVENT_HEADER_LENGTH } from '../events/event-header.js';
import { EventType } from '../events/event-type.js';
import { parseEvent } from '../events/parse-event.js';
import { rowsTypeOf } from '../events/parsers/rows-header.js';
import type { RawEvent } from '../events/raw-event.js';
import { statedEventLength } from '../events/read-event.js';
import type { TableMap } from '../rows/model.js';
import { findRows, tableIdOf } from '../rows/rows-event.js';
import { TableMapCache } from '../rows/table/table-map-cache.js';
import type { ParsedTableMap } from '../rows/table/table-map.js';
import { checkMagic, EventFramer, MAGIC } from './event-framer.js';

/** The rows of one row event. `starts` is used again for the next event: copy what you keep. */
export interface ScannedRows {
  /** Type of the event: see `EventType`. */
  readonly type: number;
  readonly table: TableMap;
  /** Where the event begins in the file. */
  readonly position: number;
  /** Bytes of the event. */
  readonly length: number;
  readonly rowCount: number;
  /**
   * The first `rowCount` entries say where each row begins, counted from the begin of the event; in compressed events
   * (MariaDB) from the begin of what they open to.
   */
  readonly starts: Uint32Array;
}

/** What a scan met. */
export interface ScanTotals {
  readonly events: number;
  readonly rows: number;
  /** Compressed transactions (MySQL): their rows have no offset in the file and are not counted. */
  readonly payloads: number;
  /** Where the last whole event ends. */
  readonly end: number;
  /** Bytes of an event that is cut off at the end. */
  readonly cutBytes: number;
}

const CHUNK_BYTES = 1 << 20;
/** Buffers: one that is looked at, the one before it, and those that are being filled. */
const CHUNKS = 4;
/** Room before each chunk for the begin of an event that ends in it; longer ones are read on their own. */
const CARRY_BYTES = 1 << 16;

/** Events that say nothing about rows: stepped over. */
const PASSED = new Uint8Array(256);
for (const type of [
  EventType.Gtid,
  EventType.AnonymousGtid,
  EventType.GtidTagged,
  EventType.Query,
  EventType.Xid,
  EventType.RowsQuery,
  EventType.MariaGtid,
  EventType.MariaAnnotateRows,
  EventType.MariaQueryCompressed,
  EventType.PreviousGtids,
  EventType.MariaGtidList,
  EventType.MariaBinlogCheckpoint,
]) {
  PASSED[type] = 1;
}

/**
 * Finds every row of a file, without decoding values and without verifying checksums: some times as fast as reading
 * transactions.
 * @throws BinlogError for what is no binlog, encrypted, or damaged so that lengths do not fit
 */
export async function scanRows(
  path: string,
  visit: (rows: ScannedRows) => void = () => undefined,
): Promise<ScanTotals> {
  const handle = await open(path, 'r');
  try {
    return await new RowScan(handle, basename(path), visit).run();
  } finally {
    await handle.close();
  }
}

interface Chunk {
  /** The chunk is from {@link CARRY_BYTES} to `end`. */
  readonly buffer: Buffer<ArrayBuffer>;
  readonly end: number;
  /** Where the chunk begins in the file. */
  readonly position: number;
}

/** Reads a file chunk by chunk, some chunks ahead, always into the same few buffers. */
class ReadAhead {
  readonly #free = Array.from({ length: CHUNKS }, () => Buffer.allocUnsafeSlow(CARRY_BYTES + CHUNK_BYTES));
  #reading: Promise<Chunk>[] = [];
  #taken: Buffer<ArrayBuffer>[] = [];

  constructor(
    private readonly handle: FileHandle,
    private position: number,
    private readonly size: number,
  ) {}

  /** The next chunk; `undefined` at the end. Its buffer is used again when the one after the next is asked for. */
  async next(): Promise<Chunk | undefined> {
    if (this.#taken.length === 2) this.#free.push(this.#taken.shift() as Buffer<ArrayBuffer>);
    while (this.position < this.size && this.#free.length > 0) {
      const buffer = this.#free.pop() as Buffer<ArrayBuffer>;
      const length = Math.min(CHUNK_BYTES, this.size - this.position);
      const reading = this.#read(buffer, this.position, length);
      reading.catch(() => undefined);
      this.#reading.push(reading);
      this.position += length;
    }
    const chunk = await this.#reading.shift();
    if (chunk !== undefined) this.#taken.push(chunk.buffer);
    return chunk;
  }

  /** Waits until nothing is written to the buffers any more. */
  async stop(): Promise<void> {
    const ended = await Promise.allSettled(this.#reading);
    this.#reading = [];
    for (const result of ended) if (result.status === 'fulfilled') this.#free.push(result.value.buffer);
  }

  restart(position: number): void {
    this.position = position;
    this.#free.push(...this.#taken);
    this.#taken = [];
  }

  async #read(buffer: Buffer<ArrayBuffer>, position: number, length: number): Promise<Chunk> {
    await readFully(this.handle, buffer, CARRY_BYTES, position, length);
    return { buffer, end: CARRY_BYTES + length, position };
  }
}

/** @throws BinlogCorruptError when the file became shorter */
async function readFully(
  handle: FileHandle,
  buffer: Buffer,
  offset: number,
  position: number,
  length: number,
): Promise<void> {
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await handle.read(buffer, offset + filled, length - filled, position + filled);
    if (bytesRead === 0)
      throw new RangeError(
        `the file became shorter while it was read: bytes ${position} to ${position + length} are not there`,
      );
    filled += bytesRead;
  }
}

class RowScan {
  readonly #framer = new EventFramer(false);
  readonly #tables = new TableMapCache();
  readonly #byId = new Map<number, ParsedTableMap>();
  #starts: Uint32Array = new Uint32Array(1024);
  #events = 0;
  #rows = 0;
  #payloads = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly file: string,
    private readonly visit: (rows: ScannedRows) => void,
  ) {}

  async run(): Promise<ScanTotals> {
    const { size } = await this.handle.stat();
    const head = Buffer.alloc(MAGIC.length);
    checkMagic(head.subarray(0, (await this.handle.read(head, 0, head.length, 0)).bytesRead), this.file);
    const chunks = new ReadAhead(this.handle, MAGIC.length, size);
    try {
      /** The bytes that were not yet looked at when the last chunk ended. */
      let rest: Buffer = head.subarray(0, 0);
      for (;;) {
        const chunk = await chunks.next();
        if (chunk === undefined) return this.#totals(size - rest.length, size);
        const { buffer, end, position } = chunk;
        const begin = CARRY_BYTES - rest.length;
        rest.copy(buffer, begin);
        const at = this.#lookAt(buffer, begin, end, position - CARRY_BYTES);
        rest = buffer.subarray(at, end);
        if (rest.length <= CARRY_BYTES) continue;
        const from = position - CARRY_BYTES + at;
        const length = statedEventLength(rest, 0);
        if (length > size - from) return this.#totals(from, size);
        await chunks.stop();
        const whole = Buffer.allocUnsafeSlow(length);
        await readFully(this.handle, whole, 0, from, length);
        this.#lookAt(whole, 0, length, from);
        rest = head.subarray(0, 0);
        chunks.restart(from + length);
      }
    } finally {
      await chunks.stop();
    }
  }

  #totals(end: number, size: number): ScanTotals {
    return {
      events: this.#events,
      rows: this.#rows,
      payloads: this.#payloads,
      end,
      cutBytes: size - end,
    };
  }

  /** Looks at the events that are whole between `from` and `end`; returns where the first that is not begins. */
  #lookAt(b: Buffer, from: number, end: number, base: number): number {
    let at = from;
    while (end - at >= EVENT_HEADER_LENGTH) {
      const length = ((b[at + 9] as number) | ((b[at + 10] as number) << 8) | ((b[at + 11] as number) << 16) | ((b[at + 12] as number) << 24)) >>> 0; // prettier-ignore
      if (length < EVENT_HEADER_LENGTH) {
        throw new BinlogCorruptError(`an event cannot be ${length} bytes long`, {
          file: this.file,
          position: base + at,
        });
      }
      if (length > end - at) break;
      this.#events++;
      if (PASSED[b[at + 4] as number] === 0 || !this.#framer.described) {
        this.#event(this.#framer.frame(b, at, this.file, base + at));
      }
      at += length;
    }
    return at;
  }

  #event(event: RawEvent): void {
    if (event.type === EventType.TableMap) {
      const table = this.#tables.getOrParse(event);
      this.#byId.set(table.tableId, table);
    } else if (rowsTypeOf(event.type) !== undefined) this.#rowsEvent(event);
    else if (event.type === EventType.TransactionPayload) this.#payloads++;
    // Refuses what is not known and may not be ignored.
    else if (event.type !== EventType.FormatDescription) parseEvent(event);
  }

  #rowsEvent(event: RawEvent): void {
    const table = this.#byId.get(tableIdOf(event));
    // Only events that end a statement name no table.
    if (table === undefined) return;
    const { count, starts } = findRows(event, table, this.#starts);
    this.#starts = starts;
    this.#rows += count;
    const { type, position, length } = event;
    this.visit({ type, table, position, length, rowCount: count, starts });
  }
}
