import { ByteCursor } from '../../events/byte-cursor.js';
import { DecodeError } from '../../events/decode-error.js';
import { GtidDecodeError } from '../../gtid/errors.js';
import { GtidSet } from '../../gtid/gtid-set.js';
import type { MariadbGtidSet } from '../../gtid/mariadb-gtid-set.js';
import { sqlErrors } from '../protocol/sql-error.js';

/** What a replica asks for. */
export interface DumpRequest {
  readonly serverId: number;
  /** End instead of waiting when there is nothing more. */
  readonly nonBlocking: boolean;
  /**
   * MySQL: heartbeats in the form of 8.0.26, whose positions have 64 bits. MariaDB, the same bit: also ANNOTATE events.
   */
  readonly heartbeatV2OrAnnotate: boolean;
  /** From the first transaction that is not in `gtids`, or from a place. */
  readonly from:
    | { readonly kind: 'gtids'; readonly gtids: GtidSet }
    /** MariaDB: behind the last transaction of each domain. */
    | { readonly kind: 'state'; readonly state: MariadbGtidSet }
    | { readonly kind: 'position'; readonly file: string; readonly position: number };
}

const NON_BLOCKING = 0x01;
const HEARTBEAT_V2_OR_ANNOTATE = 0x02;
const THROUGH_GTID = 0x04;

/**
 * COM_BINLOG_DUMP_GTID without its command byte: flags (2), server id (4), file name (length 4), position (8), set of
 * GTIDs (length 4) in binary form.
 * @throws SqlError
 */
export function parseDumpGtid(payload: Buffer): DumpRequest {
  return reading(payload, (cursor) => {
    const flags = cursor.u16();
    const serverId = cursor.u32();
    const file = cursor.utf8(cursor.u32());
    const position = cursor.u64Number();
    // Without the flag the set may be missing.
    const encoded = cursor.remaining > 0 ? cursor.bytes(cursor.u32()) : Buffer.alloc(0);
    const useGtids = (flags & THROUGH_GTID) !== 0 || encoded.length > 0;
    return {
      ...flagsOf(flags),
      serverId,
      from: useGtids
        ? { kind: 'gtids', gtids: encoded.length === 0 ? GtidSet.empty : GtidSet.decode(encoded) }
        : { kind: 'position', file, position },
    };
  });
}

/**
 * COM_BINLOG_DUMP without its command byte: position (4), flags (2), server id (4), file name.
 * @throws SqlError
 */
export function parseDump(payload: Buffer): DumpRequest {
  return reading(payload, (cursor) => {
    const position = cursor.u32();
    const flags = cursor.u16();
    const serverId = cursor.u32();
    const file = cursor.rest().toString('utf8');
    return { ...flagsOf(flags), serverId, from: { kind: 'position', file, position } };
  });
}

function flagsOf(flags: number): Pick<DumpRequest, 'nonBlocking' | 'heartbeatV2OrAnnotate'> {
  return {
    nonBlocking: (flags & NON_BLOCKING) !== 0,
    heartbeatV2OrAnnotate: (flags & HEARTBEAT_V2_OR_ANNOTATE) !== 0,
  };
}

function reading(payload: Buffer, read: (cursor: ByteCursor) => DumpRequest): DumpRequest {
  try {
    return read(new ByteCursor(payload, 0, payload.length));
  } catch (error) {
    if (error instanceof DecodeError || error instanceof GtidDecodeError) {
      throw sqlErrors.fatalReading(`the request for events cannot be read: ${error.message}`);
    }
    throw error;
  }
}
