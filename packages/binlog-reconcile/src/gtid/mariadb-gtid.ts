import { GtidParseError } from './errors.js';

/** One MariaDB transaction identifier, `domain-server-sequence`. */
export interface MariadbGtid {
  /** Replication domain, 0 to 2^32 - 1. */
  readonly domainId: number;
  /** `server_id` of the server where the transaction was first written, 0 to 2^32 - 1. */
  readonly serverId: number;
  /** Sequence number within the domain, 0 to 2^64 - 1. */
  readonly sequence: bigint;
}

const LAST_ID = 0xffffffff;
export const LAST_SEQUENCE = 0xffffffffffffffffn;
const FORM = /^\s*([0-9]{1,10})-([0-9]{1,10})-([0-9]{1,20})\s*$/;

/** `domain-server-sequence`. */
export function formatMariadbGtid({ domainId, serverId, sequence }: MariadbGtid): string {
  return `${domainId}-${serverId}-${sequence}`;
}

/** Reads `domain-server-sequence`. Throws {@link GtidParseError}. */
export function parseMariadbGtid(text: string): MariadbGtid {
  return readMariadbGtid(text, 0, text.length);
}

/** Reads the GTID between two places of a text; errors count from the beginning of the whole text. */
export function readMariadbGtid(text: string, from: number, to: number): MariadbGtid {
  const match = FORM.exec(text.slice(from, to));
  if (match === null) throw new GtidParseError(text, from, 'a MariaDB GTID, domain-server-sequence');
  const gtid = { domainId: Number(match[1]), serverId: Number(match[2]), sequence: BigInt(match[3] ?? '') };
  if (!isMariadbGtid(gtid)) {
    throw new GtidParseError(text, from, 'domain and server below 2^32 and a sequence number below 2^64');
  }
  return gtid;
}

/** Whether the numbers are in their ranges. */
export function isMariadbGtid({ domainId, serverId, sequence }: MariadbGtid): boolean {
  return isId(domainId) && isId(serverId) && sequence >= 0n && sequence <= LAST_SEQUENCE;
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= LAST_ID;
}
