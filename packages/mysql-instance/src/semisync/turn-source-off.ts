import { numeral } from '../connection/quote.js';
import { statement } from '../connection/statement.js';
import { within } from '../deadline/within.js';
import { isInstanceError } from '../errors/instance-error.js';
import type { HelperSession, Operation } from '../instance/operation.js';
import {
  isDumpThread,
  listSessionsStatement,
  parseSessions,
  type SessionInfo,
} from '../sessions/session-info.js';
import { semisyncSourceOff } from './semisync-statements.js';

/** Turning off takes less than this when nothing keeps it waiting. */
const WAKE_AFTER_MS = 5;

/**
 * Turns semi-sync's source side off; nothing happens where it is not installed.
 *
 * The server waits for its thread that reads acknowledgements, which looks up once a second, and lets nobody log in
 * meanwhile (MySQL 9.7). It also looks up when the connection of a replica ends: so sessions that serve replicas are ended
 * one after the other until it is done, and 1 s becomes 10 ms. A replica connects again by itself if this server is
 * still its source. On a former primary whose replicas have all gone elsewhere it still takes up to 1 s.
 */
export async function turnSourceOff(op: Operation): Promise<void> {
  if (op.semisync?.source !== true) return;
  const off = semisyncSourceOff(op.semisync.names);
  const [sessions] = await op.session.run([listSessionsStatement]);
  const dumps = parseSessions(sessions?.rows ?? []).filter(isDumpThread);
  const helper = dumps.length === 0 ? undefined : await openIfPossible(op);
  try {
    const turning = op.session.run([off]);
    if (helper !== undefined) await wakeAckReader(helper, dumps, turning);
    await turning;
  } finally {
    helper?.end();
  }
}

async function openIfPossible(op: Operation): Promise<HelperSession | undefined> {
  try {
    return await op.openHelper();
  } catch (error) {
    // It only would have been faster.
    if (isInstanceError(error)) return undefined;
    throw error;
  }
}

async function wakeAckReader(
  helper: HelperSession,
  dumps: readonly SessionInfo[],
  turning: Promise<unknown>,
): Promise<void> {
  // A failure of the turning is reported by its own promise, which the caller awaits after this.
  const settled = turning.then(
    () => true,
    () => true,
  );
  for (const { id } of dumps) {
    if ((await within(settled, WAKE_AFTER_MS)) === true) return;
    try {
      await helper.run([statement('wake the reader of acknowledgements', `KILL CONNECTION ${numeral(id)}`)]);
    } catch (error) {
      // It ended by itself, or the server is busy: it only would have been faster.
      if (!isInstanceError(error)) throw error;
    }
  }
}
