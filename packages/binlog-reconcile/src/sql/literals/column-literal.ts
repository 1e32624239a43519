import type { Column, ColumnValue, RowImage } from '../../rows/model.js';
import { UnwritableRowError, type UnwritableReason } from '../errors.js';
import { hexLiteral, quoteText } from '../quoting.js';
import { jsonLiteral } from './json-literal.js';
import { textLiteral } from './text-literal.js';

/** Writes one column's value, as {@link RowImage.get} gives it (not undefined), as an SQL expression. */
export type LiteralWriter = (value: ColumnValue, image: RowImage) => string;

/**
 * The writer of literals that give a column exactly its value back, in a session as `SQL_SESSION` sets it up (utf8mb4,
 * UTC, zero dates allowed, backslash escapes). Throws {@link UnwritableRowError} where there is no such literal.
 */
export function literalWriter(column: Column): LiteralWriter {
  const write = writerOfKind(column);
  return (value, image) => (value === null ? 'NULL' : write(value, image));
}

type NotNullWriter = (value: Exclude<ColumnValue, null>, image: RowImage) => string;

function writerOfKind(column: Column): NotNullWriter {
  switch (column.kind) {
    case 'integer':
    case 'year':
    case 'decimal':
      return (value) => value.toString();
    case 'float':
      return (value) => floatLiteral(value as number);
    case 'double':
      return (value) => doubleLiteral(value as number);
    case 'date':
    case 'time':
    case 'datetime':
    case 'timestamp':
    case 'inet4':
    case 'inet6':
    case 'uuid':
      return (value) => `'${value as string}'`;
    case 'bit':
      return (value) => bitLiteral(value as Buffer);
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
      return (value) => hexLiteral(value as Buffer);
  }
}

/** The greatest FLOAT is a little less than its shortest text, which the server finds out of range. */
function floatLiteral(value: number): string {
  return doubleLiteral(Math.abs(value) > 3.4e38 ? Math.fround(value) : value);
}

/** The shortest text that reads back as the same double; with an exponent, so that it is not read as a DECIMAL. */
export function doubleLiteral(value: number): string {
  if (Object.is(value, -0)) return "'-0'";
  const text = String(value);
  return text.includes('e') ? text : `${text}e0`;
}

/** The number that the bits are. A BIT column compares as a number, and takes one without loss. */
export function bitLiteral(bytes: Buffer): string {
  return bytes.length <= 6
    ? bytes.readUIntBE(0, bytes.length).toString()
    : BigInt(`0x${bytes.toString('hex')}`).toString();
}

function enumWriter(column: Column): NotNullWriter {
  const literals = column.values?.map(memberLiteral);
  return (value, image) => {
    if (value === 0) {
      throw unwritable(
        image,
        column,
        'invalid-enum',
        'the ENUM holds the empty value that marks an invalid one',
      );
    }
    return literals?.[(value as number) - 1] ?? value.toString();
  };
}

function setWriter(column: Column): NotNullWriter {
  const { values } = column;
  if (
    values === undefined ||
    values.length > 32 ||
    values.some((name) => memberLiteral(name) === undefined)
  ) {
    return (value) => value.toString();
  }
  return (value) => {
    const mask = Number(value);
    return quoteText(values.filter((_, i) => Math.floor(mask / 2 ** i) % 2 === 1).join(','));
  };
}

/** Names that lost characters on the way here cannot be written; the server takes the index as well. */
function memberLiteral(name: string): string | undefined {
  return name.includes('\ufffd') ? undefined : quoteText(name);
}

function textWriter(column: Column): NotNullWriter {
  const charset = column.charset ?? 'binary';
  return (value, image) => {
    if (typeof value !== 'string') {
      throw unwritable(image, column, 'invalid-text', `bytes that are not valid ${charset}`);
    }
    return textLiteral(charset, value, () => bytesOf(image, column));
  };
}

function jsonWriter(column: Column): NotNullWriter {
  return (value, image) => {
    // Decimals, dates and binary strings are "opaque" (0x0f) in the binary form; most documents have no such byte.
    const whole = image.jsonDiffs(column.index) === undefined;
    if (whole && !bytesOf(image, column).includes(0x0f)) return quoteText(value as string);
    const root = image.json(column.index);
    const literal = root === null || root === undefined ? undefined : jsonLiteral(root);
    if (literal === undefined) {
      throw unwritable(image, column, 'json', 'a JSON document with a value that SQL has no expression for');
    }
    return literal;
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
