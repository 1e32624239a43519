import type { ByteCursor } from '../byte-cursor.js';

/** Session state that a QUERY event carries; `undefined` = the event does not say. */
export interface QueryStatus {
  readonly sqlMode?: bigint;
  readonly autoIncrementIncrement?: number;
  readonly autoIncrementOffset?: number;
  /** Collation ids: what the text of the statement is in, ... */
  readonly characterSetClient?: number;
  readonly collationConnection?: number;
  readonly collationServer?: number;
  readonly timeZone?: string;
  /** Fraction of the second of NOW(), microseconds. */
  readonly microseconds?: number;
  /** InnoDB transaction that makes the DDL atomic (MySQL) or the DDL's own number (MariaDB). */
  readonly ddlXid?: bigint;
  /** Bytes of status variables that this package does not know (always the last ones). */
  readonly unknown?: Buffer;
}

/** QUERY: a statement as text. */
export interface QueryEvent {
  readonly kind: 'query';
  readonly threadId: number;
  readonly executionTimeSeconds: number;
  readonly errorCode: number;
  /** Default database; `''` = none. */
  readonly schema: string;
  readonly status: QueryStatus;
  readonly sqlBytes: Buffer;
}

/** Body: thread (4), seconds (4), schema length (1), error (2), status length (2), status, schema, NUL, SQL. */
export function parseQuery(cursor: ByteCursor): QueryEvent {
  const fixed = readQueryHeader(cursor);
  return { kind: 'query', ...readQueryTail(cursor, fixed), sqlBytes: cursor.rest() };
}

/** The fixed part that QUERY and EXECUTE_LOAD_QUERY begin with. */
export interface QueryHeader {
  readonly threadId: number;
  readonly executionTimeSeconds: number;
  readonly errorCode: number;
  readonly schemaLength: number;
  readonly statusLength: number;
}

export function readQueryHeader(cursor: ByteCursor): QueryHeader {
  const threadId = cursor.u32();
  const executionTimeSeconds = cursor.u32();
  const schemaLength = cursor.u8();
  const errorCode = cursor.u16();
  const statusLength = cursor.u16();
  return { threadId, executionTimeSeconds, errorCode, schemaLength, statusLength };
}

/** Status variables and schema; the SQL is what is left then. */
export function readQueryTail(
  cursor: ByteCursor,
  header: QueryHeader,
): Pick<QueryEvent, 'threadId' | 'executionTimeSeconds' | 'errorCode' | 'schema' | 'status'> {
  const status = parseQueryStatus(cursor.bytes(header.statusLength));
  const schema = cursor.utf8(header.schemaLength);
  cursor.skip(1);
  const { threadId, executionTimeSeconds, errorCode } = header;
  return { threadId, executionTimeSeconds, errorCode, schema, status };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Codes and sizes: `Query_event_status_vars` of MySQL's `statement_events.h`, `Q_*_CODE` of MariaDB's `log_event.h`. */
function parseQueryStatus(bytes: Buffer): QueryStatus {
  const status: Mutable<QueryStatus> = {};
  let at = 0;
  const fits = (length: number) => at + length <= bytes.length;
  while (at < bytes.length) {
    const begin = at;
    const code = bytes[at++] as number;
    const length = statusLength(code, bytes, at);
    if (length === undefined || !fits(length)) {
      status.unknown = bytes.subarray(begin);
      return status;
    }
    switch (code) {
      case 1:
        status.sqlMode = bytes.readBigUInt64LE(at);
        break;
      case 3:
        status.autoIncrementIncrement = bytes.readUInt16LE(at);
        status.autoIncrementOffset = bytes.readUInt16LE(at + 2);
        break;
      case 4:
        status.characterSetClient = bytes.readUInt16LE(at);
        status.collationConnection = bytes.readUInt16LE(at + 2);
        status.collationServer = bytes.readUInt16LE(at + 4);
        break;
      case 5:
        status.timeZone = bytes.toString('latin1', at + 1, at + length);
        break;
      case 13:
      case 128:
        status.microseconds = bytes.readUIntLE(at, 3);
        break;
      case 17:
      case 129:
        status.ddlXid = bytes.readBigUInt64LE(at);
        break;
    }
    at += length;
  }
  return status;
}

const FIXED_STATUS_LENGTHS = new Map([
  [0, 4],
  [1, 8],
  [3, 4],
  [4, 6],
  [7, 2],
  [8, 2],
  [9, 8],
  [10, 4],
  [13, 3],
  [16, 1],
  [17, 8],
  [18, 2],
  [19, 1],
  [20, 1],
  [128, 3],
  [129, 8],
]);

function statusLength(code: number, bytes: Buffer, at: number): number | undefined {
  const fixed = FIXED_STATUS_LENGTHS.get(code);
  if (fixed !== undefined) return fixed;
  const first = bytes[at];
  if (first === undefined) return undefined;
  switch (code) {
    case 2: // catalog: length, text, NUL
      return first + 2;
    case 5: // time zone
    case 6: // catalog without NUL
      return first + 1;
    case 11: {
      // invoker: user and host, each with its length before it
      const host = bytes[at + 1 + first];
      return host === undefined ? undefined : first + host + 2;
    }
    case 12: {
      // updated databases: count (254 = too many to list), then texts that end in NUL
      if (first === 254) return 1;
      let end = at + 1;
      for (let i = 0; i < first; i++) {
        const nul = bytes.indexOf(0, end);
        if (nul === -1) return undefined;
        end = nul + 1;
      }
      return end - at;
    }
    case 131: // MariaDB: count of (charset, collation) pairs
      return 1 + first * 4;
    default:
      return undefined;
  }
}
