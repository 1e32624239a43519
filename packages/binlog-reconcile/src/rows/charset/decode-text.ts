import type { DecodeText } from './decode-text-type.js';
import { SHORT_TEXT_MAX, shortAsciiText } from './short-text.js';
import { latin1Text, utf8Text } from './slice.js';
import { multiByteText } from './multi-byte.js';
import { singleByteTables } from './single-byte-tables.js';
import { multiByteTables } from './multi-byte-tables.js';

const decoders = new Map<string, DecodeText>();

/** The decoder of a character set that MySQL or MariaDB has; `undefined` for `binary` and for names that are not known. */
export function textDecoder(charset: string): DecodeText | undefined {
  let decode = decoders.get(charset);
  if (decode === undefined) {
    decode = makeDecoder(charset);
    if (decode !== undefined) decoders.set(charset, decode);
  }
  return decode;
}

/** Whether each byte below 0x80 is the ASCII character in text of a character set, whatever stands before it. */
export function isAsciiBased(charset: string | undefined): boolean {
  if (charset === 'utf8mb4' || charset === 'utf8mb3' || charset === 'utf8') return true;
  return charset !== undefined && charset !== 'swe7' && singleByteTables[charset] !== undefined;
}

function makeDecoder(charset: string): DecodeText | undefined {
  switch (charset) {
    case 'utf8mb4':
    case 'utf8mb3':
    case 'utf8':
      return utf8;
    case 'ucs2':
    case 'utf16':
      return (buffer, start, end) => utf16(Buffer.from(buffer.subarray(start, end)), true);
    case 'utf16le':
      return (buffer, start, end) => utf16(buffer.subarray(start, end), false);
    case 'utf32':
      return utf32;
  }
  const upper = singleByteTables[charset];
  if (upper !== undefined) return charset === 'swe7' ? swe7(upper) : singleByte(upper);
  const packed = multiByteTables[charset];
  return packed === undefined ? undefined : multiByteText(packed);
}

function utf8(buffer: Buffer, start: number, end: number): string | undefined {
  const length = end - start;
  if (length <= SHORT_TEXT_MAX) {
    const ascii = shortAsciiText(buffer, start, length);
    if (ascii !== undefined) return ascii;
  }
  const text = utf8Text(buffer, start, end);
  if (!text.includes('\ufffd')) return text;
  return Buffer.from(text, 'utf8').equals(buffer.subarray(start, end)) ? text : undefined;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function utf16(bytes: Buffer, bigEndian: boolean): string | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const text = (bigEndian ? bytes.swap16() : bytes).toString('utf16le');
  return LONE_SURROGATE.test(text) ? undefined : text;
}

function utf32(buffer: Buffer, start: number, end: number): string | undefined {
  if ((end - start) % 4 !== 0) return undefined;
  let text = '';
  for (let at = start; at < end; at += 4) {
    const point = buffer.readUInt32BE(at);
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}

function singleByte(upper: string): DecodeText {
  return (buffer, start, end) => {
    if (end - start <= SHORT_TEXT_MAX) {
      const ascii = shortAsciiText(buffer, start, end - start);
      if (ascii !== undefined) return ascii;
    }
    const latin1 = latin1Text(buffer, start, end);
    if (!BEYOND_ASCII.test(latin1)) return latin1;
    let text = '';
    for (let i = start; i < end; i++) {
      const byte = buffer[i] as number;
      if (byte < 0x80) text += String.fromCharCode(byte);
      else {
        const character = upper[byte - 0x80] as string;
        if (character === '\ufffd') return undefined;
        text += character;
      }
    }
    return text;
  };
}

const BEYOND_ASCII = /[\x80-\xff]/;

/** Swedish 7-bit: even some bytes below 0x80 are not ASCII. */
function swe7(table: string): DecodeText {
  return (buffer, start, end) => {
    let text = '';
    for (let i = start; i < end; i++) {
      const character = table[buffer[i] as number] as string;
      if (character === '\ufffd') return undefined;
      text += character;
    }
    return text;
  };
}
