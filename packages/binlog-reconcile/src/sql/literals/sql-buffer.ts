import { escapeText } from '../quoting.js';

const MINIMUM_BYTES = 64 * 1024;
/** A buffer that a large row made larger than this is given back once it is taken. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;
const QUOTE = 0x27;

/** ASCII characters that a string literal writes with a backslash. */
const ESCAPED = new Uint8Array(128);
for (const character of "\0\b\n\r\t\x1a'\\") ESCAPED[character.charCodeAt(0)] = 1;

/** Two upper-case hex digits for each byte. */
const HEX = Buffer.alloc(512);
for (let byte = 0; byte < 256; byte++)
  HEX.write(byte.toString(16).padStart(2, '0').toUpperCase(), byte * 2, 'latin1');

const digits = new Uint8Array(16);

/**
 * UTF-8 text that grows at its end: SQL is gathered in it byte by byte, which is several times faster than joining
 * strings and encoding them.
 */
export class SqlBuffer {
  #bytes = Buffer.allocUnsafeSlow(MINIMUM_BYTES);
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Forgets everything behind an earlier length. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  /** A copy of everything; the buffer is empty afterwards. */
  take(): Buffer {
    if (this.#bytes.length > KEPT_BYTES_MAX) {
      const whole = this.#bytes.subarray(0, this.#length);
      this.#bytes = Buffer.allocUnsafeSlow(MINIMUM_BYTES);
      this.#length = 0;
      return whole;
    }
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return bytes;
  }

  /** Everything as a string; the buffer is empty afterwards. */
  takeText(): string {
    const text = this.#bytes.toString('utf8', 0, this.#length);
    this.#length = 0;
    return text;
  }

  /** Puts text before what was written since `from`. */
  insert(from: number, text: string): void {
    const tail = Buffer.from(this.#bytes.subarray(from, this.#length));
    this.#length = from;
    this.text(text);
    this.raw(tail);
  }

  /** Characters below U+0080 only. */
  ascii(text: string): void {
    const count = text.length;
    const bytes = this.#reserve(count);
    let at = this.#length;
    for (let i = 0; i < count; i++) bytes[at++] = text.charCodeAt(i);
    this.#length = at;
  }

  /** Any text, as it is. */
  text(text: string): void {
    const bytes = this.#reserve(text.length * 3);
    this.#length += bytes.write(text, this.#length, 'utf8');
  }

  /** Bytes as they are. */
  raw(source: Uint8Array): void {
    const count = source.length;
    const bytes = this.#reserve(count);
    if (count > 48) {
      bytes.set(source, this.#length);
      this.#length += count;
      return;
    }
    let at = this.#length;
    for (let i = 0; i < count; i++) bytes[at++] = source[i] as number;
    this.#length = at;
  }

  /** A string literal, see {@link escapeText}. */
  quoted(text: string): void {
    const count = text.length;
    const bytes = this.#reserve(count + 2);
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < count; i++) {
      const code = text.charCodeAt(i);
      if (code >= 128 || ESCAPED[code] === 1) {
        this.text(`'${escapeText(text)}'`);
        return;
      }
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  /** A binary string literal, `X'00FF'`. */
  hex(source: Uint8Array): void {
    const count = source.length;
    const bytes = this.#reserve(count * 2 + 3);
    let at = this.#length;
    bytes[at++] = 0x58;
    bytes[at++] = QUOTE;
    for (let i = 0; i < count; i++) {
      const pair = (source[i] as number) * 2;
      bytes[at++] = HEX[pair] as number;
      bytes[at++] = HEX[pair + 1] as number;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  /** A whole number in decimal digits. */
  integer(value: number | bigint): void {
    if (typeof value === 'bigint' || value > 0xffffffff || value < -0xffffffff) {
      this.ascii(value.toString());
      return;
    }
    const bytes = this.#reserve(12);
    let at = this.#length;
    let rest = value;
    if (rest < 0) {
      bytes[at++] = 0x2d;
      rest = -rest;
    }
    let count = 0;
    do {
      const tenth = Math.floor(rest / 10);
      digits[count++] = 0x30 + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
    while (count > 0) bytes[at++] = digits[--count] as number;
    this.#length = at;
  }

  /** Makes room for so many bytes more. */
  #reserve(count: number): Buffer {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return this.#bytes;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    return larger;
  }
}
