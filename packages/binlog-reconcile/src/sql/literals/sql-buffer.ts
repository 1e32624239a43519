import { putInteger, putPadded, type TextWriter } from '../../rows/decoder/text/scratch.js';
import { viewOf } from '../../rows/decoder/view-of.js';
import { escapeText } from '../quoting.js';

const MINIMUM_BYTES = 64 * 1024;
/** A buffer that a large row made larger than this is given back once it is taken. */
const KEPT_BYTES_MAX = 1024 * 1024;
const QUOTE = 0x27;

/** What a string literal does with a byte: as it is, behind a backslash as this letter, or (1) it is not ASCII. */
const LITERAL_FORM = new Uint8Array(256).fill(1, 128);
for (const character of "\0\b\n\r\t\x1a'\\") {
  LITERAL_FORM[character.charCodeAt(0)] = escapeText(character).charCodeAt(1);
}
const AS_IT_IS = 0;
const NOT_ASCII = 1;
const BACKSLASH = 0x5c;

/** Two upper-case hex digits for each byte, the first one in the low bits. */
const HEX = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0').toUpperCase()).readUInt16LE(),
);

/** A sign and the digits of 2^53. */
const INTEGER_BYTES_MAX = 20;

/** What {@link SqlBuffer.written} makes room for: the longest DECIMAL. */
const WRITTEN_BYTES_MAX = 80;

function viewAll(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

/**
 * Whether one of four bytes may need an escape or is not ASCII: is below 0x20, a quote, a backslash, or has its high bit
 * ("Bit Twiddling Hacks", S. E. Anderson, on finding a byte in a word).
 */
function holdsSpecial(word: number): boolean {
  const quote = word ^ 0x2727_2727;
  const backslash = word ^ 0x5c5c_5c5c;
  return (
    ((word |
      ((word - 0x2020_2020) & ~word) |
      ((quote - 0x0101_0101) & ~quote) |
      ((backslash - 0x0101_0101) & ~backslash)) &
      0x8080_8080) !==
    0
  );
}

/** A text that is written often, as the words that it is in memory. */
export class SqlPiece {
  readonly words: Int32Array;
  readonly length: number;

  constructor(text: string) {
    const bytes = Buffer.from(text);
    this.length = bytes.length;
    this.words = new Int32Array((bytes.length + 3) >> 2);
    for (let i = 0; i < this.words.length; i++) {
      let word = 0;
      for (let k = 3; k >= 0; k--) word = (word << 8) | (bytes[4 * i + k] ?? 0);
      this.words[i] = word;
    }
  }
}

/**
 * UTF-8 text that grows at its end: SQL is gathered in it byte by byte, which is several times faster than joining
 * strings and encoding them.
 */
export class SqlBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(MINIMUM_BYTES);
  #view = viewAll(this.#bytes);
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Forgets everything behind an earlier length. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  /** Everything; the buffer is empty afterwards. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    // A copy of little is cheaper than another buffer.
    if (bytes.length <= this.#bytes.length / 2 && this.#bytes.length <= KEPT_BYTES_MAX)
      return Buffer.from(bytes);
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(this.#bytes.length, KEPT_BYTES_MAX));
    this.#view = viewAll(this.#bytes);
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

  /** A text that was prepared. */
  piece({ words, length }: SqlPiece): void {
    this.#reserve(4 * words.length);
    const view = this.#view;
    let at = this.#length;
    for (let i = 0; i < words.length; i++) {
      view.setInt32(at, words[i] as number, true);
      at += 4;
    }
    // What the last word has more is written over.
    this.#length += length;
  }

  /**
   * A value of the bytes from `start` to `end` of `source`, whose text is at most {@link WRITTEN_BYTES_MAX} long; writes
   * nothing and returns false where the writer cannot.
   */
  written(write: TextWriter, source: Buffer, start: number, end: number): boolean {
    this.#reserve(WRITTEN_BYTES_MAX);
    const at = write(viewOf(source), start, end, this.#view, this.#length);
    if (at < 0) return false;
    this.#length = at;
    return true;
  }

  /** {@link written} between quotes. */
  quotedWritten(write: TextWriter, source: Buffer, start: number, end: number): boolean {
    const bytes = this.#reserve(WRITTEN_BYTES_MAX + 2);
    const at = write(viewOf(source), start, end, this.#view, this.#length + 1);
    if (at < 0) return false;
    bytes[this.#length] = QUOTE;
    bytes[at] = QUOTE;
    this.#length = at + 1;
    return true;
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
  quotedBytes(source: DataView, start: number, end: number): boolean {
    this.#reserve((end - start) * 2 + 6);
    const view = this.#view;
    let at = this.#length;
    view.setUint8(at++, QUOTE);
    let i = start;
    while (i < end) {
      // Four at a time, as long as all of them stand for themselves.
      for (; i + 4 <= end; i += 4) {
        const word = source.getInt32(i, true);
        if (holdsSpecial(word)) break;
        view.setInt32(at, word, true);
        at += 4;
      }
      for (const stop = Math.min(i + 4, end); i < stop; i++) {
        const code = source.getUint8(i);
        const form = LITERAL_FORM[code] as number;
        if (form === AS_IT_IS) view.setUint8(at++, code);
        else if (form === NOT_ASCII) return false;
        else {
          view.setUint8(at++, BACKSLASH);
          view.setUint8(at++, form);
        }
      }
    }
    view.setUint8(at++, QUOTE);
    this.#length = at;
    return true;
  }

  /**
   * A binary string literal, `X'00FF'`, of the bytes from `start` to `end`, with zero bytes behind up to `lengthMin`.
   */
  hex(source: Uint8Array, start = 0, end = source.length, lengthMin = 0): void {
    const bytes = this.#reserve(Math.max(end - start, lengthMin) * 2 + 3);
    const view = this.#view;
    let at = this.#length;
    bytes[at++] = 0x58;
    bytes[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      view.setUint16(at, HEX[source[i] as number] as number, true);
      at += 2;
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
    if (typeof value === 'bigint' || !Number.isSafeInteger(value)) {
      this.ascii(value.toString());
      return;
    }
    const bytes = this.#reserve(INTEGER_BYTES_MAX);
    const view = this.#view;
    let at = this.#length;
    let rest = value;
    if (rest < 0) {
      bytes[at++] = 0x2d;
      rest = -rest;
    }
    if (rest < 1e9) {
      this.#length = putInteger(view, at, rest);
      return;
    }
    const high = Math.floor(rest / 1e9);
    at = putInteger(view, at, high);
    putPadded(view, at, rest - high * 1e9, 9);
    this.#length = at + 9;
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
    this.#view = viewAll(larger);
    return larger;
  }
}
