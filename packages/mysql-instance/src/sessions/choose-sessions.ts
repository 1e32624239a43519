import { isDumpThread, isSystemThread, type SessionInfo } from './session-info.js';

export interface SessionChoice {
  /** Sessions of this program. */
  readonly ownIds: ReadonlySet<number>;
  /** Accounts (user names) that are left alone. */
  readonly exceptUsers: ReadonlySet<string>;
  readonly killDumpThreads: boolean;
}

/** The client sessions to end: everybody's but the server's own, ours, those of excepted accounts and of replicas. */
export function chooseSessions(
  sessions: readonly SessionInfo[],
  choice: SessionChoice,
): readonly SessionInfo[] {
  return sessions.filter((session) => {
    if (choice.ownIds.has(session.id) || isSystemThread(session)) return false;
    if (isDumpThread(session)) return choice.killDumpThreads;
    return !choice.exceptUsers.has(session.user);
  });
}
