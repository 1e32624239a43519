import { crc32 } from 'node:zlib';
import { EVENT_HEADER_LENGTH, EventType, type FormatDescription, type RawEvent } from '../../events/index.js';

/** What an event's header says beside its length. */
export interface EventHeaderFields {
  readonly type: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly serverId: number;
  readonly flags?: number;
}

/** An event with a body and no checksum; its end position is 0 ("not in a file"). */
export function eventBytes(header: EventHeaderFields, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(EVENT_HEADER_LENGTH + body.length);
  writeHeader(bytes, header, bytes.length);
  body.copy(bytes, EVENT_HEADER_LENGTH);
  return bytes;
}

/** A copy of an event without its checksum, as if written by another server. */
export function withoutChecksum(event: RawEvent, serverId: number): Buffer {
  const { type, timestamp, flags } = event;
  return eventBytes({ type, timestamp, flags, serverId }, event.body);
}

/**
 * The FORMAT_DESCRIPTION event that a server with this format writes: what must come before any other event. `checksum`
 * says what the events after it have; it has one itself whenever its server knows checksums.
 */
export function formatDescriptionBytes(
  format: FormatDescription,
  options: {
    readonly serverId: number;
    readonly checksum: 'none' | 'crc32';
    readonly timestamp?: number;
    readonly endPosition?: number;
  },
): Buffer {
  const lengths = format.postHeaderLengths;
  const tail = format.knowsChecksums ? 5 : 0;
  const bytes = Buffer.alloc(EVENT_HEADER_LENGTH + 57 + lengths.length + tail);
  writeHeader(
    bytes,
    { type: EventType.FormatDescription, timestamp: options.timestamp ?? 0, serverId: options.serverId },
    bytes.length,
  );
  bytes.writeUInt32LE(options.endPosition ?? 0, 13);
  let at = bytes.writeUInt16LE(format.binlogVersion, EVENT_HEADER_LENGTH);
  bytes.write(format.serverVersion, at, 50, 'latin1');
  at = bytes.writeUInt32LE(format.createdAt, at + 50);
  at = bytes.writeUInt8(format.headerLength, at);
  bytes.set(lengths, at);
  if (tail > 0) {
    at = bytes.writeUInt8(options.checksum === 'crc32' ? 1 : 0, at + lengths.length);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at);
  }
  return bytes;
}

function writeHeader(bytes: Buffer, header: EventHeaderFields, length: number): void {
  bytes.writeUInt32LE(header.timestamp, 0);
  bytes.writeUInt8(header.type, 4);
  bytes.writeUInt32LE(header.serverId, 5);
  bytes.writeUInt32LE(length, 9);
  bytes.writeUInt32LE(0, 13);
  bytes.writeUInt16LE(header.flags ?? 0, 17);
}
