import { ColumnType } from '../../rows/column-type.js';
import type { ColumnCodec } from '../../rows/decoder/column-codec.js';
import { writeJson } from '../../rows/decoder/text/json-writer.js';
import { IMAGE_BYTES_MAX, scratchView } from '../../rows/decoder/text/scratch.js';
import { viewOf } from '../../rows/decoder/view-of.js';
import type { Column } from '../../rows/model.js';
import {
  bitLiteral,
  doubleLiteral,
  floatBitsLiteral,
  floatLiteral,
  memberLiteral,
} from '../literals/column-literal.js';
import type { TextComparison } from '../literals/column-condition.js';
import { mayHoldOpaque } from '../literals/json-opaque.js';
import { SqlPiece, type SqlBuffer } from '../literals/sql-buffer.js';
import { plainLiterals, plainLiteralsOfSameBytes } from '../literals/text-literal.js';
import { quoteText } from '../quoting.js';
import type { PackedWriter } from './packed-writer.js';

/** A value that needs the careful way: decoded, and explained where there is no literal for it. */
export const NOT_PLAIN = Symbol('not plain');

export function notPlain(): never {
  // Thrown and caught within this folder; there is nothing that a stack would tell.
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw NOT_PLAIN;
}

/** What `literalWriter` writes of a column, straight from its packed bytes. Throws {@link NOT_PLAIN}. */
export function packedLiteral(column: Column, codec: ColumnCodec): PackedWriter {
  const { read } = codec;
  switch (column.kind) {
    case 'integer':
      return packedInteger(column, codec);
    case 'year':
      return (out, b, start, end) => out.integer(read(b, start, end) as number);
    case 'decimal':
      return packedNumber(codec);
    case 'float':
      return (out, b, start, end) => out.ascii(floatLiteral(read(b, start, end) as number));
    case 'double':
      return (out, b, start, end) => out.ascii(doubleLiteral(read(b, start, end) as number));
    case 'date':
    case 'datetime':
    case 'timestamp':
    case 'time':
    case 'inet4':
    case 'inet6':
    case 'uuid':
      return quotedText(codec);
    case 'bit':
      return (out, b, start, end) => out.ascii(bitLiteral(read(b, start, end) as Buffer));
    case 'enum':
      return packedEnum(column, codec, notPlain);
    case 'set':
      return packedSet(column, codec);
    case 'text':
      return packedText(column, codec, false);
    case 'json':
      return packedJson(codec);
    case 'binary':
    case 'bytes':
    case 'geometry':
    case 'vector':
      return packedBytes(column);
  }
}

/** What `conditionWriter` writes behind the equal sign, straight from the packed bytes. Throws {@link NOT_PLAIN}. */
export function packedOperand(column: Column, codec: ColumnCodec, comparison: TextComparison): PackedWriter {
  switch (column.kind) {
    case 'float':
      return (out, b, start) => {
        const view = viewOf(b);
        out.ascii(floatBitsLiteral(view.getInt32(start, true), view.getFloat32(start, true)));
      };
    case 'enum':
      return packedEnum(column, codec, (out) => out.ascii('0'));
    case 'text':
      return packedText(column, codec, comparison === 'bytes');
    case 'json': {
      const literal = packedLiteral(column, codec);
      return (out, b, start, end) => {
        out.ascii('CAST(');
        literal(out, b, start, end);
        out.ascii(' AS JSON)');
      };
    }
    case 'vector':
      return notPlain;
    default:
      return packedLiteral(column, codec);
  }
}

function quotedText({ read, write }: ColumnCodec): PackedWriter {
  if (write === undefined) return (out, b, start, end) => out.quoted(read(b, start, end) as string);
  return (out, b, start, end) => {
    if (!out.quotedWritten(write, b, start, end)) out.quoted(read(b, start, end) as string);
  };
}

function packedNumber({ read, write }: ColumnCodec): PackedWriter {
  return (out, b, start, end) => {
    if (write === undefined || !out.written(write, b, start, end)) out.ascii(read(b, start, end) as string);
  };
}

function packedInteger(column: Column, codec: ColumnCodec): PackedWriter {
  const { unsigned } = column;
  const { size, read } = codec;
  if (unsigned === undefined) return notPlain;
  if (size === 8) {
    return (out, b, start, end) => {
      const low = ((b[start] as number) | ((b[start + 1] as number) << 8) | ((b[start + 2] as number) << 16) | ((b[start + 3] as number) << 24)) >>> 0; // prettier-ignore
      const high = (b[start + 4] as number) | ((b[start + 5] as number) << 8) | ((b[start + 6] as number) << 16) | ((b[start + 7] as number) << 24); // prettier-ignore
      // Up to 2^52 either way a double holds the number; what is larger is rare.
      if (high < 0x100000 && high >= 0) out.integer(high * 0x1_0000_0000 + low);
      else out.integer(read(b, start, end) as number | bigint);
    };
  }
  const shift = 32 - size * 8;
  return (out, b, start) => {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | (b[start + i] as number);
    out.integer(unsigned ? value >>> 0 : (value << shift) >> shift);
  };
}

function packedEnum(column: Column, { read }: ColumnCodec, zero: (out: SqlBuffer) => void): PackedWriter {
  const literals = column.values?.map((name) => {
    const literal = memberLiteral(name);
    return literal === undefined ? undefined : new SqlPiece(literal);
  });
  return (out, b, start, end) => {
    const index = read(b, start, end) as number;
    const literal = literals?.[index - 1];
    if (index === 0) zero(out);
    else if (literal === undefined) out.integer(index);
    else out.piece(literal);
  };
}

/** Literals of masks that were seen, which are few in most tables. */
const SETS_KEPT_MAX = 4_096;

function packedSet(column: Column, { read }: ColumnCodec): PackedWriter {
  const { values } = column;
  if (
    values === undefined ||
    values.length > 32 ||
    values.some((name) => memberLiteral(name) === undefined)
  ) {
    return (out, b, start, end) => out.integer(read(b, start, end) as number | bigint);
  }
  const known = new Map<number, SqlPiece>();
  return (out, b, start, end) => {
    const mask = Number(read(b, start, end));
    let literal = known.get(mask);
    if (literal === undefined) {
      literal = new SqlPiece(
        quoteText(values.filter((_, i) => Math.floor(mask / 2 ** i) % 2 === 1).join(',')),
      );
      if (known.size < SETS_KEPT_MAX) known.set(mask, literal);
    }
    out.piece(literal);
  };
}

/** `asBytes`: what counts is that the bytes of the literal are those of the column. */
function packedText(column: Column, { read }: ColumnCodec, asBytes: boolean): PackedWriter {
  if (isCompressed(column)) return notPlain;
  const charset = column.charset ?? 'binary';
  const introducer = asBytes ? '' : `_${charset} `;
  const plainBytes = plainLiteralsOfSameBytes(charset) !== 'none';
  const plainText = (asBytes ? plainLiteralsOfSameBytes(charset) : plainLiterals(charset)) === 'all';
  return (out, b, start, end) => {
    if (plainBytes && out.quotedBytes(viewOf(b), start, end)) return;
    const value = read(b, start, end);
    if (typeof value !== 'string' && !asBytes) notPlain();
    if (typeof value === 'string' && plainText) {
      out.quoted(value);
      return;
    }
    out.ascii(introducer);
    out.hex(b, start, end);
  };
}

function packedJson({ read }: ColumnCodec): PackedWriter {
  return (out, b, start, end) => {
    // Room for text five times as long, as for images.
    const textEnd = end - start <= IMAGE_BYTES_MAX ? writeJson(viewOf(b), start, end, scratchView, 0) : -1;
    if (textEnd >= 0) {
      out.quotedBytes(scratchView, 0, textEnd);
      return;
    }
    if (mayHoldOpaque(b, start, end)) notPlain();
    out.quoted(read(b, start, end) as string);
  };
}

function packedBytes(column: Column): PackedWriter {
  if (isCompressed(column)) return notPlain;
  // BINARY(n) travels without its trailing zero bytes.
  const lengthMin = column.kind === 'binary' && column.type === ColumnType.String ? column.length : 0;
  return (out, b, start, end) => out.hex(b, start, end, lengthMin);
}

function isCompressed({ type }: Column): boolean {
  return type === ColumnType.BlobCompressed || type === ColumnType.VarCharCompressed;
}
