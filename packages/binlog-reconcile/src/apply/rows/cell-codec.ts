import type { Column, ColumnValue, RowImage } from '../../rows/model.js';
import { valueText } from '../../rows/value-text.js';
import { quoteIdentifier } from '../../sql/quoting.js';
import type { Cell } from '../connection/sql-connection.js';
import type { ShownValue } from './row-conflict.js';

/**
 * How one column is read from a server (text protocol, no character set conversion, UTC) so that nothing of its value
 * is lost, and how that compares with the same column of a row image.
 */
export interface CellCodec {
  /** What to select. */
  readonly select: string;
  /** The cell in a form that is equal for equal values. */
  canonical(cell: Buffer): string;
  /** The same form of a value in an image (not NULL). */
  canonicalOf(value: NonNullable<ColumnValue>, image: RowImage): string;
  /** For reports. */
  show(cell: Buffer): ShownValue;
}

/** The codec of a column whose name is known. */
export function cellCodec(column: Column): CellCodec {
  const name = quoteIdentifier(column.name ?? '');
  const { index } = column;
  switch (column.kind) {
    case 'integer':
    case 'year':
      // ZEROFILL pads with zeros, which the binlog does not know of.
      return text(
        name,
        (digits) => BigInt(digits).toString(),
        (value) => value.toString(),
      );
    case 'decimal':
      return text(name, withoutZeros, (value) => withoutZeros(value as string));
    case 'float':
      // Selected as it is, a FLOAT is rounded to six digits.
      return text(`${name} + 0e0`, floatBits, (value) => floatBits(Number(value)));
    case 'double':
      return text(
        `${name} + 0e0`,
        (digits) => String(Number(digits)),
        (value) => String(Number(value)),
      );
    case 'enum':
      return text(
        `${name} + 0`,
        (digits) => digits,
        (value) => value.toString(),
      );
    case 'set':
      return text(
        `CAST(${name} AS UNSIGNED)`,
        (digits) => digits,
        (value) => value.toString(),
      );
    case 'date':
    case 'time':
    case 'datetime':
    case 'timestamp':
    case 'json':
    case 'inet4':
    case 'inet6':
    case 'uuid':
      return text(
        name,
        (cell) => cell,
        (value) => value as string,
      );
    case 'text':
      return {
        select: name,
        canonical: latin1,
        canonicalOf: (value, image) => latin1(image.bytes(index) ?? (value as Buffer)),
        show: (cell) => showBytes(cell, column),
      };
    case 'bit':
    case 'binary':
    case 'bytes':
    case 'geometry':
    case 'vector':
      return {
        select: name,
        canonical: latin1,
        canonicalOf: (value) => latin1(value as Buffer),
        show: (cell) => ({ hex: cell.toString('hex') }),
      };
  }
}

function text(
  select: string,
  canonical: (text: string) => string,
  canonicalOf: (value: NonNullable<ColumnValue>) => string,
): CellCodec {
  return {
    select,
    canonical: (cell) => canonical(cell.toString('utf8')),
    canonicalOf,
    show: (cell) => cell.toString('utf8'),
  };
}

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1');
}

/** `007.50` and `7.50` are one value; `-0.00` is `0.00`. */
function withoutZeros(digits: string): string {
  const [, sign = '', rest = ''] = /^(-?)0*(.*)$/.exec(digits) ?? [];
  const number = rest === '' || rest.startsWith('.') ? `0${rest}` : rest;
  return /[1-9]/.test(number) ? sign + number : number;
}

function floatBits(value: string | number): string {
  return String(Math.fround(Number(value)));
}

function showBytes(bytes: Buffer, column: Column): ShownValue {
  const isUtf8 = column.charset === 'utf8mb4' || column.charset === 'utf8mb3' || column.charset === 'ascii';
  return isUtf8 ? bytes.toString('utf8') : { hex: bytes.toString('hex') };
}

/** A value of an image for a report. */
export function showValue(column: Column, value: ColumnValue): ShownValue {
  if (value === null) return null;
  const shown = valueText(column, value);
  return typeof shown === 'string' ? shown : { hex: shown.toString('hex') };
}

/** A cell for a report. */
export function showCell(codec: CellCodec, cell: Cell): ShownValue {
  return cell === null ? null : codec.show(cell);
}
