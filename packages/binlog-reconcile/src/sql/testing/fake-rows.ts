import type { RawEvent } from '../../events/index.js';
import type { JsonNode } from '../../rows/json/json-node.js';
import type {
  Column,
  ColumnKind,
  ColumnValue,
  EventRows,
  RowChange,
  RowChangeKind,
  RowImage,
  Statement,
  TableMap,
  Transaction,
} from '../../rows/model.js';
import { valueText } from '../../rows/value-text.js';

/** What a test says of a column; the rest is as a table with FULL metadata has it. */
export type ColumnSketch = { readonly name: string | undefined; readonly kind: ColumnKind } & Partial<Column>;

/** A table made of sketches; the columns named in `key` are its primary key. */
export function fakeTable(columns: readonly ColumnSketch[], key: readonly string[] = []): TableMap {
  const full = columns.map((sketch, index): Column => ({
    type: 3,
    meta: 0,
    length: 0,
    scale: 0,
    nullable: true,
    unsigned: false,
    collationId: undefined,
    charset: sketch.kind === 'text' ? 'utf8mb4' : undefined,
    values: undefined,
    primaryKey: key.includes(sketch.name ?? ''),
    visible: true,
    generated: undefined,
    geometryType: undefined,
    dimensions: undefined,
    ...sketch,
    index,
  }));
  return {
    tableId: 7,
    flags: 1,
    schema: 'db',
    table: 't',
    columns: full,
    primaryKey: key.map((name) => ({
      column: full.findIndex((column) => column.name === name),
      prefixLength: 0,
    })),
    named: full.every(({ name }) => name !== undefined),
    fromSchema: false,
    indexOf: (name) => full.findIndex((column) => column.name === name),
  };
}

/** An image of decoded values; `undefined` is a column that it does not hold. */
export function fakeImage(
  table: TableMap,
  values: readonly (ColumnValue | undefined)[],
  extra: { readonly bytes?: readonly (Buffer | undefined)[]; readonly json?: JsonNode } = {},
): RowImage {
  return {
    table,
    complete: !values.includes(undefined),
    has: (index) => values[index] !== undefined,
    get: (index) => values[index],
    values: () => [...values],
    text: (index) => {
      const value = values[index];
      return value === null || value === undefined ? value : valueText(table.columns[index] as Column, value);
    },
    bytes: (index) => {
      const value = values[index];
      if (value === null || value === undefined) return value;
      return extra.bytes?.[index] ?? (Buffer.isBuffer(value) ? value : Buffer.from(String(value)));
    },
    json: () => extra.json,
    jsonDiffs: () => undefined,
    toObject: () => ({}),
  };
}

/** A change whose kind follows from the images that are given. */
export function fakeChange(before: RowImage | undefined, after: RowImage | undefined, flags = 0): RowChange {
  const table = (after ?? before)?.table;
  if (table === undefined) throw new TypeError('give an image');
  const kind: RowChangeKind = before === undefined ? 'insert' : after === undefined ? 'delete' : 'update';
  return { kind, table, before, after, flags, event: {} as RawEvent };
}

function fakeEventRows(change: RowChange): EventRows {
  const { event, table, kind, flags, before, after } = change;
  const complete = before?.complete !== false && after?.complete !== false;
  return { event, table, kind, flags, complete, rowCount: 1, rows: () => [change] };
}

/** A transaction of row changes and statements. */
export function fakeTransaction(
  sketch: Partial<Transaction> & { readonly changes?: readonly RowChange[] },
): Transaction {
  const { changes = [], ...rest } = sketch;
  return {
    gtid: 'aaaaaaaa-0000-0000-0000-000000000000:1',
    flavor: 'mysql',
    serverId: 1,
    commitTimeUs: 1_700_000_000_123_456,
    commitTime: new Date(1_700_000_000_123),
    start: { file: 'binlog.000001', position: 4 },
    end: { file: 'binlog.000001', position: 104 },
    byteSize: 100,
    compressed: false,
    ending: 'commit',
    xid: 1n,
    xaId: undefined,
    lastCommitted: 0,
    sequenceNumber: 1,
    statements: [],
    rowQueries: [],
    incident: undefined,
    tables: [],
    rowCount: changes.length,
    rows: () => changes[Symbol.iterator]() as IterableIterator<RowChange>,
    rowsReversed: () => [...changes].reverse()[Symbol.iterator]() as IterableIterator<RowChange>,
    rowEvents: (order) => {
      // Each change stands for an event of its own.
      const events = changes.map((change) => fakeEventRows(change));
      if (order === 'newest-first') events.reverse();
      return events[Symbol.iterator]() as IterableIterator<EventRows>;
    },
    events: () => [][Symbol.iterator]() as IterableIterator<RawEvent>,
    rawEvents: () => [][Symbol.iterator]() as IterableIterator<RawEvent>,
    ...rest,
  };
}

/** A statement of a transaction. */
export function fakeStatement(kind: Statement['kind'], sql: string): Statement {
  return { kind, schema: 'db', sql, sqlBytes: Buffer.from(sql), verb: sql.split(' ')[0] ?? '', errorCode: 0 };
}
