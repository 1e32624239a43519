import { EVENT_HEADER_LENGTH } from './event-header.js';
import type { FormatDescription } from './format-description.js';

/** One event as it is in the file: its header's fields and where its bytes are. */
export class RawEvent {
  constructor(
    /** Memory that holds the event; may hold others too. */
    readonly buffer: Buffer,
    /** Where the event begins in {@link buffer}. */
    readonly start: number,
    /** Where its body ends in {@link buffer}: the checksum, if the file has them, comes after. */
    readonly bodyEnd: number,
    /** Seconds since 1970, 0 for artificial events. */
    readonly timestamp: number,
    readonly type: number,
    readonly serverId: number,
    /** Length of the whole event, checksum included. */
    readonly length: number,
    /** The end position that the header states; 0 in artificial events, and inside MariaDB transactions since 11.4. */
    readonly logPos: number,
    readonly flags: number,
    /** Base name of the file it comes from. */
    readonly file: string,
    /** Where it begins in that file. For an event out of a payload: where the payload begins. */
    readonly position: number,
    /** The format description in force. */
    readonly format: FormatDescription,
  ) {}

  /** Where its body begins in {@link buffer}. */
  get bodyStart(): number {
    return this.start + EVENT_HEADER_LENGTH;
  }

  /** The body: without header and checksum. A view, not a copy. */
  get body(): Buffer {
    return this.buffer.subarray(this.start + EVENT_HEADER_LENGTH, this.bodyEnd);
  }

  /** The whole event, header and checksum included. A view, not a copy. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.start + this.length);
  }
}
