export interface WaitOptions {
  readonly timeoutMs: number;
  /** Pause between two tries, default 10. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/** Tries `probe` until it gives something other than `undefined`; `undefined` when the deadline passed. */
export async function waitUntil<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() >= deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 10));
  }
}
