import { JuteError } from './jute-error.js';

const emptyBuffer = Buffer.alloc(0);

/**
 * Reads the types of ZooKeeper's serialization "jute" (see `JuteWriter`) from one frame. Every read checks that the
 * frame has so many bytes and throws `JuteError` when not, so that corrupt lengths cannot reach beyond the frame.
 */
export class JuteReader {
  #bytes: Buffer;
  #at: number;
  #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Points the reader at another frame (readers are reused: one per connection). */
  reset(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#advance(4));
  }

  long(): bigint {
    return this.#bytes.readBigInt64BE(this.#advance(8));
  }

  /** A long that is known to fit a number exactly (times in milliseconds). */
  longAsNumber(): number {
    const at = this.#advance(8);
    return this.#bytes.readInt32BE(at) * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4);
  }

  bool(): boolean {
    return this.#bytes[this.#advance(1)] !== 0;
  }

  string(): string {
    const length = this.#length('string');
    const at = this.#advance(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  /** A copy (the frame's memory is not kept alive); an absent buffer (length -1) reads as an empty one. */
  buffer(): Buffer {
    const length = this.#length('buffer');
    if (length === 0) return emptyBuffer;
    const at = this.#advance(length);
    return Buffer.from(this.#bytes.subarray(at, at + length));
  }

  vector<T>(read: () => T): T[] {
    const count = this.#length('vector');
    // An element takes at least one byte: a count beyond that is corrupt and must not drive a loop or an allocation.
    if (count > this.remaining) {
      throw new JuteError(`a vector claims ${count} elements but only ${this.remaining} bytes follow`);
    }
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) items.push(read());
    return items;
  }

  #length(what: string): number {
    const length = this.int();
    if (length === -1) return 0;
    if (length < 0) throw new JuteError(`a ${what} has the impossible length ${length}`);
    return length;
  }

  #advance(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#end - at) {
      throw new JuteError(`the frame ends ${bytes - (this.#end - at)} bytes too early`);
    }
    this.#at = at + bytes;
    return at;
  }
}
