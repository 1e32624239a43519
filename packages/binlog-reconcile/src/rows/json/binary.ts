import { utf8Chars } from '../charset/utf8.js';
import { DecodeError } from '../../events/decode-error.js';

/** Type bytes of MySQL's binary JSON (`json_binary.h`). */
export const JsonType = {
  SmallObject: 0x00,
  LargeObject: 0x01,
  SmallArray: 0x02,
  LargeArray: 0x03,
  Literal: 0x04,
  Int16: 0x05,
  Uint16: 0x06,
  Int32: 0x07,
  Uint32: 0x08,
  Int64: 0x09,
  Uint64: 0x0a,
  Double: 0x0b,
  String: 0x0c,
  Opaque: 0x0f,
} as const;

/** The server nests no deeper. */
export const JSON_DEPTH_MAX = 100;

/**
 * What reading one document may cost. Every value takes bytes of its own in a document that a server wrote, so that
 * a damaged one, whose offsets make parts count many times, runs out.
 */
export class JsonBudget {
  constructor(private left: number) {}

  spend(bytes: number): void {
    this.left -= bytes;
    if (this.left < 0) throw new DecodeError('the parts of a JSON document overlap');
  }
}

/** An object or array: where its entries are. Offsets count from its own start. */
export class JsonContainer {
  readonly count: number;
  readonly isObject: boolean;
  private readonly large: boolean;
  private readonly start: number;
  private readonly end: number;
  private readonly keysAt: number;
  private readonly valuesAt: number;

  constructor(
    private readonly b: Buffer,
    type: number,
    start: number,
    limit: number,
  ) {
    this.isObject = type <= JsonType.LargeObject;
    this.large = (type & 1) === 1;
    const width = this.large ? 4 : 2;
    if (start + 2 * width > limit) throw new DecodeError('a JSON container without room for its header');
    this.start = start;
    this.count = this.number(start);
    const size = this.number(start + width);
    const keyEntry = this.isObject ? width + 2 : 0;
    const header = 2 * width + this.count * (keyEntry + 1 + width);
    if (size < header || size > limit - start) {
      throw new DecodeError(`a JSON container of ${size} bytes with ${this.count} members does not fit`);
    }
    this.end = start + size;
    this.keysAt = start + 2 * width;
    this.valuesAt = this.keysAt + this.count * keyEntry;
  }

  private number(at: number): number {
    return this.large ? this.b.readUInt32LE(at) : this.b.readUInt16LE(at);
  }

  /** Key of a member of an object. */
  key(index: number): string {
    const width = this.large ? 4 : 2;
    const entry = this.keysAt + index * (width + 2);
    const at = this.start + this.number(entry);
    const length = this.b.readUInt16LE(entry + width);
    if (at < this.valuesAt || at + length > this.end) throw new DecodeError('a JSON key outside its object');
    return utf8Chars(this.b, at, length);
  }

  /** Type of a member. */
  type(index: number): number {
    return this.b[this.valuesAt + index * (this.large ? 5 : 3)] as number;
  }

  /** Where the value of a member begins: in its entry where it fits there, else behind the entries. */
  valueAt(index: number): number {
    const entry = this.valuesAt + index * (this.large ? 5 : 3) + 1;
    const type = this.b[entry - 1] as number;
    const inline =
      (type >= JsonType.Literal && type <= JsonType.Uint16) ||
      (this.large && (type === JsonType.Int32 || type === JsonType.Uint32));
    if (inline) return entry;
    const at = this.start + this.number(entry);
    if (at < this.valuesAt || at >= this.end) throw new DecodeError('a JSON value outside its container');
    return at;
  }

  /** Values end before this. */
  get limit(): number {
    return this.end;
  }
}

/** Reads the length before a string or opaque value: seven bits a byte, lowest first. Returns [length, where it ends]. */
export function jsonLength(b: Buffer, at: number, limit: number): [length: number, dataAt: number] {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    if (at + i >= limit) break;
    const byte = b[at + i] as number;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (length > limit - at - i - 1) break;
      return [length, at + i + 1];
    }
  }
  throw new DecodeError('a JSON string or opaque value does not fit');
}

/** Throws unless `size` bytes are there. */
export function need(at: number, size: number, limit: number): void {
  if (at + size > limit) throw new DecodeError('a JSON number is cut off');
}
