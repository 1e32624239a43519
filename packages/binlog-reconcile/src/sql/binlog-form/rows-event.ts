import { EventType } from '../../events/event-type.js';
import { RowFlag, type Column, type RowChangeKind, type TableMap } from '../../rows/model.js';
import { eventBytes, type EventHeaderFields } from './event-bytes.js';
import { columnBitmap } from './image-bytes.js';

/** Types by what they change: MySQL's (version 2), and MariaDB's (version 1). */
const TYPES = {
  mysql: { insert: EventType.WriteRows, update: EventType.UpdateRows, delete: EventType.DeleteRows },
  mariadb: { insert: EventType.WriteRowsV1, update: EventType.UpdateRowsV1, delete: EventType.DeleteRowsV1 },
} as const;

/** Rows of one table that are changed in one way, packed. */
export interface PackedRows {
  readonly kind: RowChangeKind;
  readonly table: TableMap;
  /** Columns of the first image of each row (update: by which the row is found), and of the second (updates only). */
  readonly first: readonly Column[];
  readonly second: readonly Column[];
  /** Images one after another as {@link packImage} makes them; updates: first, second, first, second, ... */
  readonly images: readonly Buffer[];
  /** See {@link RowFlag}. */
  readonly flags: number;
}

/**
 * A row event without checksum: table id (6), flags (2), MySQL only: length of extra data (2, counting itself), column
 * count, bitmap of the columns held (updates: one for each image), rows.
 */
export function rowsEventBytes(
  rows: PackedRows,
  flavor: 'mysql' | 'mariadb',
  header: Omit<EventHeaderFields, 'type'>,
): Buffer {
  const columns = rows.table.columns.length;
  const fixed = Buffer.alloc(flavor === 'mysql' ? 10 : 8);
  fixed.writeUIntLE(rows.table.tableId, 0, 6);
  fixed.writeUInt16LE(rows.flags, 6);
  if (flavor === 'mysql') fixed.writeUInt16LE(2, 8);
  const body = [fixed, lengthEncoded(columns), columnBitmap(columns, rows.first)];
  if (rows.kind === 'update') body.push(columnBitmap(columns, rows.second));
  return eventBytes({ ...header, type: TYPES[flavor][rows.kind] }, Buffer.concat([...body, ...rows.images]));
}

/** Marks a row event (without checksum) as the last of its statement, or not. */
export function setStatementEnd(event: Buffer, last: boolean): void {
  const at = 19 + 6;
  const flags = event.readUInt16LE(at);
  event.writeUInt16LE(last ? flags | RowFlag.StatementEnd : flags & ~RowFlag.StatementEnd, at);
}

function lengthEncoded(count: number): Buffer {
  if (count < 251) return Buffer.from([count]);
  const bytes = Buffer.from([0xfc, 0, 0]);
  bytes.writeUInt16LE(count, 1);
  return bytes;
}
