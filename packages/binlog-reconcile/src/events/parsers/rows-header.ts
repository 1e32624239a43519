import type { ByteCursor } from '../byte-cursor.js';
import { EventType } from '../event-type.js';

/** TABLE_MAP: which table the row events after it mean. Its columns are decoded by `./rows`. */
export interface TableMapEvent {
  readonly kind: 'table-map';
  readonly tableId: number;
  readonly flags: number;
  readonly schema: string;
  readonly table: string;
}

export function parseTableMapHeader(cursor: ByteCursor): TableMapEvent {
  const tableId = cursor.u48();
  const flags = cursor.u16();
  const schema = cursor.utf8(cursor.u8());
  cursor.skip(1);
  const table = cursor.utf8(cursor.u8());
  cursor.skip(1);
  return { kind: 'table-map', tableId, flags, schema, table };
}

/** WRITE_ROWS, UPDATE_ROWS, DELETE_ROWS of either version, partial and compressed ones too. Decoded by `./rows`. */
export interface RowsEvent {
  readonly kind: 'rows';
  readonly change: 'insert' | 'update' | 'delete';
  readonly tableId: number;
  /** See `RowFlag` of `./rows`. */
  readonly flags: number;
  /** Extra row information (v2): partition ids, NDB data. */
  readonly extra: Buffer | undefined;
  /** Update with JSON differences (PARTIAL_UPDATE_ROWS). */
  readonly partial: boolean;
  /** MariaDB's compressed form: columns and bitmaps come first, then the compressed rows. */
  readonly compressed: boolean;
}

interface RowsType {
  readonly change: RowsEvent['change'];
  readonly v2: boolean;
  readonly partial: boolean;
  readonly compressed: boolean;
}

const rowsTypes: (RowsType | undefined)[] = [];
function declare(type: number, change: RowsEvent['change'], more: Partial<RowsType>): void {
  rowsTypes[type] = { change, v2: false, partial: false, compressed: false, ...more };
}
declare(EventType.WriteRowsV1, 'insert', {});
declare(EventType.UpdateRowsV1, 'update', {});
declare(EventType.DeleteRowsV1, 'delete', {});
declare(EventType.WriteRows, 'insert', { v2: true });
declare(EventType.UpdateRows, 'update', { v2: true });
declare(EventType.DeleteRows, 'delete', { v2: true });
declare(EventType.PartialUpdateRows, 'update', { v2: true, partial: true });
declare(EventType.MariaWriteRowsCompressedV1, 'insert', { compressed: true });
declare(EventType.MariaUpdateRowsCompressedV1, 'update', { compressed: true });
declare(EventType.MariaDeleteRowsCompressedV1, 'delete', { compressed: true });
declare(EventType.MariaWriteRowsCompressed, 'insert', { v2: true, compressed: true });
declare(EventType.MariaUpdateRowsCompressed, 'update', { v2: true, compressed: true });
declare(EventType.MariaDeleteRowsCompressed, 'delete', { v2: true, compressed: true });

/** What kind of row event a type is; `undefined` = none. */
export function rowsTypeOf(type: number): RowsType | undefined {
  return rowsTypes[type];
}

/** Reads up to the column count; table ids have 6 bytes since MySQL 5.1.4. */
export function parseRowsHeader(cursor: ByteCursor, type: RowsType): RowsEvent {
  const tableId = cursor.u48();
  const flags = cursor.u16();
  let extra: Buffer | undefined;
  if (type.v2) {
    const length = cursor.u16(); // counts its own two bytes
    extra = length > 2 ? cursor.bytes(length - 2) : undefined;
  }
  return {
    kind: 'rows',
    change: type.change,
    tableId,
    flags,
    extra,
    partial: type.partial,
    compressed: type.compressed,
  };
}
