import type { Operation } from '../instance/operation.js';
import { chooseSessions } from './choose-sessions.js';
import { killSessions, type KillResult } from './kill-sessions.js';
import { listSessionsStatement, parseSessions } from './session-info.js';

export interface KillClientsOptions {
  /** Accounts (user names) whose sessions stay; the account of this program always stays. */
  readonly exceptUsers?: readonly string[];
  /** Also end the sessions that serve replicas. Default false. */
  readonly killDumpThreads?: boolean;
}

/** Ends the client sessions that are there now. Clients that connect again are served again: `fence` closes first. */
export async function killClients(op: Operation, options: KillClientsOptions = {}): Promise<KillResult> {
  const [set] = await op.session.run([listSessionsStatement]);
  const chosen = chooseSessions(parseSessions(set?.rows ?? []), {
    ownIds: new Set([op.session.threadId]),
    exceptUsers: new Set([op.user, ...(options.exceptUsers ?? [])]),
    killDumpThreads: options.killDumpThreads ?? false,
  });
  return killSessions(op.session, chosen);
}
