import type { Clock } from '../../ports.js';
import type { SimHost } from '../net/sim-host.js';
import type { SimClock } from './sim-clock.js';

/** Never settles: what a dead process waits for. */
const never = new Promise<never>(() => undefined);

/**
 * A process that can be killed, and frozen as by SIGSTOP: nothing of it runs while it is frozen, its timers and what was sent
 * to it wait, its clock goes on. All that it does to the world passes through here, so that it can also be stopped between
 * two lines of its code.
 */
export class SimProcess {
  readonly name: string;
  readonly host: SimHost;
  readonly clock: Clock;
  readonly #sim: SimClock;
  readonly #due: (() => void)[] = [];
  readonly #arrived: (() => void)[] = [];
  #goOn: (() => void)[] = [];
  #frozen = false;
  #dead = false;
  readonly #whenFrozen: ((frozen: boolean) => void)[] = [];
  readonly #whenDead: (() => void)[] = [];
  /** Told before each request that leaves the process: faults strike here. */
  onStep: ((label: string) => void) | null = null;

  constructor(name: string, host: SimHost, sim: SimClock) {
    this.name = name;
    this.host = host;
    this.#sim = sim;
    this.clock = {
      monotonicMs: () => sim.monotonicMs(),
      wallMs: () => sim.wallMs() + host.wallOffsetMs,
      sleep: (ms, signal) => this.sleep(ms, signal),
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  get running(): boolean {
    return !this.#dead && !this.#frozen;
  }

  /** A timer of the process. */
  schedule(delayMs: number, run: () => void): () => void {
    let cancelled = false;
    const cancel = this.#sim.schedule(delayMs, () => {
      if (this.#dead || cancelled) return;
      if (this.#frozen)
        this.#due.push(() => {
          if (!cancelled) run();
        });
      else run();
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#dead) return never;
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.schedule(ms, end);
      signal?.addEventListener('abort', end, { once: true });
    });
  }

  /** Something arrives from outside. */
  deliver(run: () => void): void {
    if (this.#dead) return;
    this.#sim.stir();
    if (this.#frozen) this.#arrived.push(run);
    else run();
  }

  /** Before each request: a place where the process may be stopped, or end. Settles only while the process runs. */
  async step(label: string): Promise<void> {
    if (this.#dead) return never;
    this.onStep?.(label);
    if (this.#dead) return never;
    if (this.#frozen) await new Promise<void>((resolve) => this.#goOn.push(resolve));
    return this.#dead ? never : undefined;
  }

  freeze(): void {
    if (this.#dead || this.#frozen) return;
    this.#frozen = true;
    for (const listener of this.#whenFrozen) listener(true);
  }

  /** Timers run first, then what has arrived meanwhile, as an event loop does it. */
  thaw(): void {
    if (this.#dead || !this.#frozen) return;
    this.#frozen = false;
    this.#sim.stir();
    const waiting = this.#goOn;
    this.#goOn = [];
    for (const resolve of waiting) resolve();
    for (const listener of this.#whenFrozen) listener(false);
    for (const run of this.#due.splice(0)) run();
    for (const run of this.#arrived.splice(0)) run();
  }

  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#due.length = 0;
    this.#arrived.length = 0;
    this.#goOn.length = 0;
    for (const listener of this.#whenDead) listener();
  }

  onFrozen(listener: (frozen: boolean) => void): void {
    this.#whenFrozen.push(listener);
  }

  onDead(listener: () => void): void {
    this.#whenDead.push(listener);
  }
}
