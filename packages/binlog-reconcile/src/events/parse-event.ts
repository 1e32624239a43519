import { ByteCursor } from './byte-cursor.js';
import { DecodeError } from './decode-error.js';
import { BinlogCorruptError, UnknownEventError } from './errors.js';
import { EventFlag, EventType, eventTypeName } from './event-type.js';
import { parseFormatDescription, type FormatDescription } from './format-description.js';
import { openMariadbCompressed } from './mariadb-compression.js';
import {
  parseHeartbeat,
  parseHeartbeatV2,
  parseIncident,
  parseRotate,
  parseXaPrepare,
  parseXid,
  type HeartbeatEvent,
  type IncidentEvent,
  type RotateEvent,
  type StopEvent,
  type XaPrepareEvent,
  type XidEvent,
} from './parsers/control.js';
import {
  parseTransactionContext,
  parseViewChange,
  type TransactionContextEvent,
  type ViewChangeEvent,
} from './parsers/group-replication.js';
import {
  parseDeleteFile,
  parseExecuteLoadQuery,
  parseLoadBlock,
  type DeleteFileEvent,
  type ExecuteLoadQueryEvent,
  type LoadBlockEvent,
} from './parsers/load-data.js';
import {
  parseMariadbCheckpoint,
  parseMariadbGtidEvent,
  parseMariadbGtidList,
  parseMariadbStartEncryption,
  type MariadbCheckpointEvent,
  type MariadbGtidEvent,
  type MariadbGtidListEvent,
  type MariadbStartEncryptionEvent,
} from './parsers/mariadb.js';
import {
  parseGtidTagged,
  parseMysqlGtid,
  parsePreviousGtids,
  type MysqlGtidEvent,
  type PreviousGtidsEvent,
} from './parsers/mysql-gtid.js';
import { parseTransactionPayload, type TransactionPayloadEvent } from './parsers/payload.js';
import { parseQuery, type QueryEvent } from './parsers/query.js';
import {
  parseRowsHeader,
  parseTableMapHeader,
  rowsTypeOf,
  type RowsEvent,
  type TableMapEvent,
} from './parsers/rows-header.js';
import {
  parseAnnotateRows,
  parseIntVar,
  parseRand,
  parseRowsQuery,
  parseUserVar,
  type IntVarEvent,
  type RandEvent,
  type RowsQueryEvent,
  type UserVarEvent,
} from './parsers/statement-context.js';
import type { RawEvent } from './raw-event.js';

/** FORMAT_DESCRIPTION: the first event of a file. */
export interface FormatDescriptionEvent {
  readonly kind: 'format-description';
  readonly format: FormatDescription;
}

/** An event that may be skipped: flagged as ignorable by its writer, or IGNORABLE itself. */
export interface IgnorableEvent {
  readonly kind: 'ignorable';
  readonly type: number;
}

/** A parsed event; `kind` says which. */
export type BinlogEvent =
  | DeleteFileEvent
  | ExecuteLoadQueryEvent
  | FormatDescriptionEvent
  | HeartbeatEvent
  | IgnorableEvent
  | IncidentEvent
  | IntVarEvent
  | LoadBlockEvent
  | MariadbCheckpointEvent
  | MariadbGtidEvent
  | MariadbGtidListEvent
  | MariadbStartEncryptionEvent
  | MysqlGtidEvent
  | PreviousGtidsEvent
  | QueryEvent
  | RandEvent
  | RotateEvent
  | RowsEvent
  | RowsQueryEvent
  | StopEvent
  | TableMapEvent
  | TransactionContextEvent
  | TransactionPayloadEvent
  | UserVarEvent
  | ViewChangeEvent
  | XaPrepareEvent
  | XidEvent;

/**
 * Parses one event.
 * @throws UnknownEventError for a type that this package does not know (or that servers before 5.1 wrote), unless the
 *   event is flagged as ignorable
 * @throws BinlogCorruptError when its bytes cannot be such an event
 */
export function parseEvent(raw: RawEvent): BinlogEvent {
  try {
    return parseBody(raw, new ByteCursor(raw.buffer, raw.bodyStart, raw.bodyEnd));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new BinlogCorruptError(`${eventTypeName(raw.type)} event: ${error.message}`, raw, { cause: error });
  }
}

function parseBody(raw: RawEvent, cursor: ByteCursor): BinlogEvent {
  const rows = rowsTypeOf(raw.type);
  if (rows !== undefined) return parseRowsHeader(cursor, rows);
  switch (raw.type) {
    case EventType.Query:
      return parseQuery(cursor);
    case EventType.MariaQueryCompressed:
      return openCompressedQuery(cursor);
    case EventType.Stop:
      return { kind: 'stop' };
    case EventType.Rotate:
      return parseRotate(cursor);
    case EventType.IntVar:
      return parseIntVar(cursor);
    case EventType.Rand:
      return parseRand(cursor);
    case EventType.UserVar:
      return parseUserVar(cursor);
    case EventType.FormatDescription:
      return {
        kind: 'format-description',
        format: parseFormatDescription(raw.buffer, raw.start, raw.length),
      };
    case EventType.Xid:
      return parseXid(cursor);
    case EventType.AppendBlock:
      return parseLoadBlock(cursor, false);
    case EventType.BeginLoadQuery:
      return parseLoadBlock(cursor, true);
    case EventType.DeleteFile:
      return parseDeleteFile(cursor);
    case EventType.ExecuteLoadQuery:
      return parseExecuteLoadQuery(cursor);
    case EventType.TableMap:
      return parseTableMapHeader(cursor);
    case EventType.Incident:
      return parseIncident(cursor);
    case EventType.Heartbeat:
      return parseHeartbeat(cursor, raw.logPos);
    case EventType.HeartbeatV2:
      return parseHeartbeatV2(cursor);
    case EventType.RowsQuery:
      return parseRowsQuery(cursor);
    case EventType.Gtid:
      return parseMysqlGtid(cursor, false);
    case EventType.AnonymousGtid:
      return parseMysqlGtid(cursor, true);
    case EventType.GtidTagged:
      return parseGtidTagged(cursor);
    case EventType.PreviousGtids:
      return parsePreviousGtids(cursor);
    case EventType.TransactionContext:
      return parseTransactionContext(cursor);
    case EventType.ViewChange:
      return parseViewChange(cursor);
    case EventType.XaPrepare:
      return parseXaPrepare(cursor);
    case EventType.TransactionPayload:
      return parseTransactionPayload(cursor);
    case EventType.MariaAnnotateRows:
      return parseAnnotateRows(cursor);
    case EventType.MariaBinlogCheckpoint:
      return parseMariadbCheckpoint(cursor);
    case EventType.MariaGtid:
      return parseMariadbGtidEvent(cursor, raw.serverId);
    case EventType.MariaGtidList:
      return parseMariadbGtidList(cursor);
    case EventType.MariaStartEncryption:
      return parseMariadbStartEncryption(cursor);
    case EventType.StartV3:
    case EventType.Load:
    case EventType.Slave:
    case EventType.CreateFile:
    case EventType.ExecLoad:
    case EventType.NewLoad:
    case EventType.PreGaWriteRows:
    case EventType.PreGaUpdateRows:
    case EventType.PreGaDeleteRows:
      throw new UnknownEventError(
        raw.type,
        raw,
        `${eventTypeName(raw.type)} was last written by MySQL 5.1 beta or older: upgrade that server first`,
      );
    default:
      if (raw.type === EventType.Ignorable || (raw.flags & EventFlag.Ignorable) !== 0) {
        return { kind: 'ignorable', type: raw.type };
      }
      throw new UnknownEventError(raw.type, raw);
  }
}

/** QUERY_COMPRESSED of MariaDB is a QUERY whose SQL is compressed. */
function openCompressedQuery(cursor: ByteCursor): QueryEvent {
  const query = parseQuery(cursor);
  return { ...query, sqlBytes: openMariadbCompressed(query.sqlBytes) };
}
