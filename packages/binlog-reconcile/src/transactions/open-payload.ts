import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { BinlogCorruptError } from '../events/errors.js';
import { EVENT_HEADER_LENGTH } from '../events/event-header.js';
import { parseEvent } from '../events/parse-event.js';
import type { FormatDescription } from '../events/format-description.js';
import type { RawEvent } from '../events/raw-event.js';
import { readRawEvent, statedEventLength } from '../events/read-event.js';

/** Opened at once up to this; in pieces beyond. */
const WHOLE_BYTES_MAX = 16 << 20;
const PIECE_BYTES = 1 << 17;
/** zstd's own decoders open no larger window unless told to (window log 27). */
const WINDOW_BYTES_MAX = 1 << 27;

/** Part of `node:zlib` since Node 22.15. */
interface Zstd {
  zstdDecompressSync?(buffer: Buffer, options: { maxOutputLength: number }): Buffer;
  createZstdDecompress?(): NodeJS.ReadWriteStream & AsyncIterable<Buffer>;
}
const zstd = zlib as Zstd;

/** Whether payloads are opened by Node's own zstd; else by fzstd, at about a fourth of the speed. */
export const nativeZstd = zstd.zstdDecompressSync !== undefined;

/** `native: false` opens with fzstd in any case. */
export interface OpenPayloadOptions {
  readonly native?: boolean;
}

/**
 * The events inside a TRANSACTION_PAYLOAD event, in batches. They have no checksum of their own; they carry file and
 * position of the payload.
 * @throws BinlogCorruptError when the payload does not open to exactly the bytes that it states
 */
export async function* openPayload(
  payload: RawEvent,
  options: OpenPayloadOptions = {},
): AsyncIterableIterator<RawEvent[]> {
  const event = parseEvent(payload);
  if (event.kind !== 'transaction-payload') throw new TypeError('no payload event');
  const format: FormatDescription = { ...payload.format, checksum: 'none' };
  const { uncompressedSize } = event;
  let rest: Buffer = Buffer.alloc(0);
  let opened = 0;
  try {
    for await (const piece of pieces(event.compression, event.payload, uncompressedSize, options)) {
      opened += piece.length;
      if (opened > uncompressedSize) break;
      const buffer = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const events: RawEvent[] = [];
      let at = 0;
      while (buffer.length - at >= EVENT_HEADER_LENGTH) {
        const length = statedEventLength(buffer, at);
        if (length < EVENT_HEADER_LENGTH || length > uncompressedSize) {
          throw new BinlogCorruptError(`an event inside a payload cannot be ${length} bytes long`, payload);
        }
        if (length > buffer.length - at) break;
        events.push(readRawEvent(buffer, at, payload.file, payload.position, format));
        at += length;
      }
      rest = buffer.subarray(at);
      if (events.length > 0) yield events;
    }
  } catch (cause) {
    if (cause instanceof BinlogCorruptError) throw cause;
    throw new BinlogCorruptError(`a payload that does not open: ${(cause as Error).message}`, payload, {
      cause,
    });
  }
  if (opened !== uncompressedSize || rest.length > 0) {
    throw new BinlogCorruptError(
      `a payload opens to ${opened} bytes and not to whole events of ${uncompressedSize} bytes`,
      payload,
    );
  }
}

async function* pieces(
  compression: 'zstd' | 'none',
  bytes: Buffer,
  size: number,
  { native = nativeZstd }: OpenPayloadOptions,
): AsyncIterableIterator<Buffer> {
  if (compression === 'none') {
    yield bytes;
  } else if (native && zstd.zstdDecompressSync !== undefined && size <= WHOLE_BYTES_MAX) {
    yield zstd.zstdDecompressSync(bytes, { maxOutputLength: Math.max(size, 1) });
  } else if (native && zstd.createZstdDecompress !== undefined) {
    const stream = zstd.createZstdDecompress();
    stream.end(bytes);
    yield* stream;
  } else {
    yield* portablePieces(bytes, size);
  }
}

const turn = promisify(setImmediate);

/** fzstd, fed in parts so that neither its output nor the time between two turns of the event loop grows without limit. */
async function* portablePieces(bytes: Buffer, size: number): AsyncIterableIterator<Buffer> {
  if (windowSize(bytes) > WINDOW_BYTES_MAX) throw new Error('a window larger than 128 MiB');
  let ready: Buffer[] = [];
  let total = 0;
  const decompress = new Decompress((chunk) => {
    total += chunk.length;
    if (total > size) throw new Error(`more than the ${size} bytes that it states`);
    if (chunk.length > 0) ready.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  });
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const end = Math.min(at + PIECE_BYTES, bytes.length);
    decompress.push(bytes.subarray(at, end), end === bytes.length);
    if (ready.length > 0) yield Buffer.concat(ready);
    ready = [];
    if (end < bytes.length) await turn();
  }
}

/** Bytes of history that a zstd frame needs (RFC 8878, section 3.1.1.1). */
function windowSize(frame: Buffer): number {
  const descriptor = frame[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  if (!single) {
    const byte = frame[5] ?? 0;
    const base = 2 ** (10 + (byte >> 3));
    return base + (base / 8) * (byte & 7);
  }
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
  const at = 5 + dictionaryBytes;
  const sizeBytes = [1, 2, 4, 8][descriptor >> 6] as number;
  if (frame.length < at + sizeBytes) return 0;
  if (sizeBytes === 8) return Number(frame.readBigUInt64LE(at));
  return frame.readUIntLE(at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
}
