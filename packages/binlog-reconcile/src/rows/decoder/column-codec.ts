import { DecodeError } from '../../events/decode-error.js';
import { viewBytes } from '../../events/view-bytes.js';
import { inflateExactly } from '../../events/mariadb-compression.js';
import { isAsciiBased, textDecoder } from '../charset/decode-text.js';
import { ColumnType } from '../column-type.js';
import { SignednessUnknown } from '../errors.js';
import { jsonText } from '../json/print.js';
import type { Column, ColumnValue } from '../model.js';
import { decimalReader, decimalSize } from '../values/decimal.js';
import { readDouble, readFloat } from '../values/floating.js';
import { readBigInt, readBigUint, readMask } from '../values/integers.js';
import { inet4Text, inet6Text, uuidText } from '../values/network.js';
import {
  fractionSize,
  readDate,
  readDateTime2,
  readOldDateTime,
  readOldTime,
  readOldTimestamp,
  readTime2,
  readTimestamp2,
} from '../values/temporal.js';
import { writeAscii } from './text/ascii-writer.js';
import { decimalWriter } from './text/decimal-writer.js';
import { writeJson } from './text/json-writer.js';
import type { TextWriter } from './text/scratch.js';
import { dateTimeWriter, timestampWriter, timeWriter, writeDate } from './text/temporal-writers.js';

/** Decodes the value that is packed in `b` from `start` to `end` (behind its length prefix, if it has one). */
export type ReadValue = (b: Buffer, start: number, end: number) => ColumnValue;

/** How values of one column are packed and decoded. */
export interface ColumnCodec {
  /** Bytes of the length before the value (little endian); 0 = values have a fixed size. */
  readonly prefix: 0 | 1 | 2 | 3 | 4;
  /** Bytes of a value when `prefix` is 0. */
  readonly size: number;
  readonly read: ReadValue;
  /**
   * JavaScript that does what `read` does, for the code generator: an expression of `b`, `V` (a DataView of `b`), `S`
   * (where the value begins) and the functions of `inlineHelpers`. Without it the generated code calls `read`.
   */
  readonly inline?: string;
  /** JavaScript that tells that `read` must be called instead of {@link inline}; may leave numbers in `l` and `h`. */
  readonly inlineUnless?: string;
  /** Does what `read` does for most values of a kind that is text, for the code generator. */
  readonly write?: TextWriter;
}

const u16 = 'V.getUint16(S,true)';

/** The codec of a column. Every type that a TABLE_MAP event may name has one. */
export function columnCodec(column: Column): ColumnCodec {
  switch (column.type) {
    case ColumnType.Tiny:
      return integer(column, 1, 'b[S]', 'V.getInt8(S)');
    case ColumnType.Short:
      return integer(column, 2, u16, 'V.getInt16(S,true)');
    case ColumnType.Int24:
      return integer(column, 3, '(b[S]|b[S+1]<<8|b[S+2]<<16)', '(b[S]|b[S+1]<<8|V.getInt8(S+2)<<16)');
    case ColumnType.Long:
      return integer(column, 4, 'V.getUint32(S,true)', 'V.getInt32(S,true)');
    case ColumnType.LongLong:
      return bigInteger(column);
    case ColumnType.Float:
      return { ...fixed(4, readFloat), inline: 'shortestFloat32(V.getFloat32(S,true))' };
    case ColumnType.Double:
      return { ...fixed(8, readDouble), inline: 'V.getFloat64(S,true)' };
    case ColumnType.Year:
      return { ...fixed(1, (b, p) => year(b[p] as number)), inline: '(b[S]===0?0:1900+b[S])' };
    case ColumnType.NewDecimal: {
      const { length: precision, scale } = column;
      return {
        ...fixed(decimalSize(precision, scale), decimalReader(precision, scale)),
        write: decimalWriter(precision, scale),
      };
    }
    case ColumnType.Bit: {
      const size = (column.length + 7) >> 3;
      return fixed(size, view);
    }
    case ColumnType.Enum:
      return column.length === 1
        ? { ...fixed(1, (b, p) => b[p] as number), inline: 'b[S]' }
        : { ...fixed(2, (b, p) => (b[p] as number) | ((b[p + 1] as number) << 8)), inline: u16 };
    case ColumnType.Set: {
      const size = column.length;
      return fixed(size, (b, p) => readMask(b, p, size));
    }
    case ColumnType.Date:
    case ColumnType.NewDate:
      return { ...fixed(3, readDate), write: writeDate };
    case ColumnType.Time:
      return fixed(3, readOldTime);
    case ColumnType.DateTime:
      return fixed(8, readOldDateTime);
    case ColumnType.Timestamp:
      return fixed(4, readOldTimestamp);
    case ColumnType.Time2:
      return fraction(column, 3, readTime2, timeWriter);
    case ColumnType.DateTime2:
      return fraction(column, 5, readDateTime2, dateTimeWriter);
    case ColumnType.Timestamp2:
      return fraction(column, 4, readTimestamp2, timestampWriter);
    case ColumnType.Null:
      return { ...fixed(0, () => null), inline: 'null' };
    case ColumnType.VarChar:
    case ColumnType.VarString:
      return text(column, column.length > 255 ? 2 : 1);
    case ColumnType.String:
      return column.kind === 'binary'
        ? prefixed(column.length > 255 ? 2 : 1, padded(column))
        : text(column, column.length > 255 ? 2 : 1);
    case ColumnType.VarCharCompressed:
      return prefixed(column.length > 255 ? 2 : 1, compressed(stringReader(column)));
    case ColumnType.BlobCompressed:
      return prefixed(column.length as ColumnCodec['prefix'], compressed(stringReader(column)));
    case ColumnType.Json:
    case ColumnType.TypedArray:
      return { ...prefixed(4, jsonText), write: writeJson };
    case ColumnType.Geometry:
    case ColumnType.Vector:
      return prefixed(column.length as ColumnCodec['prefix'], view);
    case ColumnType.Blob:
    case ColumnType.TinyBlob:
    case ColumnType.MediumBlob:
    case ColumnType.LongBlob:
      return text(column, column.length as ColumnCodec['prefix']);
    default:
      throw new DecodeError(`column type ${column.type} has no decoder`);
  }
}

function fixed(size: number, read: ReadValue): ColumnCodec {
  return { prefix: 0, size, read };
}

function prefixed(prefix: ColumnCodec['prefix'], read: ReadValue): ColumnCodec {
  return { prefix, size: 0, read };
}

function text(column: Column, prefix: ColumnCodec['prefix']): ColumnCodec {
  const codec = prefixed(prefix, stringReader(column));
  return column.kind === 'text' && isAsciiBased(column.charset) ? { ...codec, write: writeAscii } : codec;
}

function fraction(
  column: Column,
  bytes: number,
  read: (b: Buffer, p: number, digits: number) => string,
  writer: (digits: number) => TextWriter,
): ColumnCodec {
  const digits = column.scale;
  return {
    ...fixed(bytes + fractionSize(digits), (b, p) => read(b, p, digits)),
    write: writer(digits),
  };
}

function year(byte: number): number {
  return byte === 0 ? 0 : 1900 + byte;
}

const view: ReadValue = viewBytes;

/** One to four bytes; `unsignedInline` and `signedInline` are JavaScript of their value. */
function integer(column: Column, size: number, unsignedInline: string, signedInline: string): ColumnCodec {
  const unsigned = (b: Buffer, p: number): number => {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (b[p + i] as number);
    return value;
  };
  const limit = 2 ** (size * 8 - 1);
  if (column.unsigned === true) return { ...fixed(size, unsigned), inline: unsignedInline };
  if (column.unsigned === false) {
    return {
      ...fixed(size, (b, p) => {
        const value = unsigned(b, p);
        return value >= limit ? value - 2 * limit : value;
      }),
      inline: signedInline,
    };
  }
  return fixed(size, (b, p) => {
    const value = unsigned(b, p);
    if (value >= limit) throw new SignednessUnknown();
    return value;
  });
}

/** Up to 2^53 a number; only what is beyond is left to `read`. */
function bigInteger(column: Column): ColumnCodec {
  const inline = 'h*4294967296+l';
  const halves = '(l=V.getUint32(S,true),h=V.getInt32(S+4,true)';
  if (column.unsigned === true) {
    return { ...fixed(8, readBigUint), inline, inlineUnless: `${halves},h<0||h>=2097152)` };
  }
  if (column.unsigned === false) {
    return { ...fixed(8, readBigInt), inline, inlineUnless: `${halves},h<=-2097152||h>=2097152)` };
  }
  return fixed(8, (b, p) => {
    if ((b[p + 7] as number) >= 0x80) throw new SignednessUnknown();
    return readBigUint(b, p);
  });
}

function stringReader(column: Column): ReadValue {
  switch (column.kind) {
    case 'inet4':
      return inet4Text;
    case 'inet6':
      return inet6Text;
    case 'uuid':
      return uuidText;
    case 'text': {
      const decode = column.charset === undefined ? undefined : textDecoder(column.charset);
      if (decode === undefined) return view;
      return (b, start, end) => decode(b, start, end) ?? b.subarray(start, end);
    }
    default:
      return view;
  }
}

/** BINARY(n) travels without its trailing zero bytes. */
function padded(column: Column): ReadValue {
  const length = column.length;
  return (b, start, end) => {
    if (end - start >= length) return viewBytes(b, start, end);
    const bytes = Buffer.alloc(length);
    b.copy(bytes, 0, start, end);
    return bytes;
  };
}

/**
 * COMPRESSED columns of MariaDB: nothing for empty, a zero byte before plain bytes, or a byte that says 8 (zlib) in its
 * upper half, "without zlib header" in bit 3 and in bits 0-2 how many bytes of length (big endian) precede the stream.
 */
function compressed(read: ReadValue): ReadValue {
  return (b, start, end) => {
    const opened = openColumn(b.subarray(start, end));
    return read(opened, 0, opened.length);
  };
}

/** The bytes of a value of a COMPRESSED column. Throws {@link DecodeError}. */
export function openColumn(bytes: Buffer): Buffer {
  const head = bytes[0];
  if (head === undefined) return bytes;
  if (head === 0) return bytes.subarray(1);
  const lengthBytes = head & 7;
  if (head >> 4 !== 8 || lengthBytes === 0 || lengthBytes > 4 || bytes.length <= lengthBytes) {
    throw new DecodeError(`a compressed value that begins with byte ${head}`);
  }
  return inflateExactly(bytes.subarray(1 + lengthBytes), bytes.readUIntBE(1, lengthBytes), (head & 8) !== 0);
}
