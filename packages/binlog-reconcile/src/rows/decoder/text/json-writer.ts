import { JsonType } from '../../json/binary.js';
import { jsonDoubleText } from '../../json/print.js';
import { putByte, putInteger, putPadded, type TextWriter } from './scratch.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BLANK = 0x20;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Deeper documents are left to `jsonText`. */
const DEPTH_MAX = 16;
/** What a number, a literal, or the punctuation of a member takes at most. */
const ROOM = 32;

/** Bytes that stand for themselves between quotes. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, c) =>
  c >= 0x20 && c < 0x80 && c !== QUOTE && c !== 0x5c ? 1 : 0,
);

/** Bytes of the document that may still be used: see `JsonBudget`. */
let budget = 0;

/**
 * A binary JSON document as `jsonText` prints it, if it is one of plain ASCII, without opaque values, and sound: whatever
 * is the matter with another one, `jsonText` finds out.
 */
export const writeJson: TextWriter = (bytes, start, end, out, at) => {
  if (end <= start) return -1;
  budget = end - start;
  return value(bytes, out, bytes.getUint8(start), start + 1, end, at, DEPTH_MAX);
};

function value(
  b: DataView,
  out: DataView,
  type: number,
  from: number,
  limit: number,
  at: number,
  depth: number,
): number {
  if (at + ROOM > out.byteLength) return -1;
  switch (type) {
    case JsonType.SmallObject:
    case JsonType.LargeObject:
    case JsonType.SmallArray:
    case JsonType.LargeArray:
      return depth === 0 ? -1 : container(b, out, type, from, limit, at, depth - 1);
    case JsonType.Literal:
      return from + 1 > limit ? -1 : literal(out, b.getUint8(from), at);
    case JsonType.Int16:
      return from + 2 > limit ? -1 : integer(out, b.getInt16(from, true), at);
    case JsonType.Uint16:
      return from + 2 > limit ? -1 : integer(out, b.getUint16(from, true), at);
    case JsonType.Int32:
      return from + 4 > limit ? -1 : integer(out, b.getInt32(from, true), at);
    case JsonType.Uint32:
      return from + 4 > limit ? -1 : integer(out, b.getUint32(from, true), at);
    case JsonType.Int64:
    case JsonType.Uint64: {
      if (from + 8 > limit) return -1;
      const high = b.getInt32(from + 4, true);
      if (high < (type === JsonType.Int64 ? -0x10_0000 : 0) || high >= 0x10_0000) return -1;
      return integer(out, high * 0x1_0000_0000 + b.getUint32(from, true), at);
    }
    case JsonType.Double:
      return from + 8 > limit ? -1 : double(out, b.getFloat64(from, true), at);
    case JsonType.String: {
      const length = stringLength(b, from, limit);
      if (length < 0) return -1;
      budget -= length;
      if (budget < 0) return -1;
      return quoted(b, out, from + (length < 0x80 ? 1 : 2), length, at);
    }
    default:
      return -1;
  }
}

/** As `JsonContainer` reads it. */
function container(
  b: DataView,
  out: DataView,
  type: number,
  start: number,
  limit: number,
  to: number,
  depth: number,
): number {
  const isObject = type <= JsonType.LargeObject;
  const large = (type & 1) === 1;
  const width = large ? 4 : 2;
  if (start + 2 * width > limit) return -1;
  const count = number(b, start, large);
  const size = number(b, start + width, large);
  const keysAt = start + 2 * width;
  const valuesAt = keysAt + (isObject ? count * (width + 2) : 0);
  if (size < valuesAt + count * (1 + width) - start || size > limit - start) return -1;
  const end = start + size;
  budget -= 3 * count;
  if (budget < 0) return -1;
  let at = to;
  putByte(out, at++, isObject ? 0x7b : 0x5b);
  for (let i = 0; i < count; i++) {
    if (at + ROOM > out.byteLength) return -1;
    if (i > 0) {
      putByte(out, at, COMMA);
      putByte(out, at + 1, BLANK);
      at += 2;
    }
    if (isObject) {
      const entry = keysAt + i * (width + 2);
      const keyAt = start + number(b, entry, large);
      const length = b.getUint16(entry + width, true);
      budget -= length;
      if (keyAt < valuesAt || keyAt + length > end || budget < 0) return -1;
      at = quoted(b, out, keyAt, length, at);
      if (at < 0) return -1;
      putByte(out, at, COLON);
      putByte(out, at + 1, BLANK);
      at += 2;
    }
    const entry = valuesAt + i * (1 + width);
    const memberType = b.getUint8(entry);
    let from = entry + 1;
    const inline =
      (memberType >= JsonType.Literal && memberType <= JsonType.Uint16) ||
      (large && (memberType === JsonType.Int32 || memberType === JsonType.Uint32));
    if (!inline) {
      from = start + number(b, entry + 1, large);
      if (from < valuesAt || from >= end) return -1;
    }
    at = value(b, out, memberType, from, end, at, depth);
    if (at < 0) return -1;
  }
  if (at + 1 > out.byteLength) return -1;
  putByte(out, at, isObject ? 0x7d : 0x5d);
  return at + 1;
}

function number(b: DataView, at: number, large: boolean): number {
  return large ? b.getUint32(at, true) : b.getUint16(at, true);
}

/** One or two bytes of length; -1 for more, and where the string does not fit. */
function stringLength(b: DataView, at: number, limit: number): number {
  if (at >= limit) return -1;
  const first = b.getUint8(at);
  if (first < 0x80) return first <= limit - at - 1 ? first : -1;
  if (at + 1 >= limit) return -1;
  const second = b.getUint8(at + 1);
  const length = (first & 0x7f) | (second << 7);
  return second < 0x80 && length >= 0x80 && length <= limit - at - 2 ? length : -1;
}

function quoted(b: DataView, out: DataView, from: number, length: number, to: number): number {
  if (to + length + ROOM > out.byteLength) return -1;
  let at = to;
  putByte(out, at++, QUOTE);
  let plain = 1;
  for (let i = 0; i < length; i++) {
    const byte = b.getUint8(from + i);
    plain &= PLAIN[byte] as number;
    putByte(out, at++, byte);
  }
  if (plain === 0) return -1;
  putByte(out, at, QUOTE);
  return at + 1;
}

function literal(out: DataView, code: number, at: number): number {
  const text = code === 0 ? 'null' : code === 1 ? 'true' : 'false';
  return code > 2 ? -1 : ascii(out, text, at);
}

function ascii(out: DataView, text: string, at: number): number {
  for (let i = 0; i < text.length; i++) putByte(out, at + i, text.charCodeAt(i));
  return at + text.length;
}

/** An integer of at most 2^53 either way. */
function integer(out: DataView, n: number, to: number): number {
  let at = to;
  let rest = n;
  if (n < 0) {
    putByte(out, at++, MINUS);
    rest = -n;
  }
  if (rest < 1e9) return putInteger(out, at, rest);
  const high = Math.floor(rest / 1e9);
  at = putInteger(out, at, high);
  putPadded(out, at, rest - high * 1e9, 9);
  return at + 9;
}

/** With up to four decimals by hand: a decimal of no more than 15 digits is the shortest text of its double. */
function double(out: DataView, value: number, at: number): number {
  const absolute = Math.abs(value);
  if (absolute >= 1e-4 && absolute < 1e9) {
    let power = 10;
    for (let decimals = 1; decimals <= 4; decimals++) {
      const scaled = Math.round(absolute * power);
      if (scaled / power === absolute) {
        const whole = Math.floor(absolute);
        const point = integer(
          out,
          value < 0 ? -whole : whole,
          value < 0 && whole === 0 ? minus(out, at) : at,
        );
        putByte(out, point, POINT);
        putPadded(out, point + 1, scaled - whole * power, decimals);
        return point + 1 + decimals;
      }
      power *= 10;
    }
  }
  return ascii(out, jsonDoubleText(value), at);
}

function minus(out: DataView, at: number): number {
  putByte(out, at, MINUS);
  return at + 1;
}
