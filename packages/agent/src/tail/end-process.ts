import { RefusedError } from '../http/refused-error.js';
import { isPastItsWork, readProcStat } from '../process/proc-stat.js';
import type { ProcessIdentity } from '../process/process-watch.js';

/** A process in the middle of reading or writing a stalled disk ends only when the disk answers. */
const endTimeoutMs = 10_000;
const pollMs = 5;

/**
 * Ends a process for good (SIGKILL): the one that was watched, never another that has its pid by now. Resolves when it and
 * all its threads are gone.
 * @throws RefusedError when it may not be ended, or does not end in time
 */
export async function endProcess(process_: ProcessIdentity, signal: AbortSignal): Promise<void> {
  const { pid } = process_;
  if (!hasEnded(process_)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ESRCH') {
        throw new RefusedError(
          `process ${pid} hangs and cannot be ended (${code ?? String(error)}): run the agent as root or as the user of mysqld`,
        );
      }
    }
  }
  const deadline = performance.now() + endTimeoutMs;
  while (!hasEnded(process_)) {
    if (performance.now() > deadline || signal.aborted) {
      throw new RefusedError(
        `process ${pid} was killed and has not ended within ${endTimeoutMs} ms: its disk may be stalled`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** A process is a zombie as soon as its first thread has ended; the others may be in the middle of a write. */
export function hasEnded({ pid, startTicks }: ProcessIdentity): boolean {
  const found = readProcStat(pid);
  return found === null || found.startTicks !== startTicks || isPastItsWork(pid);
}
