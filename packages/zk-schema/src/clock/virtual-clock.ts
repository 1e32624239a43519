import type { Clock } from './clock.js';

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/**
 * A clock that stands still until told to advance. Timers run in the order of their time, those of the same time in
 * the order in which they were set, so that a run can be repeated exactly.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  #sequence = 0;
  readonly #timers: Timer[] = [];

  constructor(options: { readonly wallStartMs?: number } = {}) {
    this.#wallOffsetMs = options.wallStartMs ?? Date.UTC(2026, 0, 1);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  /** Sets the wall clock without touching the monotonic one, as a wrong NTP server does. */
  jumpWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  schedule(delayMs: number, run: () => void): () => void {
    this.#sequence += 1;
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence, run };
    this.#timers.splice(this.#position(timer), 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /**
   * Lets `byMs` pass, running what falls due, and after each timer everything that it set free (promises).
   * @throws Error when more than a million timers run: something sets timers without end.
   */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    for (let ran = 0; ; ran += 1) {
      if (ran > 1_000_000)
        throw new Error(`a million timers ran within ${byMs} ms of virtual time: it would never end`);
      const next = this.#timers[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#timers.shift();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      await settle();
    }
    this.#nowMs = endMs;
  }

  /** Where the timer belongs: after all that are due before it or at the same time (binary search). */
  #position(timer: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timers[middle] as Timer).atMs <= timer.atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** All promise continuations that are ready have run once an immediate does. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
