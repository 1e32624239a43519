import type { Clock } from '@dcmha/zk-schema';

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
  /** What it sets free are at most other timers, no promise. */
  readonly plain: boolean;
  cancelled: boolean;
}

/**
 * Time of a simulation: stands still until it is let on. Timers of the same time run in the order in which they were set,
 * and after each one all promises it set free, so that a run can be repeated exactly.
 */
export class SimClock implements Clock {
  #nowMs = 0;
  #sequence = 0;
  #stirred = true;
  #ran = 0;
  readonly #heap: Timer[] = [];
  readonly #wallStartMs: number;

  constructor(wallStartMs = Date.UTC(2026, 0, 1)) {
    this.#wallStartMs = wallStartMs;
  }

  /** Timers that have run so far. */
  get ran(): number {
    return this.#ran;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** The right time. Processes have their own, which may be wrong. */
  wallMs(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): () => void {
    return this.#add(delayMs, run, false);
  }

  /** For what settles no promise (or says `stir()` when it does): much cheaper. */
  schedulePlain(delayMs: number, run: () => void): () => void {
    return this.#add(delayMs, run, true);
  }

  /** A promise was settled: its continuations run before the next timer. */
  stir(): void {
    this.#stirred = true;
  }

  #add(delayMs: number, run: () => void, plain: boolean): () => void {
    this.#sequence += 1;
    const timer: Timer = {
      // Never earlier than asked for, and a fraction that sums exactly: whoever looks at the clock then must find it due.
      atMs: Math.ceil((this.#nowMs + Math.max(0, delayMs)) * 1024) / 1024,
      sequence: this.#sequence,
      run,
      plain,
      cancelled: false,
    };
    this.#push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Lets `byMs` pass. Stops early once `until` says so; it is asked after each timer. */
  async advance(byMs: number, until?: () => boolean): Promise<void> {
    const endMs = this.#nowMs + byMs;
    // Once in a while the machine's own events have their turn.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      if (this.#stirred) {
        this.#stirred = false;
        await drained();
        continue;
      }
      if (until?.() === true) return;
      const next = this.#heap[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#pop();
      if (next.cancelled) continue;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#ran += 1;
      if (!next.plain) this.#stirred = true;
      next.run();
    }
    this.#nowMs = endMs;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent] as Timer;
      if (!before(timer, other)) break;
      heap[at] = other;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
      if (!before(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}

/** Settles when no continuation is left to run: the queue of ticks comes after that of promises, and costs little. */
function drained(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
