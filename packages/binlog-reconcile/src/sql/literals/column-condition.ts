import type { Column, ColumnValue, RowImage } from '../../rows/model.js';
import { hexLiteral, quoteIdentifier, quoteText } from '../quoting.js';
import { doubleLiteral, literalWriter } from './column-literal.js';
import { plainLiteralHasSameBytes } from './text-literal.js';

/**
 * How exactly a condition compares text: `collation` as the column does (an index can be used; `'a'` may equal
 * `'A'`), or `bytes`.
 */
export type TextComparison = 'collation' | 'bytes';

/** Writes the condition that a column holds a value, `` `c` = 5 ``. */
export type ConditionWriter = (value: ColumnValue, image: RowImage) => string;

/** The writer of a column's conditions. The column's name must be known. */
export function conditionWriter(column: Column, comparison: TextComparison): ConditionWriter {
  const name = quoteIdentifier(column.name ?? '');
  const literal = literalWriter(column);
  const isNull = `${name} IS NULL`;
  const write = conditionOfKind(column, name, literal, comparison);
  return (value, image) => (value === null ? isNull : write(value, image));
}

function conditionOfKind(
  column: Column,
  name: string,
  literal: ConditionWriter,
  comparison: TextComparison,
): ConditionWriter {
  switch (column.kind) {
    case 'float':
      // A FLOAT is compared as the double that it is, not as its shortest text.
      return (value) => `${name} = ${doubleLiteral(Math.fround(value as number))}`;
    case 'enum':
      return (value, image) => `${name} = ${value === 0 ? '0' : literal(value, image)}`;
    case 'json':
      return (value, image) => {
        const text = literal(value, image);
        return `${name} = ${text.startsWith("'") ? `CAST(${text} AS JSON)` : text}`;
      };
    case 'vector':
      // Vectors cannot be compared with `=`.
      return (value) => `HEX(${name}) = ${quoteText((value as Buffer).toString('hex').toUpperCase())}`;
    case 'text':
      return comparison === 'bytes'
        ? textByBytes(column, name)
        : (value, image) => `${name} = ${literal(value, image)}`;
    case 'binary':
      return (value) => `${name} = ${hexLiteral(value as Buffer)}`;
    default:
      return (value, image) => `${name} = ${literal(value, image)}`;
  }
}

function textByBytes(column: Column, name: string): ConditionWriter {
  const charset = column.charset ?? 'binary';
  return (value, image) => {
    const literal =
      typeof value === 'string' && plainLiteralHasSameBytes(charset, value)
        ? quoteText(value)
        : hexLiteral(image.bytes(column.index) ?? Buffer.alloc(0));
    return `CAST(${name} AS BINARY) = ${literal}`;
  };
}
