import { ColumnType } from '../../rows/column-type.js';
import type { Column, RowImage } from '../../rows/model.js';

/**
 * Packs columns of an image as a row event holds them: a bitmap of NULLs (one bit for each column packed), then the
 * values, those of variable length behind their length.
 */
export function packImage(image: RowImage, columns: readonly Column[]): Buffer {
  const nulls = Buffer.alloc((columns.length + 7) >> 3);
  const parts: Buffer[] = [nulls];
  columns.forEach((column, i) => {
    const bytes = image.bytes(column.index);
    if (bytes === undefined) throw new TypeError(`The image does not hold column ${column.index}`);
    if (bytes === null) {
      nulls[i >> 3] = (nulls[i >> 3] as number) | (1 << (i & 7));
      return;
    }
    const value = isCompressed(column) && bytes.length > 0 ? Buffer.concat([UNCOMPRESSED, bytes]) : bytes;
    const prefix = lengthBytes(column);
    if (prefix > 0) {
      const length = Buffer.allocUnsafe(prefix);
      length.writeUIntLE(value.length, 0, prefix);
      parts.push(length);
    }
    parts.push(value);
  });
  return Buffer.concat(parts);
}

/** One bit for each column of the table, set for those in `columns`. */
export function columnBitmap(tableColumns: number, columns: readonly Column[]): Buffer {
  const bitmap = Buffer.alloc((tableColumns + 7) >> 3);
  for (const { index } of columns) bitmap[index >> 3] = (bitmap[index >> 3] as number) | (1 << (index & 7));
  return bitmap;
}

/** How a COMPRESSED column of MariaDB marks a value that is stored as it is. */
const UNCOMPRESSED = Buffer.from([0]);

function isCompressed({ type }: Column): boolean {
  return type === ColumnType.BlobCompressed || type === ColumnType.VarCharCompressed;
}

function lengthBytes({ type, length }: Column): number {
  switch (type) {
    case ColumnType.VarChar:
    case ColumnType.VarString:
    case ColumnType.VarCharCompressed:
    case ColumnType.String:
      return length > 255 ? 2 : 1;
    case ColumnType.Json:
    case ColumnType.TypedArray:
      return 4;
    case ColumnType.Blob:
    case ColumnType.TinyBlob:
    case ColumnType.MediumBlob:
    case ColumnType.LongBlob:
    case ColumnType.BlobCompressed:
    case ColumnType.Geometry:
    case ColumnType.Vector:
      return length;
    default:
      return 0;
  }
}
