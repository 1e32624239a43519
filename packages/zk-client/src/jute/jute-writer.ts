import { JuteError } from './jute-error.js';

const initialBytes = 64 * 1024;

/**
 * Writes the types of ZooKeeper's serialization "jute" (big-endian integers, length-prefixed strings and buffers,
 * counted vectors; zookeeper-jute, `BinaryOutputArchive`) into a slab that grows and is handed out in pieces, so that
 * many frames become one write and one allocation.
 */
export class JuteWriter {
  #slab: Buffer;
  /** Start of what `take()` has not handed out yet. */
  #start = 0;
  #end = 0;

  constructor(capacityBytes = initialBytes) {
    this.#slab = Buffer.allocUnsafeSlow(capacityBytes);
  }

  /** Bytes written and not taken. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Hands over everything written since the last `take()`. The piece is never written to again. */
  take(): Buffer {
    const piece = this.#slab.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return piece;
  }

  /** Forgets what was written after the mark (a value of `length`), so that a half-written frame leaves no trace. */
  truncate(mark: number): void {
    this.#end = this.#start + mark;
  }

  int(value: number): void {
    this.#reserve(4);
    this.#end = this.#slab.writeInt32BE(value, this.#end);
  }

  /** Overwrites an int that was written at `mark` (a value of `length` before it was written). */
  patchInt(mark: number, value: number): void {
    this.#slab.writeInt32BE(value, this.#start + mark);
  }

  long(value: bigint): void {
    this.#reserve(8);
    this.#end = this.#slab.writeBigInt64BE(value, this.#end);
  }

  bool(value: boolean): void {
    this.#reserve(1);
    this.#slab[this.#end++] = value ? 1 : 0;
  }

  string(value: string): void {
    // A UTF-16 unit becomes three bytes of UTF-8 at most.
    this.#reserve(4 + value.length * 3);
    const bytes = this.#slab.write(value, this.#end + 4, 'utf8');
    this.#slab.writeInt32BE(bytes, this.#end);
    this.#end += 4 + bytes;
  }

  /** `null` is written as length -1. A string is written as its UTF-8 bytes. */
  buffer(value: Uint8Array | string | null): void {
    if (value === null) return this.int(-1);
    if (typeof value === 'string') return this.string(value);
    this.#reserve(4 + value.length);
    this.#slab.writeInt32BE(value.length, this.#end);
    this.#slab.set(value, this.#end + 4);
    this.#end += 4 + value.length;
  }

  vector<T>(items: readonly T[], write: (item: T) => void): void {
    this.int(items.length);
    for (const item of items) write(item);
  }

  /** Copies bytes that are already serialized. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#slab.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Reserves the four bytes of a frame's length; returns the mark for `endFrame`. */
  beginFrame(): number {
    const mark = this.length;
    this.int(0);
    return mark;
  }

  /** Fills in the length of the frame that began at `mark`; returns it (without the length field itself). */
  endFrame(mark: number): number {
    const payloadBytes = this.length - mark - 4;
    if (payloadBytes < 0) throw new JuteError('a frame cannot end before it began');
    this.patchInt(mark, payloadBytes);
    return payloadBytes;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return;
    const pending = this.length;
    const grown = Buffer.allocUnsafeSlow(Math.max(initialBytes, (pending + bytes) * 2));
    this.#slab.copy(grown, 0, this.#start, this.#end);
    this.#slab = grown;
    this.#start = 0;
    this.#end = pending;
  }
}
