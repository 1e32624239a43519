import type { RawEvent } from '../events/raw-event.js';
import type { ColumnTypeCode } from './column-type.js';
import type { JsonDiff, JsonNode } from './json/json-node.js';

/**
 * What a column's values are, and so what {@link ColumnValue} they decode to:
 *
 * | kind | decoded value |
 * | --- | --- |
 * | `integer` | `number`, or `bigint` beyond ±2^53-1 |
 * | `float` | `number` whose shortest text is the shortest text of the float32 (`Math.fround` gives its bits back) |
 * | `double` | `number` |
 * | `decimal` | `string`, exact, with the column's scale (`'-12.50'`) |
 * | `bit` | `Buffer` of ceil(length / 8) bytes, most significant first |
 * | `year` | `number`, 0 or 1901..2155 |
 * | `date`, `time`, `datetime` | `string` as the server prints it, zero parts and fraction included |
 * | `timestamp` | `string`, the same, in UTC; `'0000-00-00 00:00:00'` for zero |
 * | `enum` | `number`: index into {@link Column.values} counted from 1; 0 is the empty "invalid" value |
 * | `set` | `number`, or `bigint` beyond 2^53-1: bit i (from 0) is `values[i]` |
 * | `text` | `string`, or the `Buffer` itself where its bytes are not valid text of the column's character set |
 * | `binary` | `Buffer`; BINARY(n) is padded with zero bytes to n |
 * | `bytes` | `Buffer`: a string whose character set nobody told (CHAR or BINARY? TEXT or BLOB?); trailing pad bytes of CHAR/BINARY are missing, as in the file |
 * | `json` | `string` as the server prints it |
 * | `geometry` | `Buffer`: 4 bytes SRID (little endian), then WKB |
 * | `vector` | `Buffer` of little endian float32 |
 * | `inet4`, `inet6`, `uuid` | `string` as MariaDB prints it (only with a schema: the file cannot tell them from BINARY) |
 *
 * SQL NULL is `null`; a column that the image does not hold is `undefined`.
 */
export type ColumnKind =
  | 'integer'
  | 'float'
  | 'double'
  | 'decimal'
  | 'bit'
  | 'year'
  | 'date'
  | 'time'
  | 'datetime'
  | 'timestamp'
  | 'enum'
  | 'set'
  | 'text'
  | 'binary'
  | 'bytes'
  | 'json'
  | 'geometry'
  | 'vector'
  | 'inet4'
  | 'inet6'
  | 'uuid';

/** A decoded value; see {@link ColumnKind} for which column gives which. */
export type ColumnValue = number | bigint | string | Buffer | null;

/** One column of a table as a TABLE_MAP event (and, where given, a schema) describes it. `undefined` = nobody told. */
export interface Column {
  /** Position in the table, from 0. Hidden and generated columns count. */
  readonly index: number;
  /** The type, after ENUM and SET were unpacked from STRING. */
  readonly type: ColumnTypeCode;
  readonly kind: ColumnKind;
  /** The two metadata bytes of the event as the decoder uses them (length, precision and scale, fraction digits, ...). */
  readonly meta: number;
  /**
   * CHAR/VARCHAR/BINARY/VARBINARY: greatest length in *bytes*; BIT: bits; DECIMAL: precision; ENUM, SET, BLOB, TEXT,
   * JSON, GEOMETRY, VECTOR: bytes of the value's index, mask or length prefix; else 0.
   */
  readonly length: number;
  /** DECIMAL: digits behind the point; TIME/DATETIME/TIMESTAMP: digits of the fraction; else 0. */
  readonly scale: number;
  readonly nullable: boolean;
  readonly name: string | undefined;
  /** Numeric columns only. */
  readonly unsigned: boolean | undefined;
  /** Collation id; 63 is binary. Strings, ENUM and SET only. */
  readonly collationId: number | undefined;
  /** Character set as MySQL names it (`'utf8mb4'`, `'latin1'`, `'binary'`, ...). */
  readonly charset: string | undefined;
  /** Members of ENUM and SET, in order. */
  readonly values: readonly string[] | undefined;
  readonly primaryKey: boolean | undefined;
  readonly visible: boolean | undefined;
  /** Only from a schema: a binlog never says. */
  readonly generated: boolean | undefined;
  /** 0 geometry, 1 point, 2 linestring, 3 polygon, 4 multipoint, 5 multilinestring, 6 multipolygon, 7 collection. */
  readonly geometryType: number | undefined;
  /** VECTOR: how many numbers. */
  readonly dimensions: number | undefined;
}

/** One part of a primary key. */
export interface PrimaryKeyPart {
  /** Index of the column. */
  readonly column: number;
  /** Characters that the key covers; 0 = the whole column. */
  readonly prefixLength: number;
}

/** A table as one TABLE_MAP event describes it. Equal events give the same object. */
export interface TableMap {
  /** Number by which row events name it; valid only until the next TABLE_MAP with it. */
  readonly tableId: number;
  readonly flags: number;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly Column[];
  /** In key order; `[]` = known to have none, `undefined` = nobody told. */
  readonly primaryKey: readonly PrimaryKeyPart[] | undefined;
  /** Whether every column's name is known. */
  readonly named: boolean;
  /** `true` when part of the description came from the caller's {@link SchemaSource}. */
  readonly fromSchema: boolean;
  /** Index of a column by name (exact, then case-insensitive); -1 when there is none. */
  indexOf(name: string): number;
}

/** What a caller can tell about a column, where the binlog does not (MySQL 5.7, `binlog_row_metadata=MINIMAL`, MariaDB). */
export interface SchemaColumn {
  readonly name: string;
  /** `DATA_TYPE` of information_schema.COLUMNS, lower case: `int`, `varchar`, `inet6`, `uuid`, ... */
  readonly dataType: string;
  readonly unsigned?: boolean;
  /** `ID` of information_schema.COLLATIONS. Needed for strings only. */
  readonly collationId?: number;
  /** Members of ENUM or SET. */
  readonly values?: readonly string[];
  readonly visible?: boolean;
  readonly generated?: boolean;
}

/** A table as the caller knows it; must have as many columns as the binlog's, in order. */
export interface TableSchema {
  readonly columns: readonly SchemaColumn[];
  /** Names of the primary key's columns in key order; `[]` = none. */
  readonly primaryKey?: readonly string[];
}

/** Tells what the binlog leaves out. Asked once per table and definition, before the transaction is handed out. */
export interface SchemaSource {
  lookup(schema: string, table: string): TableSchema | undefined | Promise<TableSchema | undefined>;
}

/** One image of a row: where its columns start in the event; a column is decoded when asked for. */
export interface RowImage {
  readonly table: TableMap;
  /** Whether the image holds every column of the table (`binlog_row_image=FULL`). */
  readonly complete: boolean;
  /** Whether the image holds the column. */
  has(index: number): boolean;
  /**
   * The decoded value; `undefined` when the image does not hold the column.
   * @throws UnknownColumnMetadataError when the value depends on what the file does not say (signedness)
   * @throws BinlogCorruptError when the bytes cannot be such a value
   */
  get(index: number): ColumnValue | undefined;
  /** Every column at once, by the compiled decoder: the fast way. Same values as {@link get}. */
  values(): (ColumnValue | undefined)[];
  /**
   * The value as `SELECT` prints it in a UTC session, or the bytes where it is not text (`binary`, `bytes`, `bit`,
   * `geometry`, `vector`, invalid text). ENUM and SET give names (the index in digits when names are not known).
   */
  text(index: number): string | Buffer | null | undefined;
  /**
   * The bytes of a string, BLOB, JSON (binary form), geometry, vector or BIT (opened, where MariaDB compressed them); of
   * any other kind the column's packed bytes. `null` for NULL, `undefined` when not held. Mostly a view of the event: do
   * not write to it.
   */
  bytes(index: number): Buffer | null | undefined;
  /** A JSON column as a typed tree (exact decimals, dates, 64-bit integers, opaque values); `null` for SQL NULL. */
  json(index: number): JsonNode | null | undefined;
  /**
   * How a JSON column differs from the image before, where the server logged only that
   * (`binlog_row_value_options=PARTIAL_JSON`); `undefined` where it logged the whole value. {@link get}, {@link text} and
   * {@link json} apply the differences where the before-image holds the column.
   */
  jsonDiffs(index: number): readonly JsonDiff[] | undefined;
  /** `{ name: value }` of the columns held; a column without a known name is `@1`, `@2`, ... */
  toObject(): Record<string, ColumnValue>;
}

export type RowChangeKind = 'insert' | 'update' | 'delete';

/** One changed row. */
export interface RowChange {
  readonly kind: RowChangeKind;
  readonly table: TableMap;
  /** `undefined` for inserts. */
  readonly before: RowImage | undefined;
  /** `undefined` for deletes. */
  readonly after: RowImage | undefined;
  /** Flags of the row event: see {@link RowFlag}. */
  readonly flags: number;
  /** The event that holds it: a view on memory for as long as you keep it. */
  readonly event: RawEvent;
}

/** The rows that one event changes: all of one table, changed in one way, with the same columns in their images. */
export interface EventRows {
  readonly event: RawEvent;
  readonly table: TableMap;
  readonly kind: RowChangeKind;
  /** See {@link RowFlag}. */
  readonly flags: number;
  /** Whether every image holds every column (`binlog_row_image=FULL`). */
  readonly complete: boolean;
  /** Counted when first asked for, without making objects of them. */
  readonly rowCount: number;
  /** The rows in the order of the event. Made when asked for. */
  rows(): readonly RowChange[];
}

/** Flags of a row event. */
export const RowFlag = {
  StatementEnd: 0x01,
  NoForeignKeyChecks: 0x02,
  RelaxedUniqueChecks: 0x04,
  CompleteRows: 0x08,
  /** Row changes of foreign-key cascades are in the binlog (MySQL 9.6 and newer). */
  CascadesLogged: 0x10,
} as const;

/** What a statement in a transaction is. */
export type StatementKind =
  /** Changes definitions: CREATE, ALTER, DROP, TRUNCATE, RENAME, GRANT, ... : cannot be undone from the binlog. */
  | 'ddl'
  /** Statement-format INSERT, UPDATE, DELETE, REPLACE, LOAD DATA, CALL, ...: which rows it changed is not in the binlog. */
  | 'dml'
  /** SAVEPOINT, ROLLBACK TO, XA START/END, SET, comments: changes no data. */
  | 'control';

/** An SQL statement that the binlog holds as text (BEGIN, COMMIT and the like left out). */
export interface Statement {
  readonly kind: StatementKind;
  /** Default database at that time; `''` when none. */
  readonly schema: string;
  /** Text in {@link charset}; bytes that are not valid are kept in {@link sqlBytes}. */
  readonly sql: string;
  readonly sqlBytes: Buffer;
  /** First word(s), upper case: `'CREATE TABLE'`, `'INSERT'`, ... */
  readonly verb: string;
  /** Error code that the statement ended with on the source; 0 = none. */
  readonly errorCode: number;
}

/** How a transaction ends. */
export type TransactionEnding =
  'commit' | 'rollback' | 'xa-prepare' | 'xa-commit' | 'xa-rollback' | 'implicit' | 'empty';

/** Where something is in a set of binlog files. */
export interface BinlogPosition {
  /** Base name of the file, e.g. `binlog.000004`; `''` for a stream that did not say. */
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly position: number;
}

/** Rows of one table that a transaction changed. */
export interface TableChanges {
  readonly schema: string;
  readonly table: string;
  /** The last definition seen in this transaction. */
  readonly map: TableMap;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
}

/** A whole transaction (one GTID, or one anonymous one). Never one whose end is missing: see `TornTransaction`. */
export interface Transaction {
  /** `uuid:gno`, `uuid:tag:gno` or `domain-server-sequence`; `undefined` for an anonymous one. */
  readonly gtid: string | undefined;
  readonly flavor: 'mysql' | 'mariadb';
  readonly serverId: number;
  /** When it was committed on the server where it began, microseconds since 1970 (whole seconds where the file has no better). */
  readonly commitTimeUs: number;
  readonly commitTime: Date;
  /** The first event, and the byte behind the last. */
  readonly start: BinlogPosition;
  readonly end: BinlogPosition;
  /** Bytes in the file. */
  readonly byteSize: number;
  /** Whether it is a compressed payload event. */
  readonly compressed: boolean;
  readonly ending: TransactionEnding;
  /** InnoDB's number of the transaction, from XID; `undefined` without one. */
  readonly xid: bigint | undefined;
  /** XA transaction name as SQL writes it (`X'6162',X'',1`) when the ending is one of XA's. */
  readonly xaId: string | undefined;
  /** Logical clock of MySQL's parallel appliers; `undefined` on MariaDB. */
  readonly lastCommitted: number | undefined;
  readonly sequenceNumber: number | undefined;
  /** SQL that it holds as text, in order. */
  readonly statements: readonly Statement[];
  /** Text of the statements that made the row changes, where the server logged them (ROWS_QUERY, ANNOTATE_ROWS). */
  readonly rowQueries: readonly string[];
  /** An INCIDENT event: the source itself says that changes are missing here. */
  readonly incident: string | undefined;
  /** The tables with changed rows and how many. Counted when first asked for, in one pass without decoding. */
  readonly tables: readonly TableChanges[];
  readonly rowCount: number;
  /** Changed rows in the order of the binlog (of the tables asked for, where the caller named tables). */
  rows(): IterableIterator<RowChange>;
  /** The same rows, newest first. */
  rowsReversed(): IterableIterator<RowChange>;
  /** The same rows event by event, for what needs no object for each row; the last event first where asked for. */
  rowEvents(order?: 'oldest-first' | 'newest-first'): IterableIterator<EventRows>;
  /** The events, compressed payloads opened. */
  events(): IterableIterator<RawEvent>;
  /** The events as they are in the file. */
  rawEvents(): IterableIterator<RawEvent>;
}

/** The start of a transaction whose end is missing: cut off by a crash, or not yet written. */
export interface TornTransaction {
  readonly gtid: string | undefined;
  /** Where it begins. Everything before is whole. */
  readonly start: BinlogPosition;
  /** Where the file ends. */
  readonly end: BinlogPosition;
  /** Whole events of it that are there. */
  readonly eventCount: number;
  /** Whether the last event itself is cut off or damaged. */
  readonly eventCut: boolean;
}
