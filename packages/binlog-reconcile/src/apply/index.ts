export { ApplyRefusedError, StatementTooLongError } from './apply-error.js';
export {
  redoTransaction,
  redoTransactions,
  undoTransaction,
  undoTransactions,
  type ApplyOptions,
  type ApplyResult,
  type SkippedTransaction,
} from './apply-transactions.js';
export { compareTouchedRows, type RowDifference, type ServerComparison } from './compare-servers.js';
export { diffTransaction, type RowDiff } from './diff-transaction.js';
export { undoState, type UndoState } from './undo-state.js';
export { ServerCatalog } from './catalog/server-catalog.js';
export { QueryTimeoutError, type QueryOptions, type SqlConnection } from './connection/sql-connection.js';
export type { Direction } from './rows/row-check.js';
export type { ConflictKind, RowConflict, ShownRow, ShownValue } from './rows/row-conflict.js';
export {
  LostTransactionsWriter,
  removeUnfinishedLostTransactions,
  type LostTransactionsOptions,
} from './lost/lost-transactions-writer.js';
export {
  LostTransactionsError,
  lostTransactionsManifestVersion,
  type LostTransactionsFile,
  type LostTransactionsInfo,
  type LostTransactionsManifest,
} from './lost/manifest.js';
export { listLostTransactions, LostTransactions } from './lost/lost-transactions.js';
export {
  appendLostReview,
  lostReviewFile,
  parseLostReview,
  readLostReview,
  type LostReviewEntry,
} from './lost/review.js';
export { saveLostTransactions, type SavedLostTransactions } from './lost/save-lost-transactions.js';
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
