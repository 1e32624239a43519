import { setTimeout as sleep } from 'node:timers/promises';

/** The value of `work` if it comes within the time, else undefined; `work` goes on. Rejects when `work` rejects in time. */
export async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      work,
      sleep(timeoutMs, undefined, { signal: stop.signal }).catch(() => undefined),
    ]);
  } finally {
    stop.abort();
  }
}
