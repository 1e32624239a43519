import type { ByteCursor } from '../../events/byte-cursor.js';
import { DecodeError } from '../../events/decode-error.js';
import { ColumnType, type ColumnTypeCode } from '../column-type.js';
import { decimalSize } from '../values/decimal.js';

/** Type of a column and the numbers that its packed form depends on. */
export interface ColumnShape {
  readonly type: ColumnTypeCode;
  readonly meta: number;
  readonly length: number;
  readonly scale: number;
}

/** Reads a column's part of the metadata block (`Field::save_field_metadata` of the server). Throws {@link DecodeError}. */
export function readColumnShape(type: number, cursor: ByteCursor): ColumnShape {
  switch (type) {
    case ColumnType.Float:
    case ColumnType.Double: {
      const meta = cursor.u8();
      return shape(type, meta, meta, 0);
    }
    case ColumnType.VarChar:
    case ColumnType.VarString:
    case ColumnType.VarCharCompressed: {
      const length = cursor.u16();
      return shape(type, length, length, 0);
    }
    case ColumnType.Bit: {
      const odd = cursor.u8();
      const bytes = cursor.u8();
      if (odd > 7) throw new DecodeError(`a BIT column with ${odd} odd bits`);
      return shape(type, (odd << 8) | bytes, bytes * 8 + odd, 0);
    }
    case ColumnType.NewDecimal: {
      const precision = cursor.u8();
      const scale = cursor.u8();
      if (precision < 1 || precision > 81 || scale > precision || decimalSize(precision, scale) < 1) {
        throw new DecodeError(`a DECIMAL(${precision},${scale}) column`);
      }
      return shape(type, (precision << 8) | scale, precision, scale);
    }
    case ColumnType.Blob:
    case ColumnType.TinyBlob:
    case ColumnType.MediumBlob:
    case ColumnType.LongBlob:
    case ColumnType.BlobCompressed:
    case ColumnType.Geometry:
    case ColumnType.Json:
    case ColumnType.Vector: {
      const prefix = cursor.u8();
      if (prefix < 1 || prefix > 4) throw new DecodeError(`a BLOB column with ${prefix} length bytes`);
      return shape(type, prefix, prefix, 0);
    }
    case ColumnType.Timestamp2:
    case ColumnType.DateTime2:
    case ColumnType.Time2: {
      const digits = cursor.u8();
      if (digits > 6) throw new DecodeError(`a temporal column with ${digits} fraction digits`);
      return shape(type, digits, 0, digits);
    }
    case ColumnType.String:
    case ColumnType.Enum:
    case ColumnType.Set:
      return readStringShape(cursor);
    case ColumnType.TypedArray:
      // The array's element type with its metadata; the values themselves are JSON arrays.
      readColumnShape(cursor.u8(), cursor);
      return shape(ColumnType.TypedArray, 4, 4, 0);
    case ColumnType.Tiny:
    case ColumnType.Short:
    case ColumnType.Int24:
    case ColumnType.Long:
    case ColumnType.LongLong:
    case ColumnType.Null:
    case ColumnType.Timestamp:
    case ColumnType.Date:
    case ColumnType.NewDate:
    case ColumnType.Time:
    case ColumnType.DateTime:
    case ColumnType.Year:
      return shape(type, 0, 0, 0);
    default:
      throw new DecodeError(`column type ${type} is unknown: use a newer version of this package`);
  }
}

/**
 * CHAR, BINARY, ENUM and SET share a type; the first byte is the real one. Two of its bits, inverted, extend the length
 * in the second byte for CHARs of more than 255 bytes.
 */
function readStringShape(cursor: ByteCursor): ColumnShape {
  const first = cursor.u8();
  const second = cursor.u8();
  if ((first & 0x30) !== 0x30) {
    const length = second | (((first & 0x30) ^ 0x30) << 4);
    return shape((first | 0x30) as ColumnTypeCode, length, length, 0);
  }
  if (first === ColumnType.Enum || first === ColumnType.Set) {
    if (second < 1 || second > (first === ColumnType.Enum ? 2 : 8)) {
      throw new DecodeError(`an ENUM or SET column of ${second} bytes`);
    }
  } else if (first !== ColumnType.String && first !== ColumnType.VarString) {
    throw new DecodeError(`a string column of type ${first}`);
  }
  return shape(first, second, second, 0);
}

function shape(type: ColumnTypeCode, meta: number, length: number, scale: number): ColumnShape {
  return { type, meta, length, scale };
}
