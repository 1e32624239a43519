interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

/** Why a call left the queue without being started. */
export type RefusalReason = 'queue-full' | 'expired' | 'aborted' | 'closed';

/** Runs calls one after the other, in the order they came, with at most `limit` waiting. */
export class CallQueue {
  readonly #limit: number;
  readonly #refusal: (reason: RefusalReason) => Error;
  readonly #waiting: Waiting[] = [];
  #running = false;
  #closed = false;

  constructor(limit: number, refusal: (reason: RefusalReason) => Error) {
    this.#limit = limit;
    this.#refusal = refusal;
  }

  /** True when a call made now would start at once. */
  get idle(): boolean {
    return !this.#running && !this.#closed;
  }

  /**
   * Runs `call` when those before it have settled. `call` itself must settle: the queue waits for it.
   * @throws what the refusal function makes, when the queue is full or closed, when `timeoutMs` passes or `signal` aborts
   *   before `call` was started
   */
  run<T>(call: () => Promise<T>, timeoutMs: number, signal?: AbortSignal): Promise<T> {
    if (this.#closed) return Promise.reject(this.#refusal('closed'));
    if (signal?.aborted) return Promise.reject(this.#refusal('aborted'));
    if (!this.#running) return this.#start(call);
    if (this.#waiting.length >= this.#limit) return Promise.reject(this.#refusal('queue-full'));
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const entry: Waiting = {
        start: () => {
          leave();
          this.#start(call).then(resolve, reject);
        },
        refuse: (error) => {
          leave();
          const at = this.#waiting.indexOf(entry);
          if (at >= 0) this.#waiting.splice(at, 1);
          reject(error);
        },
      };
      const onAbort = (): void => entry.refuse(this.#refusal('aborted'));
      const timer = setTimeout(() => entry.refuse(this.#refusal('expired')), timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(entry);
    });
  }

  /** Refuses what waits and everything that comes later; a running call goes on. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#waiting.splice(0)) entry.refuse(this.#refusal('closed'));
  }

  async #start<T>(call: () => Promise<T>): Promise<T> {
    this.#running = true;
    try {
      return await call();
    } finally {
      this.#running = false;
      this.#waiting.shift()?.start();
    }
  }
}
