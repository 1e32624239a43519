import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { BinlogCorruptError } from '../events/errors.js';
import type { FormatDescription } from '../events/format-description.js';
import type { RawEvent } from '../events/raw-event.js';
import { readRawEvent } from '../events/read-event.js';
import type { ParsedTableMap } from '../rows/table/table-map.js';
import { TransactionReleasedError } from './errors.js';

/** An event of a transaction, and for row events the table that they change. */
export interface StoredEvent {
  readonly event: RawEvent;
  readonly table: ParsedTableMap | undefined;
}

/** Read at once when events are read back from a file. */
const WINDOW_BYTES = 1 << 20;

/**
 * The events of one transaction: in memory while they are few; else only where they are, in their own file or in a
 * temporary one, so that memory does not grow with the transaction.
 */
export class EventStore {
  #events: RawEvent[] | undefined = [];
  #count = 0;
  #bytes = 0;
  /** Of each event, the index of its table in `#maps`; -1 = none. */
  readonly #tables: number[] = [];
  readonly #maps: ParsedTableMap[] = [];
  #indexed: IndexedEvents | undefined;

  constructor(
    private readonly memoryBytesMax: number,
    /** Path of the file that the events come from, where they can be read again at their positions. */
    private readonly path: string | undefined,
    private readonly gtid: string | undefined,
  ) {}

  get count(): number {
    return this.#count;
  }

  /** Bytes of all events. */
  get bytes(): number {
    return this.#bytes;
  }

  add(event: RawEvent, table: ParsedTableMap | undefined): void {
    this.#count++;
    this.#bytes += event.length;
    this.#tables.push(table === undefined ? -1 : this.#mapIndex(table));
    if (this.#indexed === undefined && this.#bytes > this.memoryBytesMax) {
      this.#indexed = new IndexedEvents(this.path, event.file, this.gtid);
      for (const earlier of this.#events ?? []) this.#indexed.add(earlier);
      this.#events = undefined;
    }
    if (this.#indexed === undefined) this.#events?.push(event);
    else this.#indexed.add(event);
  }

  /** Oldest first. */
  *forward(): IterableIterator<StoredEvent> {
    let i = 0;
    for (const event of this.#events ?? this.#indexed?.forward() ?? []) {
      yield { event, table: this.#maps[this.#tables[i++] as number] };
    }
  }

  /** Newest first. */
  *backward(): IterableIterator<StoredEvent> {
    let i = this.#count - 1;
    if (this.#events !== undefined) {
      for (; i >= 0; i--) {
        yield { event: this.#events[i] as RawEvent, table: this.#maps[this.#tables[i] as number] };
      }
      return;
    }
    for (const event of this.#indexed?.backward() ?? []) {
      yield { event, table: this.#maps[this.#tables[i--] as number] };
    }
  }

  /** Gives the temporary file back, if there is one. */
  release(): void {
    this.#indexed?.release();
  }

  #mapIndex(table: ParsedTableMap): number {
    const last = this.#maps.length - 1;
    if (last >= 0 && this.#maps[last] === table) return last;
    const known = this.#maps.indexOf(table);
    return known === -1 ? this.#maps.push(table) - 1 : known;
  }
}

/** Events that are in a file: only place and length of each are kept. */
class IndexedEvents {
  readonly #places: number[] = [];
  readonly #lengths: number[] = [];
  /** Positions that the events state, when the file is a temporary one. */
  readonly #positions: number[] | undefined;
  #temporary: number | undefined;
  #written = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** The few formats that events have (those out of a payload have no checksum), and which one each has. */
  readonly #formats: FormatDescription[] = [];
  readonly #formatOf: number[] = [];
  #released = false;

  constructor(
    private readonly path: string | undefined,
    private readonly file: string,
    private readonly gtid: string | undefined,
  ) {
    if (path === undefined) {
      this.#positions = [];
      const name = join(tmpdir(), `dcmha-transaction-${randomUUID()}`);
      this.#temporary = openSync(name, 'wx+', 0o600);
      unlinkSync(name); // it goes away with its descriptor, whatever happens to the process
    }
  }

  add(event: RawEvent): void {
    let format = this.#formats.lastIndexOf(event.format);
    if (format === -1) format = this.#formats.push(event.format) - 1;
    this.#formatOf.push(format);
    this.#lengths.push(event.length);
    if (this.#positions === undefined) {
      this.#places.push(event.position);
      return;
    }
    this.#positions.push(event.position);
    this.#places.push(this.#written + this.#pendingBytes);
    this.#pending.push(event.bytes);
    this.#pendingBytes += event.length;
    if (this.#pendingBytes >= WINDOW_BYTES) this.#flush();
  }

  *forward(): IterableIterator<RawEvent> {
    const descriptor = this.#open();
    try {
      const count = this.#places.length;
      for (let first = 0; first < count;) {
        let end = first + 1;
        while (end < count && this.#span(first, end) <= WINDOW_BYTES) end++;
        yield* this.#read(descriptor, first, end);
        first = end;
      }
    } finally {
      this.#close(descriptor);
    }
  }

  *backward(): IterableIterator<RawEvent> {
    const descriptor = this.#open();
    try {
      for (let end = this.#places.length; end > 0;) {
        let first = end - 1;
        while (first > 0 && this.#span(first - 1, end - 1) <= WINDOW_BYTES) first--;
        yield* this.#read(descriptor, first, end).reverse();
        end = first;
      }
    } finally {
      this.#close(descriptor);
    }
  }

  release(): void {
    this.#released = true;
    if (this.#temporary !== undefined) closeSync(this.#temporary);
    this.#temporary = undefined;
    this.#pending = [];
  }

  /** Bytes from the begin of one event to the end of another. */
  #span(first: number, last: number): number {
    return (this.#places[last] as number) + (this.#lengths[last] as number) - (this.#places[first] as number);
  }

  #read(descriptor: number, first: number, end: number): RawEvent[] {
    const from = this.#places[first] as number;
    const buffer = Buffer.allocUnsafeSlow(this.#span(first, end - 1));
    let filled = 0;
    while (filled < buffer.length) {
      const bytes = readSync(descriptor, buffer, filled, buffer.length - filled, from + filled);
      if (bytes === 0) {
        throw new BinlogCorruptError('the file became shorter while it was read', {
          file: this.file,
          position: from + filled,
        });
      }
      filled += bytes;
    }
    const events: RawEvent[] = [];
    for (let i = first; i < end; i++) {
      const place = this.#places[i] as number;
      const position = this.#positions?.[i] ?? place;
      const format = this.#formats[this.#formatOf[i] as number] as FormatDescription;
      events.push(readRawEvent(buffer, place - from, this.file, position, format));
    }
    return events;
  }

  #open(): number {
    if (this.path !== undefined) return openSync(this.path, 'r');
    if (this.#released || this.#temporary === undefined) throw new TransactionReleasedError(this.gtid);
    this.#flush();
    return this.#temporary;
  }

  #close(descriptor: number): void {
    if (this.path !== undefined) closeSync(descriptor);
  }

  #flush(): void {
    if (this.#pendingBytes === 0 || this.#temporary === undefined) return;
    const bytes = Buffer.concat(this.#pending);
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(this.#temporary, bytes, written, bytes.length - written, this.#written + written);
    }
    this.#written += bytes.length;
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}
