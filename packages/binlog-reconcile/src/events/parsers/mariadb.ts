import type { ByteCursor } from '../byte-cursor.js';
import { formatXaId } from './control.js';

/** GTID of MariaDB: begin of a transaction. */
export interface MariadbGtidEvent {
  readonly kind: 'mariadb-gtid';
  /** `domain-server-sequence`. */
  readonly gtid: string;
  /** One event follows and no COMMIT: a DDL statement, usually. */
  readonly standalone: boolean;
  readonly transactional: boolean;
  readonly ddl: boolean;
  /** `prepared`: first half of an XA transaction; `completed`: its XA COMMIT or ROLLBACK. */
  readonly xa: 'prepared' | 'completed' | undefined;
  /** XA transaction name as SQL writes it. */
  readonly xaId: string | undefined;
  /** Transactions with the same number were committed together. */
  readonly commitId: bigint | undefined;
}

/** Body: sequence (8), domain (4), flags (1), then by flag: commit id (8), XA name. */
export function parseMariadbGtidEvent(cursor: ByteCursor, serverId: number): MariadbGtidEvent {
  const sequence = cursor.u64();
  const domain = cursor.u32();
  const flags = cursor.u8();
  const commitId = flags & 2 ? cursor.u64() : undefined;
  let xaId: string | undefined;
  if (flags & (64 | 128)) {
    const formatId = cursor.u32();
    const globalLength = cursor.u8();
    const branchLength = cursor.u8();
    const globalId = cursor.bytes(globalLength);
    xaId = formatXaId({ formatId, globalId, branchQualifier: cursor.bytes(branchLength) });
  }
  return {
    kind: 'mariadb-gtid',
    gtid: `${domain}-${serverId}-${sequence}`,
    standalone: (flags & 1) !== 0,
    transactional: (flags & 4) !== 0,
    ddl: (flags & 32) !== 0,
    xa: flags & 64 ? 'prepared' : flags & 128 ? 'completed' : undefined,
    xaId,
    commitId,
  };
}

/** GTID_LIST: the last GTID of each domain and server at the start of the file. */
export interface MariadbGtidListEvent {
  readonly kind: 'mariadb-gtid-list';
  /** `domain-server-sequence` each. */
  readonly gtids: readonly string[];
  /** Upper four bits of the count: 1 = until reached, 2 = ignore the rest. */
  readonly flags: number;
}

export function parseMariadbGtidList(cursor: ByteCursor): MariadbGtidListEvent {
  const field = cursor.u32();
  const count = field & 0x0fff_ffff;
  const gtids: string[] = [];
  for (let i = 0; i < count; i++) {
    const domain = cursor.u32();
    const server = cursor.u32();
    gtids.push(`${domain}-${server}-${cursor.u64()}`);
  }
  return { kind: 'mariadb-gtid-list', gtids, flags: field >>> 28 };
}

/** BINLOG_CHECKPOINT: the oldest file that crash recovery still needs. */
export interface MariadbCheckpointEvent {
  readonly kind: 'mariadb-checkpoint';
  readonly file: string;
}

export function parseMariadbCheckpoint(cursor: ByteCursor): MariadbCheckpointEvent {
  return { kind: 'mariadb-checkpoint', file: cursor.utf8(cursor.u32()) };
}

/** START_ENCRYPTION: every event after it is encrypted. */
export interface MariadbStartEncryptionEvent {
  readonly kind: 'mariadb-start-encryption';
  readonly scheme: number;
  readonly keyVersion: number;
}

export function parseMariadbStartEncryption(cursor: ByteCursor): MariadbStartEncryptionEvent {
  return { kind: 'mariadb-start-encryption', scheme: cursor.u8(), keyVersion: cursor.u32() };
}
