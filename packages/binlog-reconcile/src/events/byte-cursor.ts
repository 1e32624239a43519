import { DecodeError } from './decode-error.js';

/** Reads the little-endian fields of an event's body in order and never beyond its end. Throws {@link DecodeError}. */
export class ByteCursor {
  constructor(
    readonly buffer: Buffer,
    public offset: number,
    readonly end: number,
  ) {
    if (offset < 0 || end > buffer.length || offset > end) {
      throw new DecodeError(`no bytes ${offset} to ${end} in a buffer of ${buffer.length}`);
    }
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  skip(length: number): void {
    this.take(length);
  }

  u8(): number {
    return this.buffer[this.take(1)] as number;
  }

  u16(): number {
    return this.buffer.readUInt16LE(this.take(2));
  }

  u24(): number {
    return this.buffer.readUIntLE(this.take(3), 3);
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.take(4));
  }

  u48(): number {
    return this.buffer.readUIntLE(this.take(6), 6);
  }

  u64(): bigint {
    return this.buffer.readBigUInt64LE(this.take(8));
  }

  i64(): bigint {
    return this.buffer.readBigInt64LE(this.take(8));
  }

  /** Signed 64-bit number; what is beyond 2^53 is rounded. */
  i64Number(): number {
    const at = this.take(8);
    return this.buffer.readInt32LE(at + 4) * 0x1_0000_0000 + this.buffer.readUInt32LE(at);
  }

  /** Signed 64-bit number: exact, a bigint only where a number is not. */
  i64Exact(): number | bigint {
    const number = this.i64Number();
    if (Number.isSafeInteger(number)) return number;
    this.offset -= 8;
    return this.i64();
  }

  /** 56-bit number as `number`: exact up to 2^53 - 1. */
  u56(): number {
    const at = this.take(7);
    return this.buffer.readUIntLE(at, 4) + this.buffer.readUIntLE(at + 4, 3) * 0x1_0000_0000;
  }

  /** 64-bit position or length as `number`. Throws when it is beyond 2^53 - 1. */
  u64Number(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new DecodeError(`length or position ${value} is absurd`);
    return Number(value);
  }

  /** Length-encoded integer of the client/server protocol. */
  lengthEncoded(): number {
    const first = this.u8();
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.u16();
    if (first === 0xfd) return this.u24();
    if (first === 0xfe) return this.u64Number();
    throw new DecodeError(`0x${first.toString(16)} begins no length-encoded integer`);
  }

  /** A view of the next bytes. */
  bytes(length: number): Buffer {
    const at = this.take(length);
    return this.buffer.subarray(at, at + length);
  }

  utf8(length: number): string {
    const at = this.take(length);
    return this.buffer.toString('utf8', at, at + length);
  }

  latin1(length: number): string {
    const at = this.take(length);
    return this.buffer.toString('latin1', at, at + length);
  }

  /** A view of everything left. */
  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  private take(length: number): number {
    const at = this.offset;
    if (length < 0 || length > this.end - at) {
      throw new DecodeError(`${length} bytes expected at byte ${at} of the event, ${this.end - at} left`);
    }
    this.offset = at + length;
    return at;
  }
}
