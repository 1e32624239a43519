import { crc32 } from 'node:zlib';
import { ChecksumError } from './errors.js';
import { EventFlag, EventType } from './event-type.js';
import type { RawEvent } from './raw-event.js';
import { viewBytes } from './view-bytes.js';

/**
 * Compares the CRC32 behind the event's body with one computed from its bytes; does nothing for an event without.
 *
 * The format description of a file that was not closed has the "in use" flag set, and its checksum is the one without.
 * @throws ChecksumError
 */
export function verifyChecksum(event: RawEvent): void {
  const { buffer, start, bodyEnd } = event;
  const end = start + event.length;
  if (bodyEnd === end) return;
  const stated = buffer.readUInt32LE(bodyEnd);
  let computed: number;
  if (event.type === EventType.FormatDescription && (event.flags & EventFlag.BinlogInUse) !== 0) {
    const copy = Buffer.from(buffer.subarray(start, bodyEnd));
    copy.writeUInt16LE(event.flags & ~EventFlag.BinlogInUse, 17);
    computed = crc32(copy);
  } else {
    computed = crc32(viewBytes(buffer, start, bodyEnd));
  }
  if (computed !== stated) throw new ChecksumError(stated, computed, event);
}
