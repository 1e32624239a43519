export { ApplyRefusedError, StatementTooLongError } from './apply-error.js';
export {
  redoTransaction,
  redoTransactions,
  undoTransaction,
  undoTransactions,
  type ApplyOptions,
  type ApplyResult,
  type Direction,
} from './apply-transactions.js';
export { ServerCatalog } from './catalog/server-catalog.js';
export { QueryTimeoutError, type QueryOptions, type SqlConnection } from './connection/sql-connection.js';
export type { ConflictKind, RowConflict, ShownRow, ShownValue } from './rows/row-conflict.js';
export {
  planUndo,
  UndoPlanner,
  UndoRefusedError,
  type Refusal,
  type RefusalReason,
  type UndoPlan,
  type UndoPlanOptions,
} from '../sql/undo-plan/index.js';
export type {
  ColumnDefinition,
  ForeignKeyAction,
  ForeignKeyReference,
  TableCatalog,
  TableDefinition,
} from '../sql/catalog/table-definition.js';
