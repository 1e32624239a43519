import type { Column, ColumnValue } from './model.js';
import { doubleText } from './values/floating.js';

/**
 * A decoded value as `SELECT` prints it in a UTC session; bytes stay bytes. ENUM and SET give the names of their members,
 * the number in digits where names are not known. FLOAT prints all digits that it has (`SELECT` rounds to six).
 */
export function valueText(column: Column, value: NonNullable<ColumnValue>): string | Buffer {
  switch (column.kind) {
    case 'float':
    case 'double':
      return doubleText(value as number);
    case 'year':
      return `${value as number}`.padStart(4, '0');
    case 'enum':
      return enumName(column, value as number) ?? `${value as number}`;
    case 'set':
      return setNames(column, value as number | bigint)?.join(',') ?? `${value as number | bigint}`;
    default:
      return typeof value === 'number' || typeof value === 'bigint' ? `${value}` : value;
  }
}

/** The name of an ENUM's member; `''` for 0, `undefined` when names are not known. */
export function enumName(column: Column, index: number): string | undefined {
  return index === 0 ? (column.values === undefined ? undefined : '') : column.values?.[index - 1];
}

/** The names of a SET's members that are in `mask`; `undefined` when names are not known. */
export function setNames(column: Column, mask: number | bigint): string[] | undefined {
  if (column.values === undefined) return undefined;
  const bits = BigInt(mask);
  return column.values.filter((_, i) => (bits >> BigInt(i)) & 1n);
}
