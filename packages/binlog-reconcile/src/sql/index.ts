export { UnwritableRowError, type UnwritableReason } from './errors.js';
export { quoteIdentifier, quoteTable, quoteText } from './quoting.js';
export { RowStatements } from './statements/row-statements.js';
export { SQL_SESSION, sessionBegin, sessionEnd } from './statements/sql-session.js';
export {
  redoSql,
  redoSqlBytes,
  SqlTextWriter,
  undoSql,
  undoSqlBytes,
  type SqlTextOptions,
} from './text/sql-text.js';
export { TransactionIndex, type OpenTransactions, type TransactionRange } from './text/newest-first.js';
export { undoSqlBytesFrom, undoSqlFrom, type UndoFromOptions } from './text/undo-from.js';
export { rowsJsonLines, transactionJsonLines } from './text/json-lines.js';
export { BinlogSummarizer, summarize, type BinlogSummary, type TableSummary } from './text/summary.js';
export { listTransactions, transactionLine } from './text/listing.js';
export { binlogStatement } from './binlog-form/binlog-statement.js';
export { formatDescriptionBytes } from './binlog-form/event-bytes.js';
export {
  planUndo,
  UndoPlanner,
  UndoRefusedError,
  type Refusal,
  type RefusalReason,
  type UndoPlan,
  type UndoPlanOptions,
} from './undo-plan/index.js';
export type {
  ColumnDefinition,
  ForeignKeyAction,
  ForeignKeyReference,
  TableCatalog,
  TableDefinition,
} from './catalog/table-definition.js';
