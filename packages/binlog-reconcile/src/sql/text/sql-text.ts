import type { FormatDescription, RawEvent } from '../../events/index.js';
import type { EventRows, RowChange, Statement, Transaction } from '../../rows/model.js';
import { statementOf } from '../../transactions/index.js';
import { BinlogBatch } from '../binlog-form/binlog-batch.js';
import { binlogStatement, GTID_NEXT_AUTOMATIC } from '../binlog-form/binlog-statement.js';
import { formatDescriptionBytes } from '../binlog-form/event-bytes.js';
import { undoRow } from '../binlog-form/packed-changes.js';
import { TableMapEvents } from '../binlog-form/table-map-events.js';
import { UnwritableRowError } from '../errors.js';
import { PackedStatements } from '../packed/packed-statements.js';
import { commentText } from '../quoting.js';
import { SqlBuffer } from '../literals/sql-buffer.js';
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

/** Bytes that are gathered before they are handed out. */
const CHUNK_BYTES = 64 * 1024;
/** Larger transactions are written piece by piece, after a look at whether all of it can be written as SQL. */
const GATHERED_BYTES_MAX = 4 * 1024 * 1024;

/**
 * SQL that does again what the transactions did, oldest first, for the `mysql` client: a stream of UTF-8 chunks. What
 * the binlog holds as statements (DDL) is written as it is there.
 *
 * Plain SQL fires triggers, whose effects are rows of the binlog too: take triggers away meanwhile, or use the `binlog`
 * form.
 *
 * Throws {@link UnwritableRowError} when `unwritable` is `error`, and what reading throws.
 */
export function redoSqlBytes(
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
  options: SqlTextOptions = {},
): AsyncIterableIterator<Buffer> {
  return sqlBytes(transactions, 'redo', options);
}

/**
 * SQL that takes the transactions back; they must come **newest first** (see `TransactionIndex`), and be judged before
 * (see `planUndo`): what cannot be undone from rows is not seen here.
 *
 * Throws {@link UnwritableRowError} for images that are not full, and when `unwritable` is `error`.
 */
export function undoSqlBytes(
  newestFirst: AsyncIterable<Transaction> | Iterable<Transaction>,
  options: SqlTextOptions = {},
): AsyncIterableIterator<Buffer> {
  return sqlBytes(newestFirst, 'undo', options);
}

/** {@link redoSqlBytes} as strings. */
export function redoSql(
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
  options: SqlTextOptions = {},
): AsyncIterableIterator<string> {
  return asText(redoSqlBytes(transactions, options));
}

/** {@link undoSqlBytes} as strings. */
export function undoSql(
  newestFirst: AsyncIterable<Transaction> | Iterable<Transaction>,
  options: SqlTextOptions = {},
): AsyncIterableIterator<string> {
  return asText(undoSqlBytes(newestFirst, options));
}

/** Chunks end at the ends of statements, so that each is text by itself. */
export async function* asText(chunks: AsyncIterable<Buffer>): AsyncIterableIterator<string> {
  for await (const chunk of chunks) yield chunk.toString('utf8');
}

async function* sqlBytes(
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
  direction: 'redo' | 'undo',
  options: SqlTextOptions,
): AsyncIterableIterator<Buffer> {
  const writer = new SqlTextWriter(direction, options);
  for await (const transaction of transactions) yield* writer.transaction(transaction);
  yield writer.end();
}

/** Writes {@link redoSqlBytes} or {@link undoSqlBytes} for one who has the transactions one by one. */
export class SqlTextWriter {
  readonly #out = new SqlBuffer();
  /** The format that the reader of the text was told last. */
  #format: FormatDescription | undefined;

  constructor(
    private readonly direction: 'redo' | 'undo',
    private readonly options: SqlTextOptions = {},
  ) {
    for (const line of options.title ?? []) this.#out.text(`-- ${commentText(line)}\n`);
    this.#out.text(`${sessionBegin()}\n`);
  }

  /** Writes the next transaction. Gives what was gathered once it is enough; what is left comes with {@link end}. */
  *transaction(transaction: Transaction): Generator<Buffer> {
    const out = this.#out;
    out.text(comment(transaction));
    if (this.options.rowQueries === true) {
      for (const query of transaction.rowQueries) out.text(`-- ${commentText(query)}\n`);
    }
    if (transaction.byteSize > GATHERED_BYTES_MAX) {
      // Nothing of it may be handed out before it is known whether a format description must come first.
      if (this.#needsBinlog(transaction)) out.text(this.#describeFormat(transaction));
      for (const _ of this.#body(transaction, { binlog: true }))
        if (out.length >= CHUNK_BYTES) yield out.take();
    } else {
      const begin = out.length;
      const needs = { binlog: false };
      for (const _ of this.#body(transaction, needs)) continue;
      if (needs.binlog) out.insert(begin, this.#describeFormat(transaction));
    }
    if (out.length >= CHUNK_BYTES) yield out.take();
  }

  /** Everything that was not handed out yet, and what comes after the last transaction. */
  end(): Buffer {
    this.#out.text(sessionEnd());
    return this.#out.take();
  }

  #needsBinlog(transaction: Transaction): boolean {
    const needs = { binlog: false };
    const begin = this.#out.length;
    for (const _ of this.#body(transaction, needs)) {
      this.#out.truncate(begin);
      if (needs.binlog) break;
    }
    this.#out.truncate(begin);
    return needs.binlog;
  }

  /** Writes a transaction and stops after each statement or row event. */
  *#body(transaction: Transaction, needs: { binlog: boolean }): Generator<void> {
    const out = this.#out;
    const { ending, xaId } = transaction;
    const [open, close] =
      this.direction === 'redo' && ending === 'xa-prepare' && xaId !== undefined
        ? [`XA START ${xaId};\n`, `XA END ${xaId};\nXA PREPARE ${xaId};\n\n`]
        : ['BEGIN;\n', this.direction === 'redo' && ending === 'rollback' ? 'ROLLBACK;\n\n' : 'COMMIT;\n\n'];
    let rows = 0;
    for (const part of this.#parts(transaction)) {
      if ('sql' in part) out.text(clientStatement(part.sql, part.schema));
      else {
        if (rows === 0) out.text(open);
        rows += this.#writeRows(transaction, part, needs);
      }
      yield;
    }
    if (rows === 0 && this.direction === 'redo' && xaId !== undefined) {
      if (ending === 'xa-commit') out.text(`XA COMMIT ${xaId};\n`);
      if (ending === 'xa-rollback') out.text(`XA ROLLBACK ${xaId};\n`);
    }
    out.text(rows > 0 ? close : '\n');
  }

  /** What the transaction holds, in the order in which it is to be written; rows event by event. */
  *#parts(transaction: Transaction): Generator<Statement | EventRows> {
    if (this.direction === 'undo') {
      yield* transaction.rowEvents('newest-first');
      return;
    }
    const statements = transaction.statements.filter(({ kind }) => kind !== 'control');
    if (statements.length === 0) {
      yield* transaction.rowEvents();
      return;
    }
    const groups = transaction.rowEvents();
    let group = groups.next();
    for (const event of transaction.events()) {
      const statement = statementOf(event);
      if (statement !== undefined && statement.kind !== 'control') yield statement;
      else if (group.done !== true && sameEvent(group.value.event, event)) {
        yield group.value;
        group = groups.next();
      }
    }
  }

  /** Returns how many rows there were. */
  #writeRows(transaction: Transaction, rows: EventRows, needs: { binlog: boolean }): number {
    const out = this.#out;
    const begin = out.length;
    if (this.options.form !== 'binlog') {
      const count = PackedStatements.of(rows.table)?.write(out, rows.event, this.direction) ?? -1;
      if (count >= 0) return count;
    }
    const changes = this.direction === 'undo' ? [...rows.rows()].reverse() : rows.rows();
    if (this.options.form !== 'binlog') {
      try {
        for (const change of changes) {
          const statements = RowStatements.of(change.table);
          if (this.direction === 'redo') statements.redo(out, change);
          else statements.undo(out, change);
        }
        return changes.length;
      } catch (error) {
        if (!(error instanceof UnwritableRowError) || this.options.unwritable === 'error') throw error;
        if (error.reason === 'partial-image' && this.direction === 'undo') throw error;
        out.truncate(begin);
        out.text(`-- ${commentText(error.message)}\n`);
      }
    }
    needs.binlog = true;
    out.text(this.#binlog(transaction, changes));
    return changes.length;
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

/** Many transactions are committed in one second. */
let lastSecond = { second: Number.NaN, text: '' };

function comment(transaction: Transaction): string {
  const { gtid, serverId, start, end, commitTimeUs } = transaction;
  const micros = String(commitTimeUs % 1_000_000).padStart(6, '0');
  const second = Math.floor(commitTimeUs / 1_000_000);
  if (lastSecond.second !== second) {
    lastSecond = { second, text: transaction.commitTime.toISOString().slice(0, 19).replace('T', ' ') };
  }
  const time = `${lastSecond.text}.${micros}`;
  return `-- ${gtid ?? 'anonymous transaction'}, ${time} UTC, server ${serverId}, ${commentText(start.file)}:${start.position}-${end.position}\n`;
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
