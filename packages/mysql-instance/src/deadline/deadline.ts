/** The moment by which a call must have settled, and the caller's wish to cancel it earlier. */
export class Deadline {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly #startedAt: number;
  readonly #now: () => number;

  /**
   * @param timeoutMs time from now, more than 0
   * @param signal cancels earlier
   * @param now monotonic clock in milliseconds
   * @throws RangeError when `timeoutMs` is not a positive finite number
   */
  constructor(timeoutMs: number, signal?: AbortSignal, now: () => number = () => performance.now()) {
    if (!Number.isFinite(timeoutMs) || timeoutMs <= 0) {
      throw new RangeError(`timeoutMs must be a positive number of milliseconds, got ${timeoutMs}`);
    }
    this.timeoutMs = timeoutMs;
    this.signal = signal;
    this.#now = now;
    this.#startedAt = now();
  }

  elapsedMs(): number {
    return this.#now() - this.#startedAt;
  }

  /** Never negative. */
  remainingMs(): number {
    return Math.max(0, this.timeoutMs - this.elapsedMs());
  }

  get expired(): boolean {
    return this.remainingMs() <= 0;
  }

  /** A deadline that ends after at most `timeoutMs`, never after this one, cancelled by the same signal. */
  within(timeoutMs: number): Deadline {
    return new Deadline(Math.max(1, Math.min(timeoutMs, this.remainingMs())), this.signal, this.#now);
  }
}
