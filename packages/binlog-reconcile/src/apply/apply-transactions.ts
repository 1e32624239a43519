import { EventType } from '../events/index.js';
import type { RowChange, Transaction } from '../rows/model.js';
import { BinlogBatch } from '../sql/binlog-form/binlog-batch.js';
import { binlogStatement, binlogStatementLength } from '../sql/binlog-form/binlog-statement.js';
import { redoRow, undoRow } from '../sql/binlog-form/packed-changes.js';
import { TableMapEvents } from '../sql/binlog-form/table-map-events.js';
import type { TableCatalog } from '../sql/catalog/table-definition.js';
import { planUndo, type Refusal, type UndoPlan } from '../sql/undo-plan/index.js';
import { StatementTooLongError } from './apply-error.js';
import { ServerCatalog } from './catalog/server-catalog.js';
import { isServerError, type ServerError, type SqlConnection } from './connection/sql-connection.js';
import { plannedChange, RowCheck, type Direction, type PlannedChange } from './rows/row-check.js';
import type { ConflictKind, RowConflict } from './rows/row-conflict.js';
import { TableAccesses } from './rows/table-accesses.js';
import { ApplySession } from './session/apply-session.js';

/** How transactions are applied. */
export interface ApplyOptions {
  /**
   * The tables of the server; by default read from it. Read the transactions with the same one as `schema`, where the
   * binlog does not name columns.
   */
  readonly catalog?: TableCatalog;
  /** The decision about all transactions of which these are a part. Without it these are judged by themselves. */
  readonly plan?: UndoPlan;
  /** Whether the server writes the changes to its own binlog. Default: redo yes, undo no. */
  readonly logged?: boolean;
  /**
   * MySQL: a GTID that the transaction is given. When it is not logged the server still keeps it in gtid_executed, in
   * the same commit: after a crash that tells whether the transaction was committed.
   */
  readonly gtid?: string;
  /** All is done and checked, and then rolled back: the result tells what would have been. */
  readonly dryRun?: boolean;
  /** Runs when all is done and checked, before COMMIT; when it throws, nothing is changed. */
  readonly beforeCommit?: () => Promise<void>;
  /** Called after each batch. */
  readonly onProgress?: (progress: { readonly rowCount: number }) => void;
  /**
   * `stop` (default): with a conflict nothing is changed. `skip`: a transaction with a conflict is left out, as a whole,
   * and told in `skipped`; those that build on it then conflict themselves.
   */
  readonly onConflict?: 'stop' | 'skip';
  /** Conflicts that are reported (of each transaction that is skipped); default 100. */
  readonly conflictsMax?: number;
  /** Rows that are checked, and then changed, at a time; default 2,000. */
  readonly rowsPerBatchMax?: number;
  /** Longest wait for one answer of the server; default 60 s. */
  readonly queryTimeoutMs?: number;
  /** Longest wait for a row lock (innodb_lock_wait_timeout); default 10 s. */
  readonly lockWaitTimeoutS?: number;
  readonly signal?: AbortSignal;
}

/** What became of transactions. Either all of them were applied, or nothing was changed. */
export interface ApplyResult {
  readonly applied: boolean;
  readonly transactionCount: number;
  readonly rowCount: number;
  /** Why they cannot be applied without guessing. */
  readonly refusals: readonly Refusal[];
  /** Rows that the server does not have as they must be. Checking ends with the batch that has the first. */
  readonly conflicts: readonly RowConflict[];
  /** Transactions that were left out (`onConflict: 'skip'`), and why. */
  readonly skipped: readonly SkippedTransaction[];
}

/** A transaction that was left out. */
export interface SkippedTransaction {
  readonly gtid: string | undefined;
  readonly conflicts: readonly RowConflict[];
}

/** Bytes of images that are gathered at a time. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Takes transactions back, newest first, in **one** transaction of the server. Every row is found by its key, locked,
 * and compared as a whole with what the binlog says that the transaction left; rows that differ are reported and
 * nothing is changed. Triggers do not fire and foreign keys do not cascade: what they did is in the binlog, and is
 * undone as such, or refused.
 *
 * `transactions`: oldest first. `connection` must not be in a transaction; it needs the rights to set `sql_log_bin` and
 * to use `BINLOG`, and the server must accept writes.
 *
 * Throws what the server answers (after a rollback), {@link StatementTooLongError}, `QueryTimeoutError` (the connection
 * is gone then), the signal's reason.
 */
export function undoTransactions(
  connection: SqlConnection,
  transactions: readonly Transaction[],
  options: ApplyOptions = {},
): Promise<ApplyResult> {
  return applyTransactions(connection, transactions, 'undo', options);
}

/** {@link undoTransactions} for one. */
export function undoTransaction(
  connection: SqlConnection,
  transaction: Transaction,
  options: ApplyOptions = {},
): Promise<ApplyResult> {
  return applyTransactions(connection, [transaction], 'undo', options);
}

/**
 * Makes the row changes of transactions again, oldest first, in one transaction of the server, with the same checks as
 * {@link undoTransactions}: each row must be as it was before, keys that are inserted must be free.
 */
export function redoTransactions(
  connection: SqlConnection,
  transactions: readonly Transaction[],
  options: ApplyOptions = {},
): Promise<ApplyResult> {
  return applyTransactions(connection, transactions, 'redo', options);
}

/** {@link redoTransactions} for one. */
export function redoTransaction(
  connection: SqlConnection,
  transaction: Transaction,
  options: ApplyOptions = {},
): Promise<ApplyResult> {
  return applyTransactions(connection, [transaction], 'redo', options);
}

async function applyTransactions(
  connection: SqlConnection,
  transactions: readonly Transaction[],
  direction: Direction,
  options: ApplyOptions,
): Promise<ApplyResult> {
  const catalog = options.catalog ?? new ServerCatalog(connection, options);
  const plan = options.plan ?? (await planUndo(transactions, { catalog, signal: options.signal }));
  const nothing = {
    applied: false,
    transactionCount: transactions.length,
    rowCount: 0,
    refusals: [],
    conflicts: [],
    skipped: [],
  };
  if (!plan.ok) return { ...nothing, refusals: plan.refusals };
  const wanted = transactions.filter((transaction) => plan.undoes(transaction));
  const [first] = wanted;
  const format = first === undefined ? undefined : formatOf(first);
  if (format === undefined) {
    await options.beforeCommit?.();
    return { ...nothing, applied: true };
  }
  const session = await ApplySession.open(connection, {
    logged: options.logged ?? direction === 'redo',
    queryTimeoutMs: options.queryTimeoutMs ?? 60_000,
    lockWaitTimeoutS: options.lockWaitTimeoutS ?? 10,
    signal: options.signal,
  });
  await session.begin(format, options.gtid);
  let finished = false;
  try {
    const work = new ApplyWork(session, catalog, direction, options);
    const skipped: SkippedTransaction[] = [];
    for (const transaction of direction === 'undo' ? wanted.toReversed() : wanted) {
      if (options.onConflict === 'skip') {
        const conflicts = await work.takeAlone(transaction);
        if (conflicts.length > 0) skipped.push({ gtid: transaction.gtid, conflicts });
      } else if (!(await work.take(transaction))) break;
    }
    await work.flush();
    if (work.conflicts.length > 0) return { ...nothing, conflicts: work.conflicts };
    if (skipped.length === wanted.length) return { ...nothing, skipped };
    await options.beforeCommit?.();
    if (options.dryRun !== true) {
      await session.commit();
      finished = true;
    }
    return { ...nothing, applied: true, rowCount: work.rowCount, skipped };
  } finally {
    if (!finished) await session.rollback();
    await closeQuietly(session);
  }
}

/** The connection is the caller's: one that broke is reported by what broke it, not by the attempt to tidy up. */
async function closeQuietly(session: ApplySession): Promise<void> {
  try {
    await session.close();
  } catch {
    session.sql.connection.destroy();
  }
}

/** Checks and applies row changes, batch by batch, inside the session's transaction. */
class ApplyWork {
  readonly conflicts: RowConflict[] = [];
  rowCount = 0;
  readonly #check: RowCheck;
  readonly #batch: BinlogBatch;
  readonly #accesses: TableAccesses;
  readonly #rowsPerBatchMax: number;
  #planned: PlannedChange[] = [];

  constructor(
    private readonly session: ApplySession,
    catalog: TableCatalog,
    private readonly direction: Direction,
    private readonly options: ApplyOptions,
  ) {
    this.#check = new RowCheck(session.sql, { lock: true, conflictsMax: options.conflictsMax ?? 100 });
    this.#accesses = new TableAccesses(catalog);
    this.#batch = new BinlogBatch(session.flavor, session.serverId);
    this.#rowsPerBatchMax = options.rowsPerBatchMax ?? 2_000;
  }

  /** False when there is a conflict, and nothing more need be done. */
  async take(transaction: Transaction): Promise<boolean> {
    const tableMaps = new TableMapEvents(transaction);
    const rows = this.direction === 'undo' ? transaction.rowsReversed() : transaction.rows();
    let wholeEvent: RowChange['event'] | undefined;
    for (const change of rows) {
      const inSameEvent = change.event === wholeEvent;
      if (!inSameEvent && this.#isFull()) await this.flush();
      if (this.conflicts.length > 0) return false;
      const access = await this.#accesses.of(change.table, transaction.gtid);
      this.#planned.push(plannedChange(transaction.gtid, access, change, this.direction));
      if (inSameEvent) continue;
      const tableMap = tableMaps.of(change.table);
      if (this.direction === 'undo') this.#batch.add(tableMap, undoRow(change));
      else if (change.event.type === EventType.PartialUpdateRows) {
        // What became of a JSON value is known as a difference only: the server works it out, from the event as it is.
        wholeEvent = change.event;
        this.#batch.addEvent(tableMap, change.table, change.event);
      } else this.#batch.add(tableMap, redoRow(change));
    }
    return this.conflicts.length === 0;
  }

  /** All of a transaction, or, where it has conflicts, nothing of it. */
  async takeAlone(transaction: Transaction): Promise<readonly RowConflict[]> {
    const rowCountBefore = this.rowCount;
    await this.session.sql.run('SAVEPOINT dcmha_transaction');
    await this.take(transaction);
    await this.flush();
    if (this.conflicts.length === 0) return [];
    await this.session.sql.run('ROLLBACK TO SAVEPOINT dcmha_transaction');
    this.rowCount = rowCountBefore;
    this.#batch.take();
    this.#planned = [];
    this.#check.forget();
    return this.conflicts.splice(0);
  }

  /** Checks and applies what was gathered. */
  async flush(): Promise<void> {
    if (this.#planned.length === 0 || this.conflicts.length > 0) return;
    this.conflicts.push(...(await this.#check.check(this.#planned)));
    const statements = this.#batch.take();
    if (this.conflicts.length === 0) {
      for (const events of joined(statements)) await this.#send(events);
      if (this.conflicts.length === 0) this.rowCount += this.#planned.length;
      this.#check.forget();
    }
    this.#planned = [];
    this.options.onProgress?.({ rowCount: this.rowCount });
  }

  #isFull(): boolean {
    return this.#planned.length >= this.#rowsPerBatchMax || this.#batch.byteLength >= BATCH_BYTES_MAX;
  }

  async #send(events: readonly Buffer[]): Promise<void> {
    if (this.conflicts.length > 0) return;
    const bytes = binlogStatementLength(events.reduce((sum, event) => sum + event.length, 0));
    const sample = this.#planned[0];
    if (bytes >= this.session.statementBytesMax) {
      const { schema, table } = sample?.change.table ?? { schema: '', table: '' };
      throw new StatementTooLongError(schema, table, bytes, this.session.statementBytesMax);
    }
    try {
      await this.session.sql.run(binlogStatement(events));
    } catch (error) {
      const kind = isServerError(error) ? CONFLICT_ERRORS.get(error.errno) : undefined;
      if (kind === undefined) throw error;
      this.conflicts.push(serverConflict(kind, error as ServerError, this.#planned));
    }
  }
}

/** Errors by which the server says that a row is not as it must be. */
const CONFLICT_ERRORS: ReadonlyMap<number, ConflictKind> = new Map<number, ConflictKind>([
  [1032, 'missing'],
  [1062, 'duplicate-key'],
  [1586, 'duplicate-key'],
  [1216, 'foreign-key'],
  [1217, 'foreign-key'],
  [1451, 'foreign-key'],
  [1452, 'foreign-key'],
]);

/** The server names no row; the table is named where only one is concerned. */
function serverConflict(
  kind: ConflictKind,
  error: ServerError,
  planned: readonly PlannedChange[],
): RowConflict {
  const tables = new Set(planned.map(({ access }) => access.definition));
  const gtids = new Set(planned.map(({ gtid }) => gtid));
  const [definition] = tables.size === 1 ? tables : [];
  return {
    kind,
    schema: definition?.schema ?? '',
    table: definition?.table ?? '',
    gtid: gtids.size === 1 ? planned[0]?.gtid : undefined,
    change: planned[0]?.change.kind ?? 'update',
    key: undefined,
    expected: undefined,
    found: undefined,
    differing: [],
    message: error.message,
  };
}

const JOINED_BYTES_MAX = 768 * 1024;

/** Small statements go to the server together. */
function* joined(statements: readonly Buffer[][]): Generator<Buffer[]> {
  let events: Buffer[] = [];
  let bytes = 0;
  for (const statement of statements) {
    const length = statement.reduce((sum, event) => sum + event.length, 0);
    if (events.length > 0 && bytes + length > JOINED_BYTES_MAX) {
      yield events;
      [events, bytes] = [[], 0];
    }
    events.push(...statement);
    bytes += length;
  }
  if (events.length > 0) yield events;
}

function formatOf(transaction: Transaction): RowChange['event']['format'] | undefined {
  for (const event of transaction.events()) return event.format;
  return undefined;
}
