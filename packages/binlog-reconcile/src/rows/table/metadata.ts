import type { ByteCursor } from '../../events/byte-cursor.js';
import { DecodeError } from '../../events/decode-error.js';
import { ColumnType, type ColumnTypeCode } from '../column-type.js';
import type { PrimaryKeyPart } from '../model.js';

/** What the optional fields at the end of a TABLE_MAP event say; arrays have one entry per column of the table. */
export interface OptionalMetadata {
  unsigned?: (boolean | undefined)[];
  collationIds?: (number | undefined)[];
  names?: string[];
  values?: (Buffer[] | undefined)[];
  geometryTypes?: (number | undefined)[];
  primaryKey?: PrimaryKeyPart[];
  visible?: boolean[];
  dimensions?: (number | undefined)[];
}

/** Field numbers: `Table_map_event::Optional_metadata_field_type` in MySQL's `rows_event.h`. */
const Field = {
  Signedness: 1,
  DefaultCharset: 2,
  ColumnCharset: 3,
  ColumnName: 4,
  SetValues: 5,
  EnumValues: 6,
  GeometryType: 7,
  SimplePrimaryKey: 8,
  PrimaryKeyWithPrefix: 9,
  EnumAndSetDefaultCharset: 10,
  EnumAndSetColumnCharset: 11,
  ColumnVisibility: 12,
  VectorDimensionality: 13,
} as const;

type Flavor = 'mysql' | 'mariadb';

const NUMERIC: ReadonlySet<number> = new Set([
  ColumnType.Tiny,
  ColumnType.Short,
  ColumnType.Int24,
  ColumnType.Long,
  ColumnType.LongLong,
  ColumnType.NewDecimal,
  ColumnType.Float,
  ColumnType.Double,
]);

/** MariaDB's YEAR derives from TINYINT, and so has a signedness. */
const hasSignedness = (type: number, flavor: Flavor): boolean =>
  NUMERIC.has(type) || (flavor === 'mariadb' && type === ColumnType.Year);

const CHARACTER: ReadonlySet<number> = new Set([
  ColumnType.String,
  ColumnType.VarString,
  ColumnType.VarChar,
  ColumnType.Blob,
  ColumnType.BlobCompressed,
  ColumnType.VarCharCompressed,
]);

/** What derives from BLOB has a collation (binary) in the list: MySQL's VECTOR, MariaDB's GEOMETRY. */
const hasCollation = (type: number, flavor: Flavor): boolean =>
  CHARACTER.has(type) || type === (flavor === 'mariadb' ? ColumnType.Geometry : ColumnType.Vector);

const isEnumOrSet = (type: number): boolean => type === ColumnType.Enum || type === ColumnType.Set;

/**
 * Reads type-length-value fields up to the end of the event; unknown ones are skipped, as the server does.
 * @throws DecodeError
 */
export function parseOptionalMetadata(
  cursor: ByteCursor,
  types: readonly ColumnTypeCode[],
  flavor: Flavor,
): OptionalMetadata {
  const metadata: OptionalMetadata = {};
  const collations: (number | undefined)[] = new Array<undefined>(types.length);
  const isCharacter = (type: number) => hasCollation(type, flavor);
  const columnsWhere = (fits: (type: number) => boolean) =>
    types.flatMap((type, i) => (fits(type) ? [i] : []));
  const perColumn = <T>(columns: number[], read: () => T): (T | undefined)[] => {
    const list = new Array<T | undefined>(types.length).fill(undefined);
    for (const column of columns) list[column] = read();
    return list;
  };
  const columnIndex = (): number => {
    const index = cursor.lengthEncoded();
    if (index >= types.length) throw new DecodeError(`column ${index} of a table of ${types.length}`);
    return index;
  };

  while (cursor.remaining > 0) {
    const field = cursor.u8();
    const length = cursor.lengthEncoded();
    const end = cursor.offset + length;
    if (length > cursor.remaining) throw new DecodeError(`metadata field ${field} does not fit`);
    switch (field) {
      case Field.Signedness: {
        const bits = bitReader(cursor.bytes(length));
        metadata.unsigned = perColumn(
          columnsWhere((type) => hasSignedness(type, flavor)),
          bits,
        );
        break;
      }
      case Field.DefaultCharset:
      case Field.EnumAndSetDefaultCharset: {
        const columns = columnsWhere(field === Field.DefaultCharset ? isCharacter : isEnumOrSet);
        const common = cursor.lengthEncoded();
        for (const column of columns) collations[column] = common;
        while (cursor.offset < end) {
          const column = columns[cursor.lengthEncoded()];
          if (column === undefined) throw new DecodeError('a collation for a column that is not there');
          collations[column] = cursor.lengthEncoded();
        }
        break;
      }
      case Field.ColumnCharset:
      case Field.EnumAndSetColumnCharset:
        for (const column of columnsWhere(field === Field.ColumnCharset ? isCharacter : isEnumOrSet)) {
          collations[column] = cursor.lengthEncoded();
        }
        break;
      case Field.ColumnName:
        metadata.names = types.map(() => cursor.utf8(cursor.lengthEncoded()));
        break;
      case Field.SetValues:
      case Field.EnumValues: {
        const type = field === Field.SetValues ? ColumnType.Set : ColumnType.Enum;
        metadata.values ??= new Array<undefined>(types.length).fill(undefined);
        for (const column of columnsWhere((t) => t === type)) {
          const count = cursor.lengthEncoded();
          const values: Buffer[] = [];
          for (let i = 0; i < count; i++) values.push(cursor.bytes(cursor.lengthEncoded()));
          metadata.values[column] = values;
        }
        break;
      }
      case Field.GeometryType:
        metadata.geometryTypes = perColumn(
          columnsWhere((type) => type === ColumnType.Geometry),
          () => cursor.lengthEncoded(),
        );
        break;
      case Field.SimplePrimaryKey:
        metadata.primaryKey = [];
        while (cursor.offset < end) metadata.primaryKey.push({ column: columnIndex(), prefixLength: 0 });
        break;
      case Field.PrimaryKeyWithPrefix:
        metadata.primaryKey = [];
        while (cursor.offset < end) {
          const column = columnIndex();
          metadata.primaryKey.push({ column, prefixLength: cursor.lengthEncoded() });
        }
        break;
      case Field.ColumnVisibility: {
        const bits = bitReader(cursor.bytes(length));
        metadata.visible = types.map(bits);
        break;
      }
      case Field.VectorDimensionality:
        metadata.dimensions = perColumn(
          columnsWhere((type) => type === ColumnType.Vector),
          () => cursor.lengthEncoded(),
        );
        break;
      default:
        cursor.skip(length);
    }
    if (cursor.offset !== end) throw new DecodeError(`metadata field ${field} of the wrong length`);
  }
  if (collations.some((id) => id !== undefined)) metadata.collationIds = collations;
  return metadata;
}

/** One bit after the other, highest of each byte first. */
function bitReader(bytes: Buffer): () => boolean {
  let bit = 0;
  return () => {
    const byte = bytes[bit >> 3];
    if (byte === undefined) throw new DecodeError('a bitmap that is too short');
    return ((byte >> (7 - (bit++ & 7))) & 1) === 1;
  };
}
