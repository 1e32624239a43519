import { setTimeout as delay } from 'node:timers/promises';

export interface LatestOptions<T> {
  /** Called with one value at a time; when it rejects it is called again, with a newer value where there is one. */
  readonly carryOut: (value: T, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly retryMs: number;
}

/** Carries values out one after the other; of those that wait, only the newest is kept: a queue of length one. */
export class Latest<T> {
  readonly #options: LatestOptions<T>;
  readonly #end = new AbortController();
  #waiting: { readonly value: T } | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LatestOptions<T>) {
    this.#options = options;
  }

  offer(value: T): void {
    if (this.#end.signal.aborted) return;
    this.#waiting = { value };
    this.#start();
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Offered after the last look at what waits.
      if (this.#waiting !== undefined && !this.#end.signal.aborted) this.#start();
    });
  }

  /** Gives up what waits, aborts what runs, and resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#end.abort();
    this.#waiting = undefined;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (this.#waiting !== undefined && !signal.aborted) {
      const { value } = this.#waiting;
      this.#waiting = undefined;
      try {
        await this.#options.carryOut(value, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onError(error);
        this.#waiting ??= { value };
        await delay(this.#options.retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }
}
