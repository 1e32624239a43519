import type { Column, RowImage } from '../../rows/model.js';
import { quoteIdentifier } from '../quoting.js';
import { doubleLiteral, notNullWriter, type LiteralWriter, type NotNullWriter } from './column-literal.js';
import { isPlain, plainLiteralsOfSameBytes } from './text-literal.js';
import { SqlBuffer } from './sql-buffer.js';

/**
 * How exactly a condition compares text: `collation` as the column does (an index can be used; `'a'` may equal
 * `'A'`), or `bytes`.
 */
export type TextComparison = 'collation' | 'bytes';

/** The writer of the condition that a column holds a value, `` `c` = 5 ``. The column's name must be known. */
export function conditionWriter(column: Column, comparison: TextComparison): LiteralWriter {
  const name = quoteIdentifier(column.name ?? '');
  const isNull = Buffer.from(`${name} IS NULL`);
  const [left, write] = conditionParts(column, name, comparison);
  const begin = Buffer.from(`${left} = `);
  return (out, value, image) => {
    if (value === null) {
      out.raw(isNull);
      return;
    }
    out.raw(begin);
    write(out, value, image);
  };
}

/** One condition as a string. Throws {@link UnwritableRowError}. */
export function conditionText(column: Column, comparison: TextComparison, image: RowImage): string {
  const out = new SqlBuffer();
  conditionWriter(column, comparison)(out, image.get(column.index) ?? null, image);
  return out.takeText();
}

/** What is compared, and the writer of what it is compared with. */
function conditionParts(
  column: Column,
  name: string,
  comparison: TextComparison,
): [left: string, write: NotNullWriter] {
  const literal = notNullWriter(column);
  switch (column.kind) {
    case 'float':
      // A FLOAT is compared as the double that it is, not as its shortest text.
      return [name, (out, value) => out.ascii(doubleLiteral(Math.fround(value as number)))];
    case 'enum':
      return [
        name,
        (out, value, image) => {
          if (value === 0) out.ascii('0');
          else literal(out, value, image);
        },
      ];
    case 'json':
      return [
        name,
        (out, value, image) => {
          out.ascii('CAST(');
          literal(out, value, image);
          out.ascii(' AS JSON)');
        },
      ];
    case 'vector':
      // Vectors cannot be compared with `=`.
      return [`HEX(${name})`, (out, value) => out.quoted((value as Buffer).toString('hex').toUpperCase())];
    case 'text':
      return comparison === 'bytes' ? [`CAST(${name} AS BINARY)`, textBytesWriter(column)] : [name, literal];
    default:
      return [name, literal];
  }
}

function textBytesWriter(column: Column): NotNullWriter {
  const plain = plainLiteralsOfSameBytes(column.charset ?? 'binary');
  return (out, value, image) => {
    if (typeof value === 'string' && isPlain(plain, value)) out.quoted(value);
    else out.hex(image.bytes(column.index) ?? Buffer.alloc(0));
  };
}
