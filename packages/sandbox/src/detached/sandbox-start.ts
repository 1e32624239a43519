import { SandboxError, ServerDiedError } from '../errors/index.js';
import { logTail } from '../process/log-tail.js';
import { OwnedProcess } from '../process/owned-process.js';
import { isAlive } from '../process/process-identity.js';
import { findEntry } from './sandbox-kill.js';
import { sandboxStatus } from './sandbox-status.js';
import { requireState, withStateLock, writeState } from './state-file.js';

const readyTimeoutMs = 30_000;

/**
 * Starts a server again that ended, as it was started first; resolves once it answers (a database server) or runs.
 * Throws `SandboxError` with code `NO_SUCH_SANDBOX`, `NO_SUCH_SERVER`, `BAD_OPTION` (it runs), or `ServerDiedError`.
 */
export async function sandboxStart(
  name: string,
  what: string,
): Promise<{ readonly name: string; readonly pid: number }> {
  return withStateLock(name, async () => {
    const state = await requireState(name);
    const entry = await findEntry(state, what);
    if (isAlive(entry)) throw new SandboxError('BAD_OPTION', `${entry.name} runs already (pid ${entry.pid})`);
    const started = await OwnedProcess.spawn(entry.spec);
    const { pid, startTime } = started.identity;
    await writeState({
      ...state,
      entries: state.entries.map((other) =>
        other.name === entry.name ? { ...other, pid, startTime } : other,
      ),
    });
    const deadline = performance.now() + readyTimeoutMs;
    const isDatabase = entry.kind === 'mysql' || entry.kind === 'mariadb';
    let settled = 0;
    while (performance.now() < deadline) {
      if (started.ending !== undefined) {
        throw new ServerDiedError(entry.name, started.ending, entry.logFile, logTail(entry.logFile));
      }
      if (isDatabase) {
        const { entries } = await sandboxStatus(name);
        if (entries.find((other) => other.name === entry.name)?.role !== undefined) break;
      } else if (++settled > 10) break;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return { name: entry.name, pid };
  });
}
