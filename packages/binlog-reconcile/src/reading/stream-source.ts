import { BinlogCorruptError, NotABinlogError } from '../events/errors.js';
import { EVENT_HEADER_LENGTH } from '../events/event-header.js';
import type { RawEvent } from '../events/raw-event.js';
import { checkMagic, EventFramer, MAGIC } from './event-framer.js';
import type { EventBatch, EventSource } from './source.js';

/** How to read a stream. */
export interface StreamSourceOptions {
  /** Name that events and errors carry. Default `''`. */
  readonly file?: string;
  /** Verify checksums where the stream has them. Default true. */
  readonly verifyChecksums?: boolean;
}

/**
 * Events of a byte stream that holds a binlog file, or several after one another. An event cut off at the end is left
 * out and reported as `fileEnd.cutBytes`.
 */
export function streamSource(
  chunks: AsyncIterable<Uint8Array>,
  options: StreamSourceOptions = {},
): EventSource {
  return { batches: () => readChunks(chunks, options) };
}

async function* readChunks(
  chunks: AsyncIterable<Uint8Array>,
  { file = '', verifyChecksums = true }: StreamSourceOptions,
): AsyncIterableIterator<EventBatch> {
  const framer = new EventFramer(verifyChecksums);
  const pending = new PendingBytes();
  let position = 0;
  let begun = false;
  /** Bytes that must be there before it is worth looking again. */
  let want = MAGIC.length;

  for await (const chunk of chunks) {
    pending.push(chunk);
    if (pending.length < want) continue;
    const buffer = pending.take();
    const events: RawEvent[] = [];
    let at = 0;
    for (;;) {
      const left = buffer.length - at;
      const head = buffer.subarray(at, at + MAGIC.length);
      if (left >= MAGIC.length && (!begun || head.equals(MAGIC))) {
        checkMagic(head, file);
        if (begun) {
          // The same bytes could only be the timestamp of an event of the year 2028, which no description precedes.
          const next = framer.lengthAt(buffer, at + MAGIC.length, buffer.length);
          if (next === undefined && left < MAGIC.length + EVENT_HEADER_LENGTH) {
            want = MAGIC.length + EVENT_HEADER_LENGTH;
            break;
          }
          if (buffer[at + MAGIC.length + 4] === 15) {
            if (events.length > 0) yield { events: events.splice(0) };
            yield { events: [], fileEnd: { file, position, cutBytes: 0 } };
            framer.reset();
            position = 0;
            begun = false;
          }
        }
        if (!begun) {
          begun = true;
          at += MAGIC.length;
          position = MAGIC.length;
          continue;
        }
      }
      const length = framer.lengthAt(buffer, at, buffer.length);
      if (length === undefined) {
        want = EVENT_HEADER_LENGTH;
        break;
      }
      if (length < EVENT_HEADER_LENGTH) {
        throw new BinlogCorruptError(`an event cannot be ${length} bytes long`, { file, position });
      }
      if (length > left) {
        want = length;
        break;
      }
      events.push(framer.frame(buffer, at, file, position));
      at += length;
      position += length;
    }
    pending.push(buffer.subarray(at));
    if (events.length > 0) yield { events };
  }
  const cutBytes = pending.length;
  if (!begun) throw new NotABinlogError('the stream ends before a binlog begins', { file, position: 0 });
  if (pending.length >= EVENT_HEADER_LENGTH) framer.checkCut(pending.take(), 0, file, position);
  yield { events: [], fileEnd: { file, position, cutBytes } };
}

/** Chunks not yet used; joined only when enough are there, so that a large event is copied once. */
class PendingBytes {
  #chunks: Buffer[] = [];
  length = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.length += chunk.length;
  }

  take(): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.length = 0;
    return all;
  }
}
