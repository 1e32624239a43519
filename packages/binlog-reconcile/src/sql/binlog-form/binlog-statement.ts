/** `BINLOG '...'` for whole events, in order. */
export function binlogStatement(events: readonly Buffer[]): string {
  return `BINLOG '${Buffer.concat(events).toString('base64')}'`;
}

/** Characters that {@link binlogStatement} makes of so many bytes of events. */
export function binlogStatementLength(bytes: number): number {
  return Math.ceil(bytes / 3) * 4 + 9;
}

/**
 * What a MySQL session needs after the format description: it waits for a GTID to be named otherwise, and refuses
 * everything on a server with GTIDs. MariaDB skips comments of versions from 50700.
 */
export const GTID_NEXT_AUTOMATIC = "/*!50700 SET @@SESSION.gtid_next = 'AUTOMATIC' */";
