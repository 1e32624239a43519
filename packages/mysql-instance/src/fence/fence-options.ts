import type { SessionInfo } from '../sessions/session-info.js';

export interface FenceOptions {
  /** End client sessions. Default true. Without it, a commit that waits for an acknowledgement keeps the fence open. */
  readonly killClients?: boolean;
  /** Accounts (user names) whose sessions stay; the account of this program always stays. */
  readonly exceptUsers?: readonly string[];
  /** Also end the sessions that serve replicas. Default false. */
  readonly killDumpThreads?: boolean;
  /** Time that running statements get before their sessions are killed. Default 0. */
  readonly graceMs?: number;
}

export interface FenceResult {
  /** Read back from the server. */
  readonly closed: true;
  /** Sessions that were ended. */
  readonly killed: readonly SessionInfo[];
  /** Sessions that our account must not end: theirs has SYSTEM_USER, ours has not. They cannot write any more either. */
  readonly notKilled: readonly SessionInfo[];
  /** Semi-sync's source side was turned off, to let commits end whose clients were gone already. */
  readonly semisyncReleased: boolean;
  /** Until the server was closed. */
  readonly closedAfterMs: number;
  readonly elapsedMs: number;
}
