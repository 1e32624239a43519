import type { ZooKeeper } from '@dcmha/zk-client';
import type { Logger } from '@dcmha/zk-schema';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroupSync } from '../sync/group-sync.js';
import type { RouteStore } from './route-store.js';

export interface RouteFollowerOptions {
  readonly group: string;
  readonly zk: ZooKeeper;
  readonly store: RouteStore;
  readonly sync: GroupSync;
  /** Aborts with the session. */
  readonly over: AbortSignal;
  readonly logger: Logger;
}

const retryMs = 100;

/** Reads the route of one group after each event and each reconnection, and hands it on; for one session. */
export class RouteFollower {
  readonly #options: RouteFollowerOptions;
  #stale = false;
  #newsAtMs = 0;
  #reading: Promise<void> | undefined;
  #none = false;

  private constructor(options: RouteFollowerOptions) {
    this.#options = options;
  }

  /** Resolves once the route was read for the first time. */
  static async start(options: RouteFollowerOptions): Promise<void> {
    const follower = new RouteFollower(options);
    const { group, zk, store, over } = options;
    await store.watchRoute(group, () => void follower.#look(), over);
    // A watch does not tell what happened while there was no connection.
    const forget = zk.onState(({ state }) => {
      if (state === 'connected') void follower.#look();
    });
    over.addEventListener('abort', forget, { once: true });
    await follower.#look();
  }

  #look(): Promise<void> {
    if (!this.#stale) this.#newsAtMs = performance.now();
    this.#stale = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
      // An event came after the last look at whether one had.
      if (this.#stale && !this.#options.over.aborted) return this.#look();
      return undefined;
    });
    return this.#reading;
  }

  /** Reads until what was read is not older than the last event. Never rejects. */
  async #read(): Promise<void> {
    const { group, store, sync, over, logger } = this.#options;
    while (this.#stale && !over.aborted) {
      this.#stale = false;
      try {
        const reading = await store.readRoute(group, over);
        if (reading.kind === 'route') sync.offer(reading.route, this.#newsAtMs);
        if (reading.kind === 'unreadable') sync.refuse(reading.reason);
        if (reading.kind === 'none' && !this.#none) {
          logger.warn('no route is published: the proxy keeps what it has', {
            group,
            path: store.routePath(group),
          });
        }
        this.#none = reading.kind === 'none';
      } catch (error) {
        if (over.aborted) return;
        logger.debug('route not read yet', {
          group,
          error: error instanceof Error ? error.message : String(error),
        });
        this.#stale = true;
        await delay(retryMs, undefined, { signal: over }).catch(() => {});
      }
    }
  }
}
