import type { ZooKeeper } from '@dcmha/zk-client';
import type { StoreSteadiness } from '../core/model.js';
import type { Clock } from '../ports.js';

const windowMs = 60_000;
const lossesKept = 100;

/** Counts how often the connection to ZooKeeper is lost, over all sessions of an engine. */
export class Steadiness {
  readonly #clock: Clock;
  #connectedSinceMs = 0;
  #losses: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Listens to a session until it is over. */
  observe(zk: ZooKeeper, over: AbortSignal): void {
    if (zk.state === 'connected') this.#connectedSinceMs = this.#clock.monotonicMs();
    const forget = zk.onState(({ state, previous }) => {
      if (state === 'connected') this.#connectedSinceMs = this.#clock.monotonicMs();
      else if (previous === 'connected' && state !== 'closed') this.#lost();
    });
    over.addEventListener('abort', forget, { once: true });
  }

  #lost(): void {
    this.#losses = [...this.#losses, this.#clock.monotonicMs()].slice(-lossesKept);
  }

  now(): StoreSteadiness {
    const since = this.#clock.monotonicMs() - windowMs;
    return {
      connectedSinceMs: this.#connectedSinceMs,
      losses: this.#losses.filter((at) => at >= since).length,
      windowMs,
    };
  }
}
