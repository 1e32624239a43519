import type { CallOptions } from '../api.js';
import { ZooKeeperError } from '../errors.js';

/** The time and the signal that bound a recipe, handed on to each of its steps. */
export class Deadline {
  readonly signal: AbortSignal | undefined;
  readonly #what: string;
  readonly #atMs: number;

  /** `what` names the wait in messages; `defaultTimeoutMs` counts when the options name none. */
  constructor(what: string, options: CallOptions, defaultTimeoutMs: number) {
    this.#what = what;
    this.signal = options.signal;
    this.#atMs = performance.now() + (options.timeoutMs ?? defaultTimeoutMs);
  }

  get remainingMs(): number {
    return Math.max(0, this.#atMs - performance.now());
  }

  /**
   * Options for one call under this deadline: no call waits longer than `capMs`.
   * @throws ZooKeeperError `ABORTED` or `OPERATION_TIMEOUT` when it has passed.
   */
  options(capMs = 10_000): CallOptions {
    this.check();
    return { signal: this.signal, timeoutMs: Math.max(1, Math.min(capMs, Math.ceil(this.remainingMs))) };
  }

  /** @throws ZooKeeperError `ABORTED` or `OPERATION_TIMEOUT` when it has passed. */
  check(): void {
    if (this.signal?.aborted) {
      throw new ZooKeeperError('ABORTED', `${this.#what}: aborted by its signal`, {
        cause: this.signal.reason,
      });
    }
    if (this.remainingMs === 0) {
      throw new ZooKeeperError('OPERATION_TIMEOUT', `${this.#what}: the time given for it has passed`);
    }
  }
}
