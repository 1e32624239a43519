import { BinlogCorruptError } from './errors.js';
import { EventType } from './event-type.js';
import type { FormatDescription } from './format-description.js';
import { EVENT_HEADER_LENGTH } from './event-header.js';
import { RawEvent } from './raw-event.js';

/** The length that the header at `at` states: everything of the event, checksum included. */
export function statedEventLength(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at + 9);
}

/**
 * The event at `start`, whose bytes must all be in `buffer`.
 * @throws BinlogCorruptError when the length that it states cannot be
 */
export function readRawEvent(
  buffer: Buffer,
  start: number,
  file: string,
  position: number,
  format: FormatDescription,
): RawEvent {
  const type = buffer[start + 4] as number;
  const length = statedEventLength(buffer, start);
  const checksum = hasChecksum(type, format) ? 4 : 0;
  if (length < EVENT_HEADER_LENGTH + checksum || length > buffer.length - start) {
    throw new BinlogCorruptError(`an event cannot be ${length} bytes long`, { file, position });
  }
  return new RawEvent(
    buffer,
    start,
    start + length - checksum,
    buffer.readUInt32LE(start),
    type,
    buffer.readUInt32LE(start + 5),
    length,
    buffer.readUInt32LE(start + 13),
    buffer.readUInt16LE(start + 17),
    file,
    position,
    format,
  );
}

/** A format description carries a checksum whenever its server knows them, also in a file that has none. */
function hasChecksum(type: number, format: FormatDescription): boolean {
  return type === EventType.FormatDescription ? format.knowsChecksums : format.checksum === 'crc32';
}
