import { EventType } from '../events/event-type.js';
import { parseEvent } from '../events/parse-event.js';
import { rowsTypeOf } from '../events/parsers/rows-header.js';
import type { RawEvent } from '../events/raw-event.js';
import { charsetOfCollation } from '../rows/charset/collations.js';
import { textDecoder } from '../rows/charset/decode-text.js';
import type {
  BinlogPosition,
  EventRows,
  RowChange,
  Statement,
  TableChanges,
  Transaction,
  TransactionEnding,
} from '../rows/model.js';
import { countRows, eventRows, readRows } from '../rows/rows-event.js';
import type { ParsedTableMap } from '../rows/table/table-map.js';
import type { EventStore, StoredEvent } from './event-store.js';
import { isBegin } from './is-begin.js';
import { classifyStatement } from './statement-kind.js';

/** What the assembler knows of a transaction once its end is there. */
export interface TransactionFacts {
  readonly gtid: string | undefined;
  readonly flavor: 'mysql' | 'mariadb';
  readonly serverId: number;
  readonly commitTimeUs: number;
  readonly start: BinlogPosition;
  readonly end: BinlogPosition;
  readonly byteSize: number;
  readonly ending: TransactionEnding;
  readonly xid: bigint | undefined;
  readonly xaId: string | undefined;
  readonly lastCommitted: number | undefined;
  readonly sequenceNumber: number | undefined;
  readonly incident: string | undefined;
  /** The events, payloads opened. */
  readonly store: EventStore;
  /** The payload's GTID event and the payload itself; `undefined` when it is not compressed. */
  readonly stored: readonly RawEvent[] | undefined;
  readonly wantsTable: (schema: string, table: string) => boolean;
}

/** A whole transaction over its stored events. */
export class StoredTransaction implements Transaction {
  readonly gtid: string | undefined;
  readonly flavor: 'mysql' | 'mariadb';
  readonly serverId: number;
  readonly commitTimeUs: number;
  readonly start: BinlogPosition;
  readonly end: BinlogPosition;
  readonly byteSize: number;
  readonly compressed: boolean;
  readonly ending: TransactionEnding;
  readonly xid: bigint | undefined;
  readonly xaId: string | undefined;
  readonly lastCommitted: number | undefined;
  readonly sequenceNumber: number | undefined;
  readonly incident: string | undefined;
  readonly #store: EventStore;
  readonly #stored: readonly RawEvent[] | undefined;
  readonly #wantsTable: (schema: string, table: string) => boolean;
  #tables: readonly TableChanges[] | undefined;

  constructor(facts: TransactionFacts) {
    this.gtid = facts.gtid;
    this.flavor = facts.flavor;
    this.serverId = facts.serverId;
    this.commitTimeUs = facts.commitTimeUs;
    this.start = facts.start;
    this.end = facts.end;
    this.byteSize = facts.byteSize;
    this.compressed = facts.stored !== undefined;
    this.ending = facts.ending;
    this.xid = facts.xid;
    this.xaId = facts.xaId;
    this.lastCommitted = facts.lastCommitted;
    this.sequenceNumber = facts.sequenceNumber;
    this.incident = facts.incident;
    this.#store = facts.store;
    this.#stored = facts.stored;
    this.#wantsTable = facts.wantsTable;
  }

  get commitTime(): Date {
    return new Date(Math.floor(this.commitTimeUs / 1000));
  }

  get statements(): readonly Statement[] {
    const statements: Statement[] = [];
    for (const { event } of this.#store.forward()) {
      const statement = statementOf(event);
      if (statement !== undefined) statements.push(statement);
    }
    return statements;
  }

  get rowQueries(): readonly string[] {
    const queries: string[] = [];
    for (const { event } of this.#store.forward()) {
      if (event.type !== EventType.RowsQuery && event.type !== EventType.MariaAnnotateRows) continue;
      const parsed = parseEvent(event);
      if (parsed.kind === 'rows-query') queries.push(parsed.sqlBytes.toString('utf8'));
    }
    return queries;
  }

  get tables(): readonly TableChanges[] {
    return (this.#tables ??= this.#countTables());
  }

  get rowCount(): number {
    return this.tables.reduce((sum, { inserts, updates, deletes }) => sum + inserts + updates + deletes, 0);
  }

  rows(): IterableIterator<RowChange> {
    return new RowIterator(this.#store.forward(), (stored) => {
      const table = this.#tableOf(stored);
      return table === undefined ? NO_ROWS : readRows(stored.event, table);
    });
  }

  rowsReversed(): IterableIterator<RowChange> {
    return new RowIterator(this.#store.backward(), (stored) => {
      const table = this.#tableOf(stored);
      return table === undefined ? NO_ROWS : readRows(stored.event, table).reverse();
    });
  }

  *rowEvents(order: 'oldest-first' | 'newest-first' = 'oldest-first'): IterableIterator<EventRows> {
    const stored = order === 'oldest-first' ? this.#store.forward() : this.#store.backward();
    for (const one of stored) {
      const table = this.#tableOf(one);
      if (table !== undefined) yield eventRows(one.event, table);
    }
  }

  *events(): IterableIterator<RawEvent> {
    for (const { event } of this.#store.forward()) yield event;
  }

  *rawEvents(): IterableIterator<RawEvent> {
    if (this.#stored === undefined) yield* this.events();
    else yield* this.#stored;
  }

  /** Gives a temporary file back; see {@link TransactionReleasedError}. */
  release(): void {
    this.#store.release();
  }

  /** The table, when the event holds rows of a table that is wanted. */
  #tableOf({ table }: StoredEvent): ParsedTableMap | undefined {
    return table !== undefined && this.#wantsTable(table.schema, table.table) ? table : undefined;
  }

  #countTables(): TableChanges[] {
    const byName = new Map<string, { map: ParsedTableMap; insert: number; update: number; delete: number }>();
    for (const stored of this.#store.forward()) {
      const table = this.#tableOf(stored);
      const type = rowsTypeOf(stored.event.type);
      if (table === undefined || type === undefined) continue;
      const name = `${table.schema}\0${table.table}`;
      let counts = byName.get(name);
      if (counts === undefined) byName.set(name, (counts = { map: table, insert: 0, update: 0, delete: 0 }));
      counts.map = table;
      counts[type.change] += countRows(stored.event, table);
    }
    return Array.from(byName.values(), ({ map, insert, update, delete: deletes }) => ({
      schema: map.schema,
      table: map.table,
      map,
      inserts: insert,
      updates: update,
      deletes,
    }));
  }
}

const NO_ROWS: readonly RowChange[] = [];

/** The rows of one event after the other. By hand: a generator inside a generator takes as long as decoding a row. */
class RowIterator implements IterableIterator<RowChange> {
  #rows: readonly RowChange[] = NO_ROWS;
  #at = 0;
  #done = false;

  constructor(
    private readonly events: IterableIterator<StoredEvent>,
    private readonly rowsOf: (stored: StoredEvent) => readonly RowChange[],
  ) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<RowChange, undefined> {
    while (this.#at >= this.#rows.length) {
      const next: IteratorResult<StoredEvent, unknown> = this.#done ? DONE : this.events.next();
      if (next.done === true) {
        this.#done = true;
        this.#rows = NO_ROWS;
        return DONE;
      }
      this.#at = 0;
      this.#rows = this.rowsOf(next.value);
    }
    return { done: false, value: this.#rows[this.#at++] as RowChange };
  }

  return(): IteratorResult<RowChange, undefined> {
    if (!this.#done) this.events.return?.();
    this.#done = true;
    this.#rows = NO_ROWS;
    return DONE;
  }
}

const DONE = { done: true, value: undefined } as const;

/** The statement that an event holds as text; `undefined` for BEGIN, COMMIT and every other event. */
export function statementOf(event: RawEvent): Statement | undefined {
  if (
    event.type !== EventType.Query &&
    event.type !== EventType.MariaQueryCompressed &&
    event.type !== EventType.ExecuteLoadQuery
  ) {
    return undefined;
  }
  if (isBegin(event)) return undefined;
  const parsed = parseEvent(event);
  if (parsed.kind !== 'query' && parsed.kind !== 'execute-load-query') return undefined;
  const { sqlBytes, status, schema, errorCode } = parsed;
  const charset = charsetOfCollation(status.characterSetClient ?? 0) ?? 'utf8mb4';
  const sql = textDecoder(charset)?.(sqlBytes, 0, sqlBytes.length) ?? sqlBytes.toString('utf8');
  const { kind, verb } = classifyStatement(sql);
  if (kind !== 'ddl' && kind !== 'dml' && kind !== 'control') return undefined;
  return { kind: parsed.kind === 'query' ? kind : 'dml', schema, sql, sqlBytes, verb, errorCode };
}
