import { rm } from 'node:fs/promises';
import { SandboxError } from '../errors/index.js';
import { isAlive, sendSignal } from '../process/process-identity.js';
import { waitUntil } from '../process/wait-until.js';
import { removeState, requireState, withStateLock } from './state-file.js';

const goneTimeoutMs = 20_000;

/**
 * Ends everything of a sandbox and removes its folder. Resolves to the number of processes that were ended. Throws
 * `SandboxError` with code `NO_SUCH_SANDBOX`.
 */
export async function sandboxDown(name: string): Promise<{ readonly ended: number }> {
  return withStateLock(name, async () => {
    const { entries, folder } = await requireState(name);
    const ended = entries.filter((entry) => sendSignal(entry, 'SIGKILL')).length;
    const gone = await waitUntil(() => (entries.some(isAlive) ? undefined : true), {
      timeoutMs: goneTimeoutMs,
    });
    if (!gone) {
      const left = entries.filter(isAlive).map((entry) => `${entry.name} (pid ${entry.pid})`);
      throw new SandboxError(
        'STILL_ALIVE',
        `these did not end within ${goneTimeoutMs} ms: ${left.join(', ')}`,
      );
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    await removeState(name);
    return { ended };
  });
}
