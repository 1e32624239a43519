import type { ZooKeeper } from '@dcmha/zk-client';
import { setMaxListeners } from 'node:events';
import type { Logger } from '../logging/index.js';

export interface SessionKeeperOptions {
  /** Makes a client; called anew for each session, because an expired one never recovers. */
  readonly connect: () => ZooKeeper;
  /**
   * Called with each session once it is connected. The signal aborts when the session is over (expired, or the keeper
   * closed): everything begun for it must end then. A rejection is logged and the session is given up for a new one.
   */
  readonly use: (zk: ZooKeeper, over: AbortSignal) => Promise<void>;
  readonly logger: Logger;
  /** Pause before a new session after one that failed, milliseconds; default 200. */
  readonly pauseMs?: number;
  /**
   * A client that has been disconnected for so long, with its session over by its own clock, is replaced by a new one;
   * milliseconds, default 60,000. Servers that were restored from a backup refuse a session that has seen more than they
   * know, for as long as it asks.
   */
  readonly replaceAfterMs?: number;
}

/** Keeps a daemon in a ZooKeeper session for as long as it runs: one after the other, never two at once. */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  readonly #closing = new AbortController();
  #current: ZooKeeper | null = null;
  readonly #done: Promise<void>;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** The session of the moment, connected or not; `null` between two. */
  get current(): ZooKeeper | null {
    return this.#current;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const failed = await this.#session();
      if (failed) await pause(this.#options.pauseMs ?? 200, this.#closing.signal);
    }
  }

  /** One session from its first connection to its end. True when a pause is due before the next. */
  async #session(): Promise<boolean> {
    const zk = this.#options.connect();
    this.#current = zk;
    const over = new AbortController();
    // As many calls and watches as the session has wait for its end.
    setMaxListeners(0, over.signal);
    const end = (): void => over.abort();
    this.#closing.signal.addEventListener('abort', end, { once: true });
    const forget = zk.onState(({ state, previous, reason }) => {
      const level = state === 'expired' ? 'warn' : 'info';
      this.#options.logger[level](`ZooKeeper session ${state}`, {
        previous,
        ...(reason === undefined ? {} : { reason }),
      });
      if (state === 'expired' || state === 'closed') end();
    });
    const replaceAfterMs = this.#options.replaceAfterMs ?? 60_000;
    let overSinceMs: number | null = null;
    const looking = setInterval(
      () => {
        if (zk.state !== 'disconnected' || zk.remainingMs() > 0) overSinceMs = null;
        else if (performance.now() - (overSinceMs ??= performance.now()) >= replaceAfterMs) {
          this.#options.logger.warn('ZooKeeper session given up: no server has taken it back', {
            disconnectedMs: Math.round(performance.now() - overSinceMs),
          });
          end();
        }
      },
      Math.max(10, Math.min(1_000, replaceAfterMs / 4)),
    );
    let failed = false;
    try {
      await zk.waitConnected({ signal: over.signal, timeoutMs: 30_000 });
      await this.#options.use(zk, over.signal);
      await aborted(over.signal);
    } catch (error) {
      failed = true;
      if (!over.signal.aborted) {
        this.#options.logger.warn('ZooKeeper session given up', {
          error: error instanceof Error ? error.message : String(error),
        });
      }
    } finally {
      end();
      clearInterval(looking);
      forget();
      this.#closing.signal.removeEventListener('abort', end);
      await zk.close({ timeoutMs: 1_000 });
      this.#current = null;
    }
    return failed;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
