import { JuteError } from '../jute/jute-error.js';

/** Called with the bytes in which a whole frame lies at [start, end); they are valid only during the call. */
export type FrameConsumer = (bytes: Buffer, start: number, end: number) => void;

/**
 * Cuts the byte stream of a connection into frames: a length of four bytes, big-endian, then so many bytes.
 * Frames that lie within one chunk are handed over in place; one that is spread over chunks is put together once.
 */
export class FrameDecoder {
  readonly #maxFrameBytes: number;
  #parts: Buffer[] = [];
  #buffered = 0;
  /** Bytes needed before anything can be decoded. */
  #needed = 4;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes held of a frame that is not complete yet. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  /**
   * Feeds the next chunk; calls `consume` for each frame that is now complete. When `consume` throws, the decoder
   * must not be used again.
   * @throws JuteError on a length that is negative or beyond the limit.
   */
  push(chunk: Buffer, consume: FrameConsumer): void {
    let bytes = chunk;
    if (this.#buffered > 0) {
      this.#parts.push(chunk);
      this.#buffered += chunk.length;
      if (this.#buffered < this.#needed) return;
      bytes = Buffer.concat(this.#parts, this.#buffered);
      this.#parts = [];
      this.#buffered = 0;
    }

    let at = 0;
    this.#needed = 4;
    while (bytes.length - at >= 4) {
      const length = bytes.readInt32BE(at);
      if (length < 0 || length > this.#maxFrameBytes) {
        throw new JuteError(
          `a frame claims ${length} bytes; at most ${this.#maxFrameBytes} are accepted (option maxResponseBytes)`,
        );
      }
      if (bytes.length - at - 4 < length) {
        this.#needed = 4 + length;
        break;
      }
      const start = at + 4;
      at = start + length;
      consume(bytes, start, at);
    }
    if (at < bytes.length) {
      this.#parts.push(at === 0 ? bytes : bytes.subarray(at));
      this.#buffered = bytes.length - at;
    }
  }
}
