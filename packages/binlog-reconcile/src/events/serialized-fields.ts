import type { ByteCursor } from './byte-cursor.js';
import { DecodeError } from './decode-error.js';

/**
 * Reads a message of MySQL's serialization library (`libs/mysql/serialization`, format version 1): version, size, the
 * last field that a reader must know, then fields, each its number and its value. Integers have a variable length:
 * the trailing one-bits of the first byte say how many bytes follow it; signed ones are folded (0, -1, 1, -2, ...).
 */
export class SerializedFields {
  readonly #end: number;
  readonly #lastRequired: number;
  #current = -1;

  /** Throws {@link DecodeError} when the message is of another version or does not fit. */
  constructor(private readonly cursor: ByteCursor) {
    const start = cursor.offset;
    const version = this.unsignedNumber();
    if (version !== 1) throw new DecodeError(`serialization version 1 expected, found ${version}`);
    const size = this.unsignedNumber();
    if (size > cursor.end - start) throw new DecodeError(`a message of ${size} bytes does not fit the event`);
    this.#end = start + size;
    this.#lastRequired = this.unsignedNumber();
  }

  /** The number of the next field, whose value must be read next; `undefined` at the end. */
  nextId(): number | undefined {
    if (this.cursor.offset >= this.#end) return undefined;
    const id = this.unsignedNumber();
    if (id <= this.#current) throw new DecodeError(`field ${id} after field ${this.#current}`);
    this.#current = id;
    return id;
  }

  /** Leaves out the current field and, since its length is not known, all after it; an error if one is required. */
  skipUnknown(): void {
    if (this.#current <= this.#lastRequired) {
      throw new DecodeError(`field ${this.#current} must be known to read this event, and is not`);
    }
    this.cursor.skip(this.#end - this.cursor.offset);
  }

  unsigned(): bigint {
    const first = this.cursor.u8();
    let extra = 0;
    while (extra < 8 && (first >> extra) & 1) extra++;
    if (extra === 0) return BigInt(first >> 1);
    let value = extra === 8 ? 0n : BigInt(first >> (extra + 1));
    let shift = BigInt(extra === 8 ? 0 : 7 - extra);
    for (let i = 0; i < extra; i++) {
      value |= BigInt(this.cursor.u8()) << shift;
      shift += 8n;
    }
    return value;
  }

  unsignedNumber(): number {
    const value = this.unsigned();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new DecodeError(`number ${value} is absurd`);
    return Number(value);
  }

  signed(): bigint {
    const folded = this.unsigned();
    return folded & 1n ? -(folded >> 1n) - 1n : folded >> 1n;
  }

  text(): string {
    return this.cursor.utf8(this.unsignedNumber());
  }
}
