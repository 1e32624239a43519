import { isDumpThread, isSystemThread, waitsForAck, type SessionInfo } from '../sessions/session-info.js';

export interface ReleaseFacts {
  readonly sessions: readonly SessionInfo[];
  /** Sessions of this program that take part in the fencing. */
  readonly ownIds: ReadonlySet<number>;
  readonly killedIds: ReadonlySet<number>;
  /** Highest session id when the closing statement was first seen waiting; undefined: not seen yet. */
  readonly barrierId: number | undefined;
}

/**
 * Whether semi-sync may be turned off so that waiting commits end: only when no client can get a false acknowledgement.
 * Every session that was there when the closing statement began to wait must have been killed (its socket is shut down);
 * a session that came later cannot have begun a write, because new writes wait behind the closing statement.
 */
export function mayReleaseSemisync(facts: ReleaseFacts): boolean {
  const { sessions, ownIds, killedIds, barrierId } = facts;
  if (barrierId === undefined || !sessions.some(waitsForAck)) return false;
  return sessions.every(
    (session) =>
      session.id > barrierId ||
      ownIds.has(session.id) ||
      killedIds.has(session.id) ||
      isSystemThread(session) ||
      isDumpThread(session),
  );
}

/** Highest session id once the closing statement is seen waiting for a lock. */
export function barrierOf(sessions: readonly SessionInfo[], closingId: number): number | undefined {
  const closing = sessions.find((session) => session.id === closingId);
  if (closing === undefined || !/waiting for .*lock/i.test(closing.state)) return undefined;
  return Math.max(...sessions.map((session) => session.id));
}
