import { numeral } from '../connection/quote.js';
import { statement, type SqlRunner } from '../connection/statement.js';
import { isInstanceError } from '../errors/instance-error.js';
import type { SessionInfo } from './session-info.js';

/** Sent together at most. */
const KILLS_PER_PACKET = 200;
/** ER_NO_SUCH_THREAD: it ended by itself. */
const NO_SUCH_THREAD = 1094;
/** ER_KILL_DENIED_ERROR: its account has SYSTEM_USER and ours has not. */
const KILL_DENIED = 1095;

export interface KillResult {
  readonly killed: readonly SessionInfo[];
  /** Sessions that this account must not end. */
  readonly denied: readonly SessionInfo[];
}

/**
 * Ends sessions, many in one round trip. When KILL has answered, the client's socket is shut down: nothing that the
 * session still commits can be acknowledged to it. Sessions that ended by themselves are in neither list.
 *
 * @throws InstanceError
 */
export async function killSessions(runner: SqlRunner, sessions: readonly SessionInfo[]): Promise<KillResult> {
  const killed: SessionInfo[] = [];
  const denied: SessionInfo[] = [];
  let at = 0;
  while (at < sessions.length) {
    const batch = sessions.slice(at, at + KILLS_PER_PACKET);
    try {
      await runner.run(batch.map(({ id }) => statement('kill session', `KILL CONNECTION ${numeral(id)}`)));
      killed.push(...batch);
      at += batch.length;
    } catch (error) {
      if (!isInstanceError(error) || error.statementIndex === undefined) throw error;
      if (error.errno !== NO_SUCH_THREAD && error.errno !== KILL_DENIED) throw error;
      killed.push(...batch.slice(0, error.statementIndex));
      if (error.errno === KILL_DENIED)
        denied.push(...batch.slice(error.statementIndex, error.statementIndex + 1));
      at += error.statementIndex + 1;
    }
  }
  return { killed, denied };
}
