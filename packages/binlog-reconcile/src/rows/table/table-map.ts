import { ByteCursor } from '../../events/byte-cursor.js';
import { DecodeError } from '../../events/decode-error.js';
import { BinlogCorruptError } from '../../events/errors.js';
import type { RawEvent } from '../../events/raw-event.js';
import { charsetOfCollation } from '../charset/collations.js';
import { textDecoder } from '../charset/decode-text.js';
import { ColumnType } from '../column-type.js';
import { ImageDecoders } from '../decoder/image-decoders.js';
import type { Column, ColumnKind, PrimaryKeyPart, TableMap } from '../model.js';
import { readColumnShape, type ColumnShape } from './columns.js';
import { parseOptionalMetadata, type OptionalMetadata } from './metadata.js';

/** A servers' limit: no table has more columns. */
const COLUMNS_MAX = 4096;

/** A parsed TABLE_MAP event, with the decoders made for it. */
export class ParsedTableMap implements TableMap {
  readonly named: boolean;
  readonly decoders: ImageDecoders;
  #names: Map<string, number> | undefined;

  constructor(
    readonly tableId: number,
    readonly flags: number,
    readonly schema: string,
    readonly table: string,
    readonly columns: readonly Column[],
    readonly primaryKey: readonly PrimaryKeyPart[] | undefined,
    readonly fromSchema: boolean,
    decoders?: ImageDecoders,
  ) {
    this.named = columns.every((column) => column.name !== undefined);
    this.decoders = decoders ?? new ImageDecoders(columns);
  }

  /** The same definition under another number, with the same decoders. */
  withId(tableId: number): ParsedTableMap {
    const { flags, schema, table, columns, primaryKey, fromSchema, decoders } = this;
    return new ParsedTableMap(tableId, flags, schema, table, columns, primaryKey, fromSchema, decoders);
  }

  indexOf(name: string): number {
    if (this.#names === undefined) {
      this.#names = new Map();
      for (const { name: known, index } of this.columns) {
        if (known === undefined) continue;
        const lower = known.toLowerCase();
        if (!this.#names.has(lower)) this.#names.set(lower, index);
      }
      for (const { name: known, index } of this.columns)
        if (known !== undefined) this.#names.set(known, index);
    }
    return this.#names.get(name) ?? this.#names.get(name.toLowerCase()) ?? -1;
  }
}

/**
 * Parses a TABLE_MAP event: id (6), flags (2), schema and table (each length, text, NUL), column count, types, metadata,
 * which columns may be NULL, optional fields.
 * @throws BinlogCorruptError when its bytes cannot be one
 */
export function parseTableMap(event: RawEvent): ParsedTableMap {
  try {
    return parseBody(new ByteCursor(event.buffer, event.bodyStart, event.bodyEnd), event.format.flavor);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new BinlogCorruptError(`TableMap event: ${error.message}`, event, { cause: error });
  }
}

function parseBody(cursor: ByteCursor, flavor: 'mysql' | 'mariadb'): ParsedTableMap {
  const tableId = cursor.u48();
  const flags = cursor.u16();
  const schema = cursor.utf8(cursor.u8());
  cursor.skip(1);
  const table = cursor.utf8(cursor.u8());
  cursor.skip(1);
  const count = cursor.lengthEncoded();
  if (count > COLUMNS_MAX) throw new DecodeError(`a table of ${count} columns`);
  const types = cursor.bytes(count);
  const metadata = cursor.bytes(cursor.lengthEncoded());
  const metadataCursor = new ByteCursor(metadata, 0, metadata.length);
  const shapes = Array.from(types, (type) => readColumnShape(type, metadataCursor));
  if (metadataCursor.remaining > 0) throw new DecodeError('more column metadata than columns');
  const nullable = cursor.bytes((count + 7) >> 3);
  const optional = parseOptionalMetadata(
    cursor,
    shapes.map(({ type }) => type),
    flavor,
  );
  const columns = shapes.map((shape, index) =>
    makeColumn(shape, index, ((nullable[index >> 3] as number) & (1 << (index & 7))) !== 0, optional),
  );
  // The key is a field of FULL metadata, left out when there is none; names tell that metadata is FULL.
  const primaryKey = optional.primaryKey ?? (optional.names === undefined ? undefined : []);
  return new ParsedTableMap(tableId, flags, schema, table, columns, primaryKey, false);
}

function makeColumn(
  shape: ColumnShape,
  index: number,
  nullable: boolean,
  optional: OptionalMetadata,
): Column {
  const collationId = optional.collationIds?.[index];
  const charset = collationId === undefined ? undefined : charsetOfCollation(collationId);
  const primaryKey = optional.primaryKey;
  return {
    index,
    ...shape,
    kind: kindOf(shape.type, charset),
    nullable,
    name: optional.names?.[index],
    unsigned: optional.unsigned?.[index],
    collationId,
    charset,
    values: memberNames(optional.values?.[index], charset),
    primaryKey:
      primaryKey === undefined
        ? optional.names === undefined
          ? undefined
          : false
        : primaryKey.some(({ column }) => column === index),
    visible: optional.visible?.[index],
    generated: undefined,
    geometryType: optional.geometryTypes?.[index],
    dimensions: optional.dimensions?.[index],
  };
}

/** Members of ENUM and SET are logged in the column's own character set. */
function memberNames(
  values: readonly Buffer[] | undefined,
  charset: string | undefined,
): string[] | undefined {
  const decode = textDecoder(charset ?? 'utf8mb4');
  return values?.map((bytes) => decode?.(bytes, 0, bytes.length) ?? bytes.toString('latin1'));
}

/** What the values of a column are; `charset` decides between text and binary. */
export function kindOf(type: number, charset: string | undefined): ColumnKind {
  switch (type) {
    case ColumnType.Tiny:
    case ColumnType.Short:
    case ColumnType.Int24:
    case ColumnType.Long:
    case ColumnType.LongLong:
      return 'integer';
    case ColumnType.Float:
      return 'float';
    case ColumnType.Double:
      return 'double';
    case ColumnType.NewDecimal:
      return 'decimal';
    case ColumnType.Bit:
      return 'bit';
    case ColumnType.Year:
      return 'year';
    case ColumnType.Date:
    case ColumnType.NewDate:
      return 'date';
    case ColumnType.Time:
    case ColumnType.Time2:
      return 'time';
    case ColumnType.DateTime:
    case ColumnType.DateTime2:
      return 'datetime';
    case ColumnType.Timestamp:
    case ColumnType.Timestamp2:
      return 'timestamp';
    case ColumnType.Enum:
      return 'enum';
    case ColumnType.Set:
      return 'set';
    case ColumnType.Json:
    case ColumnType.TypedArray:
      return 'json';
    case ColumnType.Geometry:
      return 'geometry';
    case ColumnType.Vector:
      return 'vector';
    default:
      if (charset === undefined) return 'bytes';
      return charset === 'binary' ? 'binary' : 'text';
  }
}
