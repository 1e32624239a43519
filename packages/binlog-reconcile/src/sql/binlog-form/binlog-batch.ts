import type { RawEvent } from '../../events/index.js';
import type { TableMap } from '../../rows/model.js';
import { setStatementEnd } from './rows-event.js';
import { withoutChecksum } from './event-bytes.js';
import { rowsEventBytes, type PackedRows } from './rows-event.js';

/** Rows are gathered into events of about this size. */
const EVENT_BYTES_MAX = 256 * 1024;
/** Events into statements of about this size. */
const STATEMENT_BYTES_MAX = 512 * 1024;

/**
 * Puts row changes, in the order in which they are added, into as few events as keeps that order: one TABLE_MAP for
 * neighbours of one table, one row event for neighbours that change it in the same way.
 */
export class BinlogBatch {
  readonly #statements: Buffer[][] = [];
  #statement: { readonly table: TableMap; readonly events: Buffer[]; byteLength: number } | undefined;
  #open: { readonly rows: PackedRows; readonly images: Buffer[]; byteLength: number } | undefined;
  #byteLength = 0;

  constructor(
    private readonly flavor: 'mysql' | 'mariadb',
    private readonly serverId: number,
  ) {}

  /** Rough size of the events so far. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Adds a change; `tableMap` is the TABLE_MAP event of its table in the same transaction. */
  add(tableMap: RawEvent, rows: PackedRows): void {
    const byteLength = rows.images.reduce((sum, image) => sum + image.length, 0);
    this.#byteLength += byteLength;
    const open = this.#open;
    if (open !== undefined && open.byteLength + byteLength <= EVENT_BYTES_MAX && mayJoin(open.rows, rows)) {
      open.images.push(...rows.images);
      open.byteLength += byteLength;
      return;
    }
    this.#closeEvent();
    this.#openStatement(tableMap, rows.table);
    this.#open = { rows, images: [...rows.images], byteLength };
  }

  /** Adds a row event as it is in the binlog. */
  addEvent(tableMap: RawEvent, table: TableMap, event: RawEvent): void {
    this.#closeEvent();
    this.#openStatement(tableMap, table);
    this.#push(withoutChecksum(event, this.serverId));
  }

  /**
   * The events so far, as statements: each begins with a TABLE_MAP and must be sent whole. The batch is empty afterwards.
   */
  take(): Buffer[][] {
    this.#closeEvent();
    this.#closeStatement();
    this.#byteLength = 0;
    return this.#statements.splice(0);
  }

  #openStatement(tableMap: RawEvent, table: TableMap): void {
    const statement = this.#statement;
    if (statement !== undefined && statement.table === table && statement.byteLength < STATEMENT_BYTES_MAX)
      return;
    this.#closeStatement();
    this.#statement = { table, events: [], byteLength: 0 };
    this.#push(withoutChecksum(tableMap, this.serverId));
  }

  #push(event: Buffer): void {
    const statement = this.#statement;
    if (statement === undefined) throw new TypeError('An event outside of a statement');
    statement.events.push(event);
    statement.byteLength += event.length;
  }

  #closeEvent(): void {
    if (this.#open === undefined) return;
    const { rows, images } = this.#open;
    this.#push(rowsEventBytes({ ...rows, images }, this.flavor, { serverId: this.serverId, timestamp: 0 }));
    this.#open = undefined;
  }

  #closeStatement(): void {
    if (this.#statement === undefined) return;
    const [, ...rowEvents] = this.#statement.events;
    rowEvents.forEach((event, i) => setStatementEnd(event, i === rowEvents.length - 1));
    this.#statements.push(this.#statement.events);
    this.#statement = undefined;
  }
}

/**
 * Rows of a table without a key that is known stay in events of their own: the server looks for all rows of an event in
 * one scan of the table then, and would not find a row that an earlier one of the same event made.
 */
function mayJoin(a: PackedRows, b: PackedRows): boolean {
  return (
    a.table === b.table &&
    a.kind === b.kind &&
    a.flags === b.flags &&
    (a.table.primaryKey?.length ?? 0) > 0 &&
    sameColumns(a.first, b.first) &&
    sameColumns(a.second, b.second)
  );
}

function sameColumns(a: PackedRows['first'], b: PackedRows['first']): boolean {
  return a === b || (a.length === b.length && a.every((column, i) => column === b[i]));
}
