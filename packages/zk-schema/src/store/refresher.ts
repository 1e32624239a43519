import { isZooKeeperError } from '@dcmha/zk-client';
import type { PersistentWatch, WatchEvent } from '@dcmha/zk-client';
import type { StoreContext } from './context.js';

const overloadedPauseMs = 250;

export interface RefresherOptions<T> {
  readonly context: StoreContext;
  readonly path: string;
  readonly read: () => Promise<T>;
  /** With the result of each read; never at the same time as another call. */
  readonly deliver: (result: T) => void;
  /** The read failed for a reason that the next change may end. */
  readonly failed: (error: unknown) => void;
  /** The session ended: nothing more will come. */
  readonly lost: () => void;
}

/**
 * Reads again whenever a path changed, and after each reconnection, because persistent watches do not tell what
 * happened in between. Changes that come while a read is under way are covered by one more read.
 */
export class Refresher<T> {
  readonly #options: RefresherOptions<T>;
  #watch: PersistentWatch | null = null;
  #forgetState: () => void = () => undefined;
  #running: Promise<void> | null = null;
  #stale = false;
  #over = false;

  constructor(options: RefresherOptions<T>) {
    this.#options = options;
  }

  /** Resolves after the first read was delivered. */
  async start(signal?: AbortSignal): Promise<void> {
    const { zk } = this.#options.context;
    this.#forgetState = zk.onState(({ state }) => {
      if (state === 'connected') void this.refresh();
    });
    try {
      this.#watch = await zk.addWatch(this.#options.path, (event) => this.#onEvent(event), { signal });
    } catch (error) {
      this.#forgetState();
      throw error;
    }
    if (this.#over) return this.#removeWatch();
    await this.refresh();
  }

  async stop(): Promise<void> {
    this.#over = true;
    this.#forgetState();
    await this.#removeWatch();
  }

  /** Resolves when what was read after this call was delivered. Never rejects. */
  refresh(): Promise<void> {
    this.#stale = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  #onEvent(event: WatchEvent): void {
    if (this.#over) return;
    if (event.type !== 'watch-lost') return void this.refresh();
    this.#over = true;
    this.#forgetState();
    this.#tell(() => this.#options.lost());
  }

  async #run(): Promise<void> {
    while (this.#stale && !this.#over) {
      this.#stale = false;
      try {
        const result = await this.#options.read();
        // What changed meanwhile is read again first: a listener sees no value twice and none out of order.
        if (!this.#over) this.#tell(() => this.#options.deliver(result));
      } catch (error) {
        this.#onReadError(error);
      }
    }
    // At once, not when the promise settles: a change in between would find a run that reads no more.
    this.#running = null;
  }

  #onReadError(error: unknown): void {
    // After a lost connection `connected` refreshes; after the end of the session the watch says so.
    if (this.#over || isZooKeeperError(error, 'CONNECTION_LOSS')) return;
    if (isZooKeeperError(error, 'SESSION_EXPIRED') || isZooKeeperError(error, 'CLOSED')) return;
    if (isZooKeeperError(error, 'OPERATION_TIMEOUT')) this.#stale = true;
    else if (isZooKeeperError(error, 'OVERLOADED'))
      this.#options.context.clock.schedule(overloadedPauseMs, () => void this.refresh());
    else this.#tell(() => this.#options.failed(error));
  }

  #tell(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.context.logger.error('a listener of a watched node threw', {
        path: this.#options.path,
        error: String(error),
      });
    }
  }

  async #removeWatch(): Promise<void> {
    const watch = this.#watch;
    this.#watch = null;
    try {
      await watch?.remove();
    } catch (error) {
      // The listener is deaf already; the server forgets the watch with the session at the latest.
      this.#options.context.logger.debug('a watch could not be removed at the server', {
        path: this.#options.path,
        error: String(error),
      });
    }
  }
}
