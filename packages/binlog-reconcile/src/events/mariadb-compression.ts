import { inflateRawSync, inflateSync } from 'node:zlib';
import { DecodeError } from './decode-error.js';

/** No event or column value is larger than this once opened (`max_allowed_packet` cannot be set higher). */
const OPENED_BYTES_MAX = 1 << 30;

/**
 * Opens what MariaDB's compressed events hold: one byte (0x80, algorithm in bits 4-6: 0 = zlib, in bits 0-2 the length of
 * the length), the length when opened (big endian), a zlib stream.
 * @throws DecodeError
 */
export function openMariadbCompressed(bytes: Buffer): Buffer {
  const head = bytes[0];
  if (head === undefined || (head & 0x80) === 0 || (head & 0x70) !== 0) {
    throw new DecodeError('zlib-compressed bytes of a MariaDB event expected');
  }
  const lengthBytes = head & 0x07;
  if (lengthBytes < 1 || lengthBytes > 4 || bytes.length < 1 + lengthBytes) {
    throw new DecodeError('a compressed part without its length');
  }
  return inflateExactly(bytes.subarray(1 + lengthBytes), bytes.readUIntBE(1, lengthBytes));
}

/** Opens a zlib stream that must give exactly `length` bytes; never makes more. Throws {@link DecodeError}. */
export function inflateExactly(stream: Buffer, length: number, raw = false): Buffer {
  if (length > OPENED_BYTES_MAX) throw new DecodeError(`a compressed part cannot open to ${length} bytes`);
  let opened: Buffer;
  try {
    opened = (raw ? inflateRawSync : inflateSync)(stream, { maxOutputLength: Math.max(length, 1) });
  } catch (cause) {
    throw new DecodeError(`compressed bytes do not open to ${length} bytes`, { cause });
  }
  if (opened.length !== length) {
    throw new DecodeError(`compressed bytes open to ${opened.length} bytes, ${length} were stated`);
  }
  return opened;
}
