import { answers, type MemberKey, type Probe, type ServerState } from '../core/model.js';
import { settle } from '../operations/context.js';
import type { Clock, ServerControl } from '../ports.js';

export interface ObserverTiming {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** Timers are late by less than this, unless the process was paused. */
const pauseMsMax = 250;

/** Watches one server: asks for its status again and again, and says at once when what it sees has changed. */
export class MemberObserver {
  #probe: Probe;
  #state: ServerState | null = null;
  #lastLagMs: number | null = null;
  #readAtMs = 0;
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  /** A reading that began before this was overtaken by other news of the server. */
  #doubtedAtMs = -1;
  #waiting: { readonly sinceMs: number; readonly resolve: () => void }[] = [];

  constructor(
    private readonly server: ServerControl,
    private readonly clock: Clock,
    private readonly timing: () => ObserverTiming,
    private readonly changed: (key: MemberKey) => void,
  ) {
    this.#probe = { outcome: 'unknown', sinceMs: clock.monotonicMs(), detail: 'not asked yet' };
    void this.#run();
  }

  get probe(): Probe {
    return this.#probe;
  }

  /** How far it was behind when it last received from its source. */
  get lastLagMs(): number | null {
    return this.#lastLagMs;
  }

  get state(): ServerState | null {
    return this.#state;
  }

  /** When the state was read. */
  get readAtMs(): number {
    return this.#readAtMs;
  }

  /** Somebody says that the server is gone: what was read before counts no more until it answers again. */
  doubt(detail: string): void {
    this.#doubtedAtMs = this.clock.monotonicMs();
    // A server that is known not to answer is no more doubtful than before.
    if (answers(this.#probe)) this.#set('unknown', detail);
    this.lookNow();
  }

  /** Asks now instead of at the next interval. */
  lookNow(): void {
    this.#wake.abort();
  }

  /** Resolves once a look that began after this call has ended: what was seen before is old then. */
  async fresh(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    const looked = new Promise<void>((resolve) =>
      this.#waiting.push({ sinceMs: this.clock.monotonicMs(), resolve }),
    );
    this.lookNow();
    await looked;
  }

  stop(): void {
    this.#stopped.abort();
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const startedAtMs = this.clock.monotonicMs();
      await this.#look();
      this.#waiting = this.#waiting.filter(({ sinceMs, resolve }) => {
        if (sinceMs > startedAtMs) return true;
        resolve();
        return false;
      });
      if (this.#waiting.length > 0) continue;
      const signal = this.#wake.signal;
      await this.clock.sleep(this.timing().intervalMs, signal);
      if (signal.aborted) this.#wake = new AbortController();
    }
    for (const { resolve } of this.#waiting) resolve();
  }

  async #look(): Promise<void> {
    const startedAtMs = this.clock.monotonicMs();
    const { timeoutMs } = this.timing();
    const signal = this.#stopped.signal;
    const read = await settle(this.server.read({ timeoutMs, signal }));
    if (signal.aborted) return;
    if (read.ok) {
      if (startedAtMs <= this.#doubtedAtMs) return;
      const before = this.#state;
      this.#state = read.value;
      this.#readAtMs = this.clock.monotonicMs();
      const { channel } = read.value;
      if (channel?.receiver === 'running') this.#lastLagMs = channel.lagMs ?? this.#lastLagMs;
      if (!this.#set('alive', '') && textOf(before) !== textOf(read.value)) this.changed(this.server.key);
      return;
    }
    // It had its time already: whether anybody is there takes less.
    const probed = await this.server.probe({ timeoutMs: timeoutMs / 2, signal });
    if (signal.aborted || (probed.outcome === 'alive' && startedAtMs <= this.#doubtedAtMs)) return;
    if (probed.outcome === 'alive') {
      // It answers a ping but not the status query: alive, with an old state.
      this.#set('alive', read.error.message);
      return;
    }
    // Silence began when the first question was asked that nobody answered, not when that was given up; a pause of this
    // process is no silence of the server.
    const askedForMs = 1.5 * timeoutMs + pauseMsMax;
    this.#set(probed.outcome, probed.detail, Math.max(startedAtMs, this.clock.monotonicMs() - askedForMs));
  }

  /** True when listeners were told. The last state is kept through a failure: a decision may need what was last seen. */
  #set(outcome: Probe['outcome'], detail: string, fromMs = this.clock.monotonicMs()): boolean {
    const before = this.#probe;
    if (before.outcome === outcome) {
      this.#probe = { ...before, detail };
      return false;
    }
    const failing = (o: Probe['outcome']): boolean => o !== 'alive' && o !== 'saturated' && o !== 'denied';
    const sinceMs = failing(before.outcome) && failing(outcome) ? before.sinceMs : fromMs;
    this.#probe = { outcome, detail, sinceMs };
    this.changed(this.server.key);
    return true;
  }
}

/** Without what changes with every reading. */
function textOf(state: ServerState | null): string {
  const channel = state?.channel ?? null;
  return JSON.stringify(channel === null ? state : { ...state, channel: { ...channel, heardAgoMs: null } });
}
