import { verifyChecksum } from '../events/checksum.js';
import { DecodeError } from '../events/decode-error.js';
import { BinlogCorruptError, EncryptedBinlogError, NotABinlogError } from '../events/errors.js';
import { EVENT_HEADER_LENGTH } from '../events/event-header.js';
import { EventFlag, EventType } from '../events/event-type.js';
import {
  FORMAT_BEFORE_DESCRIPTION,
  parseFormatDescription,
  type FormatDescription,
} from '../events/format-description.js';
import type { RawEvent } from '../events/raw-event.js';
import { readRawEvent, statedEventLength } from '../events/read-event.js';

/** Four bytes that a binlog file begins with, and those of one that MySQL encrypted. */
export const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);
const ENCRYPTED_MAGIC = Buffer.from([0xfd, 0x62, 0x69, 0x6e]);

/**
 * @throws EncryptedBinlogError, NotABinlogError when a file that begins with `head` is no plain binlog
 */
export function checkMagic(head: Buffer, file: string): void {
  if (head.equals(MAGIC)) return;
  if (head.equals(ENCRYPTED_MAGIC)) throw new EncryptedBinlogError('mysql', { file, position: 0 });
  throw new NotABinlogError(
    `a binlog begins with fe 62 69 6e, this with ${head.toString('hex').replace(/..(?=.)/g, '$& ') || 'nothing'}`,
    { file, position: 0 },
  );
}

/** Where an event's header has the position of its end. */
const END_AT = 13;

/** Makes events of bytes: keeps the format description in force and checks lengths and checksums. */
export class EventFramer {
  #format: FormatDescription = FORMAT_BEFORE_DESCRIPTION;
  #described = false;

  constructor(private readonly verify: boolean) {}

  /** The file's own description has been seen. */
  get described(): boolean {
    return this.#described;
  }

  /** Whether the file says that it was not closed: a crash, or it is being written. */
  inUse = false;

  /** Whether the last event stated the end position that it has: not so in relay logs, nor in parts of MariaDB's files. */
  #statesEnds = false;

  /** A new file begins. */
  reset(): void {
    this.#described = false;
    this.inUse = false;
    this.#statesEnds = false;
  }

  /**
   * Looks at an event whose stated length is beyond the end of the file: cut off there, or damaged?
   * @throws BinlogCorruptError when the end position that it states contradicts its length
   */
  checkCut(buffer: Buffer, at: number, file: string, position: number): void {
    const length = statedEventLength(buffer, at);
    const end = buffer.readUInt32LE(at + END_AT);
    if (!this.#statesEnds || end === 0 || end === (position + length) % 2 ** 32) return;
    throw new BinlogCorruptError(
      `an event states a length of ${length} bytes and an end at ${end}, which do not fit together`,
      { file, position },
    );
  }

  /** Bytes of the event at `at`, or `undefined` when not even its header is all there. */
  lengthAt(buffer: Buffer, at: number, end: number): number | undefined {
    return end - at < EVENT_HEADER_LENGTH ? undefined : statedEventLength(buffer, at);
  }

  /**
   * The event at `at`, all of whose bytes must be there.
   * @throws BinlogError
   */
  frame(buffer: Buffer, at: number, file: string, position: number): RawEvent {
    const type = buffer[at + 4] as number;
    if (type === EventType.FormatDescription) {
      try {
        this.#format = parseFormatDescription(buffer, at, statedEventLength(buffer, at));
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        throw new BinlogCorruptError(error.message, { file, position }, { cause: error });
      }
      this.#described = true;
    } else if (!this.#described && type !== EventType.Rotate && type !== EventType.Heartbeat) {
      throw new NotABinlogError(
        `a file's first event must be its format description (type 15), this is of type ${type}`,
        { file, position },
      );
    }
    const event = readRawEvent(buffer, at, file, position, this.#format);
    if (this.verify) verifyChecksum(event);
    this.#statesEnds = event.logPos === (position + event.length) % 2 ** 32;
    if (type === EventType.FormatDescription) this.inUse = (event.flags & EventFlag.BinlogInUse) !== 0;
    if (type === EventType.MariaStartEncryption) throw new EncryptedBinlogError('mariadb', event);
    return event;
  }
}
