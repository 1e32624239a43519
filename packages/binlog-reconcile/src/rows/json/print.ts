import { DecodeError } from '../../events/decode-error.js';
import { utf8Chars } from '../charset/utf8.js';
import { ColumnType } from '../column-type.js';
import { decimalSize, readDecimal } from '../values/decimal.js';
import { doubleText, readDouble } from '../values/floating.js';
import { packedDateText, packedDateTimeText, packedTimeText } from '../values/temporal.js';
import { JSON_DEPTH_MAX, JsonBudget, JsonContainer, jsonLength, JsonType, need } from './binary.js';

/**
 * Text of a binary JSON document as the server prints it. Offsets are followed, so holes that in-place updates left do
 * not matter. No bytes at all stand for the literal null, as in the server.
 * @throws DecodeError
 */
export function jsonText(b: Buffer, start: number, end: number): string {
  if (end <= start) return 'null';
  return value(b, b[start] as number, start + 1, end, new JsonBudget(end - start), JSON_DEPTH_MAX);
}

function value(
  b: Buffer,
  type: number,
  at: number,
  limit: number,
  budget: JsonBudget,
  depth: number,
): string {
  switch (type) {
    case JsonType.SmallObject:
    case JsonType.LargeObject:
    case JsonType.SmallArray:
    case JsonType.LargeArray:
      return container(b, type, at, limit, budget, depth);
    case JsonType.Literal:
      need(at, 1, limit);
      return literal(b[at] as number);
    case JsonType.Int16:
      need(at, 2, limit);
      return `${b.readInt16LE(at)}`;
    case JsonType.Uint16:
      need(at, 2, limit);
      return `${b.readUInt16LE(at)}`;
    case JsonType.Int32:
      need(at, 4, limit);
      return `${b.readInt32LE(at)}`;
    case JsonType.Uint32:
      need(at, 4, limit);
      return `${b.readUInt32LE(at)}`;
    case JsonType.Int64:
      need(at, 8, limit);
      return `${b.readBigInt64LE(at)}`;
    case JsonType.Uint64:
      need(at, 8, limit);
      return `${b.readBigUInt64LE(at)}`;
    case JsonType.Double:
      need(at, 8, limit);
      return jsonDoubleText(readDouble(b, at));
    case JsonType.String: {
      const [length, dataAt] = jsonLength(b, at, limit);
      budget.spend(length);
      return quote(utf8Chars(b, dataAt, length));
    }
    case JsonType.Opaque: {
      need(at, 1, limit);
      const [length, dataAt] = jsonLength(b, at + 1, limit);
      budget.spend(length);
      return opaqueText(b[at] as number, b, dataAt, length);
    }
    default:
      throw new DecodeError(`JSON type ${type} is unknown`);
  }
}

function container(
  b: Buffer,
  type: number,
  at: number,
  limit: number,
  budget: JsonBudget,
  depth: number,
): string {
  if (depth === 0) throw new DecodeError(`JSON nested deeper than ${JSON_DEPTH_MAX} levels`);
  const members = new JsonContainer(b, type, at, limit);
  budget.spend(3 * members.count);
  let text = members.isObject ? '{' : '[';
  for (let i = 0; i < members.count; i++) {
    if (i > 0) text += ', ';
    if (members.isObject) {
      const key = members.key(i);
      budget.spend(key.length);
      text += quotedKey(key);
    }
    text += value(b, members.type(i), members.valueAt(i), members.limit, budget, depth - 1);
  }
  return text + (members.isObject ? '}' : ']');
}

/** Quoted keys with their colon: a table's documents have few different ones. */
const quotedKeys = new Map<string, string>();
const QUOTED_KEYS_MAX = 1000;

function quotedKey(key: string): string {
  let quoted = quotedKeys.get(key);
  if (quoted === undefined) {
    quoted = `${quote(key)}: `;
    if (quotedKeys.size >= QUOTED_KEYS_MAX) quotedKeys.clear();
    quotedKeys.set(key, quoted);
  }
  return quoted;
}

export function literal(code: number): string {
  if (code === 0) return 'null';
  if (code === 1) return 'true';
  if (code === 2) return 'false';
  throw new DecodeError(`JSON literal ${code} is unknown`);
}

/** A double keeps a point or an exponent, so that it reads back as one. */
export function jsonDoubleText(number: number): string {
  const text = doubleText(number);
  // Integers of 1e15 and more have an exponent.
  return Number.isInteger(number) && Math.abs(number) < 1e15 ? `${text}.0` : text;
}

// eslint-disable-next-line no-control-regex -- control characters are what must be escaped
const ESCAPED = /["\\\u0000-\u001f]/;
// eslint-disable-next-line no-control-regex
const EVERY_ESCAPED = /["\\\u0000-\u001f]/g;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A JSON string as the server quotes it. */
export function quote(text: string): string {
  if (!ESCAPED.test(text)) return `"${text}"`;
  const escaped = text.replace(
    EVERY_ESCAPED,
    (c) => SHORT_ESCAPES[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** Dates and decimals inside JSON are values of their column types; anything else prints as base64. */
export function opaqueText(fieldType: number, b: Buffer, at: number, length: number): string {
  switch (fieldType) {
    case ColumnType.NewDecimal:
      return opaqueDecimal(b, at, length).text;
    case ColumnType.Date:
      needTemporal(length);
      return `"${packedDateText(b, at)}"`;
    case ColumnType.DateTime:
    case ColumnType.Timestamp:
      needTemporal(length);
      return `"${packedDateTimeText(b, at)}"`;
    case ColumnType.Time:
      needTemporal(length);
      return `"${packedTimeText(b, at)}"`;
    default:
      return `"${base64Text(fieldType, b.subarray(at, at + length))}"`;
  }
}

/** `base64:type15:...`, as it stands inside quotes: the server breaks base64 into lines of 76 characters. */
export function base64Text(fieldType: number, bytes: Buffer): string {
  const base64 = bytes.toString('base64').replace(/.{76}(?=.)/g, '$&\\n');
  return `base64:type${fieldType}:${base64}`;
}

/** A DECIMAL inside JSON: precision, scale, packed digits. */
export function opaqueDecimal(
  b: Buffer,
  at: number,
  length: number,
): { text: string; precision: number; scale: number } {
  const precision = length < 2 ? 0 : (b[at] as number);
  const scale = length < 2 ? 0 : (b[at + 1] as number);
  if (precision < 1 || precision > 65 || scale > precision || decimalSize(precision, scale) !== length - 2) {
    throw new DecodeError('a JSON decimal that is none');
  }
  return { text: readDecimal(b, at + 2, precision, scale), precision, scale };
}

export function needTemporal(length: number): void {
  if (length !== 8) throw new DecodeError('a date or time inside JSON must have 8 bytes');
}
