import { escapeText } from '../quoting.js';

const MINIMUM_BYTES = 64 * 1024;
/** A buffer that a large row made larger than this is given back once it is taken. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;
const QUOTE = 0x27;

/** What a string literal does with a byte: as it is, behind a backslash as this letter, or (1) it is not ASCII. */
const LITERAL_FORM = new Uint8Array(256).fill(1, 128);
for (const character of "\0\b\n\r\t\x1a'\\") {
  LITERAL_FORM[character.charCodeAt(0)] = escapeText(character).charCodeAt(1);
}
const AS_IT_IS = 0;
const NOT_ASCII = 1;
const BACKSLASH = 0x5c;

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
      if (code >= 128 || LITERAL_FORM[code] !== AS_IT_IS) {
        this.text(`'${escapeText(text)}'`);
        return;
      }
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  /** A string literal of bytes that are all below 0x80; writes nothing and returns false where one is not. */
  quotedBytes(source: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#reserve((end - start) * 2 + 2);
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const code = source[i] as number;
      const form = LITERAL_FORM[code] as number;
      if (form === AS_IT_IS) bytes[at++] = code;
      else if (form === NOT_ASCII) return false;
      else {
        bytes[at++] = BACKSLASH;
        bytes[at++] = form;
      }
    }
    bytes[at++] = QUOTE;
    this.#length = at;
    return true;
  }

  /**
   * A binary string literal, `X'00FF'`, of the bytes from `start` to `end`, with zero bytes behind up to `lengthMin`.
   */
  hex(source: Uint8Array, start = 0, end = source.length, lengthMin = 0): void {
    const bytes = this.#reserve(Math.max(end - start, lengthMin) * 2 + 3);
    let at = this.#length;
    bytes[at++] = 0x58;
    bytes[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const pair = (source[i] as number) * 2;
      bytes[at++] = HEX[pair] as number;
      bytes[at++] = HEX[pair + 1] as number;
    }
    for (let i = end - start; i < lengthMin; i++) {
      bytes[at++] = 0x30;
      bytes[at++] = 0x30;
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
      const tenth = (rest / 10) >>> 0;
      digits[count++] = 0x30 + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
    while (count > 0) bytes[at++] = digits[--count] as number;
    this.#length = at;
  }

  /** One character below U+0080. */
  character(code: number): void {
    this.#reserve(1)[this.#length++] = code;
  }

  /** A whole number below 2^31 in so many digits, zeros before it. */
  padded(value: number, width: number): void {
    const bytes = this.#reserve(width);
    let rest = value;
    for (let at = this.#length + width - 1; at >= this.#length; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = 0x30 + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += width;
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
