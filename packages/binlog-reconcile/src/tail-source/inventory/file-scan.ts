import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { DecodeError } from '../../events/decode-error.js';
import { BinlogCorruptError } from '../../events/errors.js';
import { EVENT_HEADER_LENGTH } from '../../events/event-header.js';
import { EventFlag, EventType } from '../../events/event-type.js';
import type { GtidSet } from '../../gtid/gtid-set.js';
import type { MariadbGtid } from '../../gtid/mariadb-gtid.js';
import { BlockReader } from './block-reader.js';
import type { FileHead } from './file-head.js';
import {
  GtidCollector,
  PLAIN_GTID_BYTES_MAX,
  plainTransactionLength,
  readTransactionHead,
  u32,
  type TransactionHead,
} from './gtid-collector.js';
import { isControl, isTransactionBegin, STATEMENT_BYTES, TransactionBounds } from './transaction-bounds.js';

/** The transaction that was being written when the server died. */
export interface TornTail {
  readonly file: string;
  /** Where it begins: nothing from here on is served. */
  readonly position: number;
  /** Bytes from there to the end of the file. */
  readonly bytes: number;
  /** `undefined` when not even its GTID is whole. */
  readonly gtid: string | undefined;
  readonly why: string;
}

/** The whole transactions of one file. */
export interface FileScan {
  /** Behind the last whole transaction, or the control event after it. */
  readonly end: number;
  readonly gtids: GtidSet;
  readonly mariadbGtids: readonly MariadbGtid[];
  /** Whether there is a transaction without a GTID. */
  readonly anonymous: boolean;
  readonly torn: TornTail | null;
}

export interface FileScanOptions {
  /**
   * Transactions that end in this many last bytes of the file are looked at event by event, checksums included: a crash
   * may have damaged them. One that is damaged there was never whole: it and what follows counts as torn, which is how
   * the server itself decides when it recovers.
   */
  readonly verifiedBytes: number;
  /**
   * The end of the file may be torn though it was closed: MariaDB closes it after a crash and leaves the torn end in it.
   */
  readonly mayBeTorn?: boolean;
  readonly signal?: AbortSignal;
}

const SCAN_BLOCK_BYTES = 1 << 20;
/** A GTID event longer than this is damage. */
const GTID_EVENT_BYTES_MAX = 1_024;
/** Where an event's header has the position of its end. */
const END_AT = 13;

/**
 * Finds where the whole transactions of a file end, and their GTIDs, from the headers of events: a transaction that
 * states its length is jumped over.
 *
 * @throws BinlogCorruptError for damage that no crash explains: before the verified part, or in a file that was closed
 */
export async function scanFile(head: FileHead, options: FileScanOptions): Promise<FileScan> {
  const handle = await open(head.path, 'r');
  try {
    const { size } = await handle.stat();
    return await new FileScanner(head, new BlockReader(handle, size, SCAN_BLOCK_BYTES, true), options).scan();
  } finally {
    await handle.close();
  }
}

/** Why a transaction is not whole. */
class Torn {
  constructor(
    readonly why: string,
    /** Bytes that are there are wrong, rather than missing. */
    readonly damaged: boolean,
  ) {}
}

class FileScanner {
  readonly #gtids = new GtidCollector();
  readonly #bounds = new TransactionBounds();
  readonly #checksumBytes: number;
  readonly #verifyFrom: number;
  /** Where the walk is. */
  #position: number;
  #end: number;
  #anonymous = false;
  /** GTID of the transaction that the walk is in. */
  #gtid: string | undefined;

  constructor(
    private readonly head: FileHead,
    private readonly reader: BlockReader,
    private readonly options: FileScanOptions,
  ) {
    this.#position = head.end;
    this.#end = head.end;
    this.#checksumBytes = head.format.checksum === 'crc32' ? 4 : 0;
    this.#verifyFrom = reader.size - options.verifiedBytes;
  }

  async scan(): Promise<FileScan> {
    const torn = await this.#walk();
    if (torn !== null) this.#refuseUnlessCrashed(torn);
    return {
      end: this.#end,
      gtids: this.#gtids.mysql(),
      mariadbGtids: this.#gtids.mariadb(),
      anonymous: this.#anonymous,
      torn:
        torn === null
          ? null
          : {
              file: this.head.file,
              position: this.#end,
              bytes: this.reader.size - this.#end,
              gtid: this.#gtid,
              why: torn.why,
            },
    };
  }

  /** Only the end of a file that its server did not close may be torn. */
  #refuseUnlessCrashed({ why, damaged }: Torn): void {
    const inUse = (this.head.description.readUInt16LE(17) & EventFlag.BinlogInUse) !== 0;
    if ((inUse || this.options.mayBeTorn === true) && (!damaged || this.#position >= this.#verifyFrom))
      return;
    throw new BinlogCorruptError(
      `${why}; ${inUse ? 'it is too far from the end to be the trace of a crash' : 'its server closed this file, so a crash does not explain it'}`,
      { file: this.head.file, position: this.#position },
    );
  }

  async #walk(): Promise<Torn | null> {
    const { reader } = this;
    const { size } = reader;
    while (this.#position < size) {
      const position = this.#position;
      if (position + EVENT_HEADER_LENGTH > size)
        return new Torn('an event is cut off inside its header', false);
      if (!reader.has(position, EVENT_HEADER_LENGTH)) {
        this.options.signal?.throwIfAborted();
        await reader.load(position);
      }
      const at = position - reader.start;
      if (!this.#bounds.isOpen && this.#jump(at)) continue;
      const type = reader.block[at + 4] as number;
      const length = reader.block.readUInt32LE(at + 9);
      if (length < EVENT_HEADER_LENGTH + this.#checksumBytes) {
        return new Torn(`an event cannot be ${length} bytes long`, true);
      }
      if (position + length > size) return this.#cutOff(at, length);
      const begins = isTransactionBegin(type);
      const needed = begins ? length : Math.min(length, STATEMENT_BYTES);
      if (begins && length > GTID_EVENT_BYTES_MAX) return new Torn(`a GTID event of ${length} bytes`, true);
      if (!reader.has(position, needed)) {
        await reader.load(position);
        continue;
      }
      const torn = begins ? await this.#begin(at, length) : await this.#member(at, length);
      if (torn !== null) return torn;
    }
    return this.#bounds.isOpen ? new Torn('its last event is missing', false) : null;
  }

  /**
   * Jumps over the usual transactions of the block, up to the part that is verified: nothing is made of them and nothing
   * is waited for, because a file may hold millions.
   * @returns whether there was one
   */
  #jump(from: number): boolean {
    const { block, start } = this.reader;
    const last = block.length - PLAIN_GTID_BYTES_MAX;
    const verifyFrom = this.#verifyFrom - start;
    let at = from;
    while (at <= last && block[at + 4] === EventType.Gtid) {
      const length = u32(block, at + 9);
      const stated = plainTransactionLength(block, at, length);
      if (stated === undefined || stated < length || at + stated > verifyFrom) break;
      this.#gtids.addPlain(block, at);
      at += stated;
    }
    if (at === from) return false;
    this.#position = start + at;
    this.#end = this.#position;
    return true;
  }

  /** The event at `at` states a length beyond the end of the file. */
  #cutOff(at: number, length: number): Torn {
    const end = this.reader.block.readUInt32LE(at + END_AT);
    const contradicts = end !== 0 && end !== (this.#position + length) % 2 ** 32;
    return contradicts
      ? new Torn(`an event states a length of ${length} bytes and an end at ${end}`, true)
      : new Torn(
          `an event of ${length} bytes is cut off behind ${this.reader.size - this.#position} of them`,
          false,
        );
  }

  async #begin(at: number, length: number): Promise<Torn | null> {
    const { block, size } = this.reader;
    if (this.#bounds.isOpen) return new Torn('another transaction begins inside it', true);
    const position = this.#position;
    this.#gtid = undefined;
    const damage = await this.#verify(position, position + length);
    if (damage !== null) return damage;
    let found: TransactionHead;
    try {
      found = readTransactionHead(block, at, at + length - this.#checksumBytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return new Torn(`a GTID event cannot be read: ${error.message}`, true);
    }
    this.#gtid = found.gtid;
    const stated = found.length;
    if (stated === undefined) {
      this.#bounds.begin(found.begun);
      this.#position = position + length;
      return null;
    }
    if (stated < length) return new Torn(`a transaction cannot be ${stated} bytes long`, true);
    if (position + stated > size) {
      return new Torn(`${size - position} of its ${stated} bytes are there`, false);
    }
    const torn = await this.#verify(position + length, position + stated);
    if (torn !== null) return torn;
    this.#collect();
    this.#gtid = undefined;
    this.#position = position + stated;
    this.#end = this.#position;
    return null;
  }

  async #member(at: number, length: number): Promise<Torn | null> {
    const { block } = this.reader;
    const position = this.#position;
    const wasOpen = this.#bounds.isOpen;
    if (!wasOpen) this.#gtid = undefined;
    const isLast = this.#bounds.add(block, at, at + length - this.#checksumBytes);
    const torn = await this.#verify(position, position + length);
    if (torn !== null) return torn;
    this.#position = position + length;
    if (isLast) {
      this.#collect();
      this.#gtid = undefined;
    }
    if (!this.#bounds.isOpen && (isLast || isControl(block[at + 4] as number))) this.#end = this.#position;
    return null;
  }

  /** The transaction that the walk is in is whole. */
  #collect(): void {
    if (this.#gtid === undefined) this.#anonymous = true;
    else this.#gtids.add(this.#gtid);
  }

  /** Looks at the events from `position` to `end`, if they reach into the part that is verified. */
  async #verify(position: number, end: number): Promise<Torn | null> {
    if (end <= this.#verifyFrom) return null;
    const { reader } = this;
    const checksum = this.#checksumBytes;
    for (let at = position; at < end;) {
      if (!reader.has(at, EVENT_HEADER_LENGTH)) await reader.load(at);
      const { block } = reader;
      const from = at - reader.start;
      const isWhole = from + EVENT_HEADER_LENGTH <= block.length;
      const length = isWhole ? block.readUInt32LE(from + 9) : 0;
      if (length < EVENT_HEADER_LENGTH + checksum || at + length > end) {
        return new Torn(`an event at ${at} cannot be ${length} bytes long`, true);
      }
      if (checksum > 0) {
        const bodyEnd = from + length - checksum;
        const isSound =
          from + length <= block.length
            ? crc32(block.subarray(from, bodyEnd)) === block.readUInt32LE(bodyEnd)
            : await this.#isSound(at, length);
        if (!isSound) return new Torn(`the checksum of the event at ${at} is wrong`, true);
      }
      at += length;
    }
    return null;
  }

  async #isSound(position: number, length: number): Promise<boolean> {
    const { reader } = this;
    const bodyEnd = position + length - 4;
    let crc = 0;
    for (let at = position; at < bodyEnd;) {
      if (at === position && length <= reader.blockBytes && !reader.has(at, length)) await reader.load(at);
      const part = await reader.part(at, bodyEnd);
      if (part.length === 0) return false;
      crc = crc32(part, crc);
      at += part.length;
    }
    if (!reader.has(bodyEnd, 4)) await reader.load(bodyEnd);
    return reader.has(bodyEnd, 4) && reader.block.readUInt32LE(bodyEnd - reader.start) === crc;
  }
}
