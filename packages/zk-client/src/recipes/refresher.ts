import type { ZooKeeper } from '../api.js';
import { isAnyOf } from '../waiting/retry.js';
import { warn } from './warn.js';

/**
 * Runs a read again whenever it is asked to, and after each reconnection (changes made meanwhile raise no event of a
 * persistent watch). Requests that come while it runs become one more run. Errors of the connection are left to the
 * next reconnection; others go to `onError`.
 */
export class Refresher {
  readonly #zk: ZooKeeper;
  readonly #read: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  readonly #offState: () => void;
  #cleanUp: (() => Promise<void>) | undefined;
  #isRunning = false;
  #isWanted = false;
  #isClosed = false;

  constructor(zk: ZooKeeper, read: () => Promise<void>, onError: (error: unknown) => void = warn) {
    this.#zk = zk;
    this.#read = read;
    this.#onError = onError;
    let wasLost = false;
    this.#offState = zk.onState(({ state }) => {
      if (state === 'disconnected') wasLost = true;
      else if (state === 'connected' && wasLost) this.request();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  onClose(cleanUp: () => Promise<void>): void {
    this.#cleanUp = cleanUp;
  }

  /** Runs the read once, and lets its error through. */
  async run(): Promise<void> {
    this.#isRunning = true;
    try {
      do {
        this.#isWanted = false;
        await this.#read();
      } while (this.#isWanted && !this.#isClosed);
    } finally {
      this.#isRunning = false;
    }
  }

  request(): void {
    if (this.#isClosed) return;
    this.#isWanted = true;
    if (!this.#isRunning) void this.#runInBackground();
  }

  async #runInBackground(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      if (this.#isClosed || isAnyOf(error, ['SESSION_EXPIRED', 'CLOSED'])) return;
      if (!isAnyOf(error, ['CONNECTION_LOSS', 'OPERATION_TIMEOUT'])) return this.#onError(error);
      // A connection that is lost comes back as a change of state; one that is only slow is asked again.
      if (this.#zk.state === 'connected') this.request();
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#offState();
    await this.#cleanUp?.();
  }
}
