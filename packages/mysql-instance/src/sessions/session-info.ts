import type { Row } from '../connection/statement.js';
import { statement } from '../connection/statement.js';
import { toNumber } from '../status/parse-values.js';

/** One line of SHOW PROCESSLIST. */
export interface SessionInfo {
  readonly id: number;
  readonly user: string;
  readonly host: string;
  readonly db: string | null;
  readonly command: string;
  /** Seconds in the present state. */
  readonly timeS: number;
  readonly state: string;
  /** First 100 characters of the statement. */
  readonly info: string | null;
}

export const listSessionsStatement = statement('list sessions', 'SHOW PROCESSLIST');

export function parseSessions(rows: readonly Row[]): readonly SessionInfo[] {
  return rows.map((row) => ({
    id: toNumber(row['Id']),
    user: row['User'] ?? '',
    host: row['Host'] ?? '',
    db: row['db'] ?? null,
    command: row['Command'] ?? '',
    timeS: toNumber(row['Time']),
    state: row['State'] ?? '',
    info: row['Info'] ?? null,
  }));
}

/** A commit that waits for a semi-sync acknowledgement (state texts of MySQL 5.7 to 9.7 and MariaDB). */
export function waitsForAck(session: SessionInfo): boolean {
  return /semi-?sync ack/i.test(session.state);
}

/** A session that serves a replica. */
export function isDumpThread(session: SessionInfo): boolean {
  return /^binlog dump/i.test(session.command);
}

/** The server's own threads, replication threads among them: never a client. */
export function isSystemThread(session: SessionInfo): boolean {
  return (
    session.user === 'system user' ||
    session.user === 'event_scheduler' ||
    session.command === 'Daemon' ||
    session.command === 'Group Replication Data Stream subscription' ||
    session.command === 'Slave_IO' ||
    session.command === 'Slave_SQL' ||
    session.command === 'Slave_worker'
  );
}
