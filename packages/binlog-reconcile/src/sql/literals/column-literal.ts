import type { Column, ColumnValue, RowImage } from '../../rows/model.js';
import { UnwritableRowError, type UnwritableReason } from '../errors.js';
import { quoteText } from '../quoting.js';
import { jsonLiteral } from './json-literal.js';
import { mayHoldOpaque } from './json-opaque.js';
import { SqlBuffer } from './sql-buffer.js';
import { plainLiterals, writeTextLiteral } from './text-literal.js';

/** Writes one column's value, as {@link RowImage.get} gives it (not undefined), as an SQL expression. */
export type LiteralWriter = (out: SqlBuffer, value: ColumnValue, image: RowImage) => void;

/** The same for a value that is not NULL. */
export type NotNullWriter = (out: SqlBuffer, value: NonNullable<ColumnValue>, image: RowImage) => void;

/**
 * The writer of literals that give a column exactly its value back, in a session as `SQL_SESSION` sets it up (utf8mb4,
 * UTC, zero dates allowed, backslash escapes). Throws {@link UnwritableRowError} where there is no such literal.
 */
export function literalWriter(column: Column): LiteralWriter {
  const write = notNullWriter(column);
  return (out, value, image) => {
    if (value === null) out.ascii('NULL');
    else write(out, value, image);
  };
}

/** One literal as a string. Throws {@link UnwritableRowError}. */
export function literalText(column: Column, value: ColumnValue, image: RowImage): string {
  const out = new SqlBuffer();
  literalWriter(column)(out, value, image);
  return out.takeText();
}

/** {@link literalWriter} for values that are not NULL. */
export function notNullWriter(column: Column): NotNullWriter {
  switch (column.kind) {
    case 'integer':
    case 'year':
      return (out, value) => out.integer(value as number | bigint);
    case 'decimal':
      return (out, value) => out.ascii(value as string);
    case 'float':
      return (out, value) => out.ascii(floatLiteral(value as number));
    case 'double':
      return (out, value) => out.ascii(doubleLiteral(value as number));
    case 'date':
    case 'time':
    case 'datetime':
    case 'timestamp':
    case 'inet4':
    case 'inet6':
    case 'uuid':
      return (out, value) => out.quoted(value as string);
    case 'bit':
      return (out, value) => out.ascii(bitLiteral(value as Buffer));
    case 'enum':
      return enumWriter(column);
    case 'set':
      return setWriter(column);
    case 'text':
      return textWriter(column);
    case 'json':
      return jsonWriter(column);
    case 'binary':
    case 'bytes':
    case 'geometry':
    case 'vector':
      return (out, value) => out.hex(value as Buffer);
  }
}

/** The shortest text that reads back as the same double. */
export function doubleLiteral(value: number): string {
  return Object.is(value, -0) ? "'-0'" : String(value);
}

/** Texts of floats that were seen, by their bits: a column mostly holds few. */
const knownBits = new Int32Array(1024);
const knownTexts = new Array<string>(1024).fill('0');

/** {@link doubleLiteral} of the number that a FLOAT's four bytes (as an integer) are. */
export function floatBitsLiteral(bits: number, value: number): string {
  const slot = (bits ^ (bits >>> 10) ^ (bits >>> 20)) & 1023;
  if (knownBits[slot] !== bits) {
    knownTexts[slot] = doubleLiteral(value);
    knownBits[slot] = bits;
  }
  return knownTexts[slot] as string;
}

/** The greatest FLOAT is a little less than its shortest text, which the server finds out of range. */
export function floatLiteral(value: number): string {
  return doubleLiteral(Math.abs(value) > 3.4e38 ? Math.fround(value) : value);
}

/** The number that the bits are. A BIT column compares as a number, and takes one without loss. */
export function bitLiteral(bytes: Buffer): string {
  return bytes.length <= 6
    ? bytes.readUIntBE(0, bytes.length).toString()
    : BigInt(`0x${bytes.toString('hex')}`).toString();
}

function enumWriter(column: Column): NotNullWriter {
  const literals = column.values?.map((name) => {
    const literal = memberLiteral(name);
    return literal === undefined ? undefined : Buffer.from(literal);
  });
  return (out, value, image) => {
    if (value === 0) {
      throw unwritable(
        image,
        column,
        'invalid-enum',
        'the ENUM holds the empty value that marks an invalid one',
      );
    }
    const literal = literals?.[(value as number) - 1];
    if (literal === undefined) out.integer(value as number);
    else out.raw(literal);
  };
}

function setWriter(column: Column): NotNullWriter {
  const { values } = column;
  if (
    values === undefined ||
    values.length > 32 ||
    values.some((name) => memberLiteral(name) === undefined)
  ) {
    return (out, value) => out.integer(value as number | bigint);
  }
  return (out, value) => {
    const mask = Number(value);
    out.quoted(values.filter((_, i) => Math.floor(mask / 2 ** i) % 2 === 1).join(','));
  };
}

/** Names that lost characters on the way here cannot be written; the server takes the index as well. */
export function memberLiteral(name: string): string | undefined {
  return name.includes('\ufffd') ? undefined : quoteText(name);
}

function textWriter(column: Column): NotNullWriter {
  const charset = column.charset ?? 'binary';
  const plain = plainLiterals(charset);
  return (out, value, image) => {
    if (typeof value !== 'string') {
      throw unwritable(image, column, 'invalid-text', `bytes that are not valid ${charset}`);
    }
    if (plain === 'all') out.quoted(value);
    else writeTextLiteral(out, charset, plain, value, () => bytesOf(image, column));
  };
}

function jsonWriter(column: Column): NotNullWriter {
  return (out, value, image) => {
    const bytes = bytesOf(image, column);
    if (image.jsonDiffs(column.index) === undefined && !mayHoldOpaque(bytes, 0, bytes.length)) {
      out.quoted(value as string);
      return;
    }
    const root = image.json(column.index);
    const literal = root === null || root === undefined ? undefined : jsonLiteral(root);
    if (literal === undefined) {
      throw unwritable(image, column, 'json', 'a JSON document with a value that SQL has no expression for');
    }
    out.text(literal);
  };
}

function bytesOf(image: RowImage, column: Column): Buffer {
  return image.bytes(column.index) ?? Buffer.alloc(0);
}

/** The error of one column of a row. */
export function unwritable(
  image: RowImage,
  column: Column,
  reason: UnwritableReason,
  detail: string,
): UnwritableRowError {
  const { schema, table } = image.table;
  return new UnwritableRowError(schema, table, column.name ?? `@${column.index + 1}`, reason, detail);
}
