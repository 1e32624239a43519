import type { FormatDescription, RawEvent } from '../../events/index.js';
import type { RowChange, Statement, Transaction } from '../../rows/model.js';
import { statementOf } from '../../transactions/index.js';
import { BinlogBatch } from '../binlog-form/binlog-batch.js';
import { binlogStatement, GTID_NEXT_AUTOMATIC } from '../binlog-form/binlog-statement.js';
import { formatDescriptionBytes } from '../binlog-form/event-bytes.js';
import { undoRow } from '../binlog-form/packed-changes.js';
import { TableMapEvents } from '../binlog-form/table-map-events.js';
import { UnwritableRowError } from '../errors.js';
import { commentText } from '../quoting.js';
import { clientStatement } from '../statements/delimited.js';
import { RowStatements } from '../statements/row-statements.js';
import { sessionBegin, sessionEnd } from '../statements/sql-session.js';

/** How SQL is written. */
export interface SqlTextOptions {
  /**
   * `sql` (default): INSERT, UPDATE and DELETE that a person can read. `binlog`: the row events themselves in `BINLOG`
   * statements, which need the rights of a replica's applier, fire no trigger, and are exact to the byte.
   */
  readonly form?: 'sql' | 'binlog';
  /**
   * What becomes of rows that no SQL statement gives back exactly (see {@link UnwritableRowError}): the `BINLOG` form in
   * their place (default), or an error.
   */
  readonly unwritable?: 'binlog' | 'error';
  /** Writes the statements that the source logged beside the rows as comments. Default false. */
  readonly rowQueries?: boolean;
  /** Lines for the comment at the top. */
  readonly title?: readonly string[];
}

/** Characters that are gathered before they are handed out. */
const CHUNK_LENGTH = 64 * 1024;
/** Larger transactions are written piece by piece, after a look at whether all of it can be written as SQL. */
const GATHERED_BYTES_MAX = 4 * 1024 * 1024;

/**
 * SQL that does again what the transactions did, oldest first, for the `mysql` client: a stream of chunks. What the
 * binlog holds as statements (DDL) is written as it is there.
 *
 * Throws {@link UnwritableRowError} when `unwritable` is `error`, and what reading throws.
 */
export function redoSql(
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
  options: SqlTextOptions = {},
): AsyncIterableIterator<string> {
  return sqlText(transactions, 'redo', options);
}

/**
 * SQL that takes the transactions back; they must come **newest first** (see `newestFirst`), and be judged before (see
 * `planUndo`): what cannot be undone from rows is not seen here.
 *
 * Throws {@link UnwritableRowError} for images that are not full, and when `unwritable` is `error`.
 */
export function undoSql(
  newestFirst: AsyncIterable<Transaction> | Iterable<Transaction>,
  options: SqlTextOptions = {},
): AsyncIterableIterator<string> {
  return sqlText(newestFirst, 'undo', options);
}

async function* sqlText(
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
  direction: 'redo' | 'undo',
  options: SqlTextOptions,
): AsyncIterableIterator<string> {
  const writer = new SqlTextWriter(direction, options);
  let chunk = writer.begin();
  for await (const transaction of transactions) {
    for (const piece of writer.transaction(transaction)) {
      chunk += piece;
      if (chunk.length < CHUNK_LENGTH) continue;
      yield chunk;
      chunk = '';
    }
  }
  yield chunk + writer.end();
}

/** Writes {@link redoSql} or {@link undoSql} for one who has the transactions one by one. */
export class SqlTextWriter {
  /** The format that the reader of the text was told last. */
  #format: FormatDescription | undefined;

  constructor(
    private readonly direction: 'redo' | 'undo',
    private readonly options: SqlTextOptions = {},
  ) {}

  /** What comes before the first transaction. */
  begin(): string {
    const title = (this.options.title ?? []).map((line) => `-- ${commentText(line)}\n`).join('');
    return `${title}${sessionBegin()}\n`;
  }

  /** What comes after the last one. */
  end(): string {
    return sessionEnd();
  }

  /** The next transaction, piece by piece. */
  *transaction(transaction: Transaction): Generator<string> {
    yield comment(transaction);
    if (this.options.rowQueries === true) {
      for (const query of transaction.rowQueries) yield `-- ${commentText(query)}\n`;
    }
    const needs = { binlog: this.options.form === 'binlog' };
    if (transaction.byteSize > GATHERED_BYTES_MAX && !needs.binlog) {
      // Nothing may be handed out before it is known whether a format description must come first.
      for (const _ of this.#body(transaction, needs)) if (needs.binlog) break;
    }
    if (transaction.byteSize > GATHERED_BYTES_MAX) {
      if (needs.binlog) yield this.#describeFormat(transaction);
      yield* this.#body(transaction, needs);
    } else {
      const pieces = [...this.#body(transaction, needs)];
      if (needs.binlog) yield this.#describeFormat(transaction);
      yield* pieces;
    }
  }

  *#body(transaction: Transaction, needs: { binlog: boolean }): Generator<string> {
    let rows = 0;
    const { ending, xaId } = transaction;
    const [open, close] =
      this.direction === 'redo' && ending === 'xa-prepare' && xaId !== undefined
        ? [`XA START ${xaId};\n`, `XA END ${xaId};\nXA PREPARE ${xaId};\n\n`]
        : ['BEGIN;\n', this.direction === 'redo' && ending === 'rollback' ? 'ROLLBACK;\n\n' : 'COMMIT;\n\n'];
    for (const part of this.#parts(transaction)) {
      if ('sql' in part) {
        yield clientStatement(part.sql, part.schema);
        continue;
      }
      if (rows === 0) yield open;
      rows += part.changes.length;
      yield this.#rows(transaction, part.changes, needs);
    }
    if (
      this.direction === 'redo' &&
      xaId !== undefined &&
      (ending === 'xa-commit' || ending === 'xa-rollback')
    ) {
      yield rows > 0 ? '' : `XA ${ending === 'xa-commit' ? 'COMMIT' : 'ROLLBACK'} ${xaId};\n\n`;
    }
    yield rows > 0 ? close : '\n';
  }

  /** What the transaction holds, in the order in which it is to be written; rows event by event. */
  *#parts(transaction: Transaction): Generator<Statement | { readonly changes: RowChange[] }> {
    if (this.direction === 'undo') {
      yield* byEvent(transaction.rowsReversed());
      return;
    }
    const statements = transaction.statements.filter(({ kind }) => kind !== 'control');
    if (statements.length === 0) {
      yield* byEvent(transaction.rows());
      return;
    }
    const groups = byEvent(transaction.rows());
    let group = groups.next();
    for (const event of transaction.events()) {
      const statement = statementOf(event);
      if (statement !== undefined && statement.kind !== 'control') yield statement;
      else if (group.done !== true && sameEvent(group.value.changes[0]?.event, event)) {
        yield group.value;
        group = groups.next();
      }
    }
  }

  #rows(transaction: Transaction, changes: readonly RowChange[], needs: { binlog: boolean }): string {
    if (this.options.form !== 'binlog') {
      try {
        let text = '';
        for (const change of changes) text += this.#statement(change);
        return text;
      } catch (error) {
        if (!(error instanceof UnwritableRowError) || this.options.unwritable === 'error') throw error;
        if (error.reason === 'partial-image' && this.direction === 'undo') throw error;
        needs.binlog = true;
        return `-- ${commentText(error.message)}\n${this.#binlog(transaction, changes)}`;
      }
    }
    return this.#binlog(transaction, changes);
  }

  #statement(change: RowChange): string {
    const statements = RowStatements.of(change.table);
    return this.direction === 'redo' ? statements.redo(change) : statements.undo(change);
  }

  #binlog(transaction: Transaction, changes: readonly RowChange[]): string {
    const batch = new BinlogBatch(transaction.flavor, transaction.serverId);
    const tableMaps = this.#tableMaps(transaction);
    for (const change of changes) {
      const tableMap = tableMaps.of(change.table);
      if (this.direction === 'undo') batch.add(tableMap, undoRow(change));
      else {
        batch.addEvent(tableMap, change.table, change.event);
        break;
      }
    }
    return batch
      .take()
      .map((events) => `${binlogStatement(events)};\n`)
      .join('');
  }

  #knownMaps: { readonly transaction: Transaction; readonly maps: TableMapEvents } | undefined;

  #tableMaps(transaction: Transaction): TableMapEvents {
    if (this.#knownMaps?.transaction !== transaction) {
      this.#knownMaps = { transaction, maps: new TableMapEvents(transaction) };
    }
    return this.#knownMaps.maps;
  }

  #describeFormat(transaction: Transaction): string {
    const [event] = firstOf(transaction.events());
    if (event === undefined || this.#format?.serverVersion === event.format.serverVersion) return '';
    this.#format = event.format;
    const description = formatDescriptionBytes(event.format, {
      serverId: transaction.serverId,
      checksum: 'none',
    });
    return `${binlogStatement([description])};\n${GTID_NEXT_AUTOMATIC};\n`;
  }
}

function comment(transaction: Transaction): string {
  const { gtid, serverId, start, end, commitTime, commitTimeUs } = transaction;
  const micros = String(commitTimeUs % 1_000_000).padStart(6, '0');
  const time = `${commitTime.toISOString().slice(0, 19).replace('T', ' ')}.${micros}`;
  return `-- ${gtid ?? 'anonymous transaction'}, ${time} UTC, server ${serverId}, ${commentText(start.file)}:${start.position}-${end.position}\n`;
}

function* byEvent(changes: Iterable<RowChange>): Generator<{ readonly changes: RowChange[] }> {
  let group: RowChange[] = [];
  for (const change of changes) {
    if (group.length > 0 && group[0]?.event !== change.event) {
      yield { changes: group };
      group = [];
    }
    group.push(change);
  }
  if (group.length > 0) yield { changes: group };
}

/** Events of large transactions are read again, and are not the same objects then. */
function sameEvent(a: RawEvent | undefined, b: RawEvent): boolean {
  return (
    a === b ||
    (a !== undefined &&
      a.type === b.type &&
      a.position === b.position &&
      a.length === b.length &&
      a.start === b.start)
  );
}

function firstOf<T>(items: Iterable<T>): T[] {
  for (const item of items) return [item];
  return [];
}
