import type { ByteCursor } from '../byte-cursor.js';
import { DecodeError } from '../decode-error.js';

/** TRANSACTION_PAYLOAD: the events of a transaction, compressed. */
export interface TransactionPayloadEvent {
  readonly kind: 'transaction-payload';
  readonly compression: 'zstd' | 'none';
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  /** The compressed bytes. */
  readonly payload: Buffer;
}

/** TLV until type 0: 1 = size of the payload, 2 = compression (0 zstd, 255 none), 3 = size when opened. */
export function parseTransactionPayload(cursor: ByteCursor): TransactionPayloadEvent {
  let size: number | undefined;
  let compression: number | undefined;
  let uncompressedSize: number | undefined;
  for (;;) {
    const type = cursor.lengthEncoded();
    if (type === 0) break;
    const length = cursor.lengthEncoded();
    const end = cursor.offset + length;
    if (type === 1) size = cursor.lengthEncoded();
    else if (type === 2) compression = cursor.lengthEncoded();
    else if (type === 3) uncompressedSize = cursor.lengthEncoded();
    else cursor.skip(length);
    if (cursor.offset !== end) throw new DecodeError(`payload field ${type} of the wrong length`);
  }
  const compressedSize = size ?? cursor.remaining;
  if (compressedSize !== cursor.remaining) {
    throw new DecodeError(
      `a payload of ${compressedSize} bytes is stated, the event holds ${cursor.remaining}`,
    );
  }
  if (compression !== 0 && compression !== 255) {
    throw new DecodeError(`payload compression ${compression} is unknown`);
  }
  return {
    kind: 'transaction-payload',
    compression: compression === 0 ? 'zstd' : 'none',
    compressedSize,
    uncompressedSize: uncompressedSize ?? compressedSize,
    payload: cursor.rest(),
  };
}
