export * from './byte-cursor.js';
export * from './checksum.js';
export * from './decode-error.js';
export * from './errors.js';
export * from './event-header.js';
export * from './event-type.js';
export { parseFormatDescription, type FormatDescription } from './format-description.js';
export {
  parseEvent,
  type BinlogEvent,
  type FormatDescriptionEvent,
  type IgnorableEvent,
} from './parse-event.js';
export {
  formatXaId,
  type HeartbeatEvent,
  type IncidentEvent,
  type RotateEvent,
  type StopEvent,
  type XaPrepareEvent,
  type XidEvent,
} from './parsers/control.js';
export type { TransactionContextEvent, ViewChangeEvent } from './parsers/group-replication.js';
export type { DeleteFileEvent, ExecuteLoadQueryEvent, LoadBlockEvent } from './parsers/load-data.js';
export type {
  MariadbCheckpointEvent,
  MariadbGtidEvent,
  MariadbGtidListEvent,
  MariadbStartEncryptionEvent,
} from './parsers/mariadb.js';
export { formatUuid, type MysqlGtidEvent, type PreviousGtidsEvent } from './parsers/mysql-gtid.js';
export type { TransactionPayloadEvent } from './parsers/payload.js';
export type { QueryEvent, QueryStatus } from './parsers/query.js';
export { rowsTypeOf, type RowsEvent, type TableMapEvent } from './parsers/rows-header.js';
export type { IntVarEvent, RandEvent, RowsQueryEvent, UserVarEvent } from './parsers/statement-context.js';
export * from './raw-event.js';
export * from './read-event.js';
