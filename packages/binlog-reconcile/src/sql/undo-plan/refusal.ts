import type { BinlogPosition } from '../../rows/model.js';

/** Why transactions cannot be undone. */
export type RefusalReason =
  /** Definitions were changed (CREATE, ALTER, DROP, TRUNCATE, GRANT, ...). */
  | 'ddl'
  /** Logged as a statement: which rows it changed is not in the binlog. */
  | 'statement-format'
  /** The binlog does not hold every column of a changed row (binlog_row_image MINIMAL or NOBLOB). */
  | 'partial-image'
  /** Foreign keys changed rows of other tables, and the binlog does not hold those. */
  | 'cascade'
  /** The table's engine cannot roll back, so neither the source nor the undo was all or nothing. */
  | 'non-transactional'
  /** MariaDB keeps the history of the table's rows. */
  | 'system-versioned'
  /** Transactions that should be there are in no file that was read. */
  | 'missing-files'
  /** The last transaction is cut off. */
  | 'torn'
  /** The source itself noted that changes are missing in its binlog. */
  | 'incident'
  /** It ended with a rollback (wholly, or to a savepoint), but changes of it stayed. */
  | 'rolled-back'
  /** An XA transaction was prepared and not ended. */
  | 'xa-open'
  /** An XA transaction was committed whose changes come before the transactions that were read. */
  | 'xa-before'
  /** The server has no such table (any more). */
  | 'unknown-table'
  /** The table's definition is another one now. */
  | 'changed-table'
  /** Neither the binlog nor a schema says what the columns are. */
  | 'unknown-columns';

/** One reason why nothing is undone, and which transaction it is about. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** Undefined for an anonymous transaction, and where none can be named. */
  readonly gtid: string | undefined;
  readonly position: BinlogPosition | undefined;
  readonly schema?: string;
  readonly table?: string;
  /** One sentence: what was found, and why that cannot be undone. */
  readonly message: string;
}

/** Undo was asked for, but cannot be done without guessing; nothing was changed. */
export class UndoRefusedError extends Error {
  override readonly name = 'UndoRefusedError';

  constructor(readonly refusals: readonly Refusal[]) {
    const [first] = refusals;
    const more = refusals.length > 1 ? ` (and ${refusals.length - 1} more reasons)` : '';
    super(`Cannot undo: ${first?.message ?? 'no reason given'}${more}`);
  }
}
