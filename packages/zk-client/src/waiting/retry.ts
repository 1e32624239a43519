import type { CallOptions, ZooKeeper, ZooKeeperErrorCode } from '../api.js';
import { isZooKeeperError } from '../errors.js';
import type { Deadline } from './deadline.js';

/**
 * Repeats a step as often as the connection is lost, each time after the session has found a server again, until the
 * deadline. The step must be safe to repeat.
 * @throws ZooKeeperError of the step, unless it was of the connection; `OPERATION_TIMEOUT`, `ABORTED`, `CLOSED`,
 * `SESSION_EXPIRED`.
 */
export async function acrossConnections<T>(
  zk: Pick<ZooKeeper, 'waitConnected'>,
  deadline: Deadline,
  step: (options: CallOptions) => Promise<T>,
): Promise<T> {
  for (;;) {
    const options = deadline.options();
    try {
      return await step(options);
    } catch (error) {
      if (!isAnyOf(error, ['CONNECTION_LOSS', 'OPERATION_TIMEOUT'])) throw error;
      deadline.check();
      await zk.waitConnected({ signal: deadline.signal, timeoutMs: Math.ceil(deadline.remainingMs) });
    }
  }
}

export function isAnyOf(error: unknown, codes: readonly ZooKeeperErrorCode[]): boolean {
  return isZooKeeperError(error) && codes.includes(error.code);
}
