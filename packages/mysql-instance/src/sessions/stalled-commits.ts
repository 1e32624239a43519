import { isSystemThread, type SessionInfo } from './session-info.js';

/**
 * Why a commit does not get on: `ack` (no replica acknowledges), `storage` (disk full or not answering), `lock` (somebody
 * holds back all writes).
 */
export type StallReason = 'ack' | 'storage' | 'lock';

export interface StalledCommit {
  readonly session: SessionInfo;
  readonly reason: StallReason;
}

/** State texts of MySQL 5.7 to 9.7 and MariaDB ("General Thread States" in the manuals). */
const STATES: readonly (readonly [RegExp, StallReason])[] = [
  [/semi-?sync ack/i, 'ack'],
  [/waiting for (global read lock|commit lock|backup lock)/i, 'lock'],
  [
    /waiting for (handler commit|disk space)|^(starting|finishing) commit|^commit(ting)?$|binlog group commit/i,
    'storage',
  ],
];

/**
 * Sessions whose statement is at least `thresholdMs` old (in steps of 1 s) and that stand in a commit: reads may answer
 * while writes are stuck. Pure. Followers of a group commit that waits for an acknowledgement look like `storage`; when
 * any session shows `ack`, they count as `ack`, too.
 */
export function findStalledCommits(
  sessions: readonly SessionInfo[],
  thresholdMs: number,
): readonly StalledCommit[] {
  const found = sessions.flatMap((session) => {
    if (isSystemThread(session) || session.timeS * 1000 < thresholdMs) return [];
    const reason = STATES.find(([pattern]) => pattern.test(session.state))?.[1];
    return reason === undefined ? [] : [{ session, reason }];
  });
  if (!found.some(({ reason }) => reason === 'ack')) return found;
  return found.map((one) => (one.reason === 'storage' ? { ...one, reason: 'ack' as const } : one));
}
