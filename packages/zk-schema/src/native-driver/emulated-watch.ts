import { isZooKeeperError } from '@dcmha/zk-client';
import type { CallOptions, Stat, WatchEvent, WatchListener, ZooKeeper } from '@dcmha/zk-client';

/**
 * A lasting watch made of one-shot ones, for a client that has no other. What changed is found by comparing stats, so
 * changes in quick succession are told as one.
 */
export class EmulatedWatch {
  readonly path: string;
  readonly #zk: ZooKeeper;
  readonly #listener: WatchListener;
  readonly #forgetState: () => void;
  #known: Stat | null = null;
  #dataArmed = false;
  #childArmed = false;
  #looking = false;
  #stale = false;
  #over = false;

  constructor(zk: ZooKeeper, path: string, listener: WatchListener) {
    this.#zk = zk;
    this.path = path;
    this.#listener = listener;
    this.#forgetState = zk.onState(({ state }) => {
      if (state === 'connected' && this.#stale) this.#look();
    });
  }

  async start(options: CallOptions): Promise<void> {
    try {
      this.#known = await this.#arm(options);
    } catch (error) {
      await this.remove();
      throw error;
    }
  }

  async remove(): Promise<void> {
    this.#over = true;
    this.#forgetState();
  }

  /** Sets the watches that have fired again. @returns the stat as it was once they were set. */
  async #arm(options: CallOptions = {}): Promise<Stat | null> {
    if (!this.#childArmed) {
      try {
        await this.#zk.children(this.path, { ...options, watch: (event) => this.#onEvent('child', event) });
        this.#childArmed = true;
      } catch (error) {
        if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      }
    }
    if (this.#dataArmed) return this.#zk.exists(this.path, options);
    const stat = await this.#zk.exists(this.path, {
      ...options,
      watch: (event) => this.#onEvent('data', event),
    });
    this.#dataArmed = true;
    return stat;
  }

  #onEvent(kind: 'data' | 'child', event: WatchEvent): void {
    if (this.#over) return;
    if (event.type === 'watch-lost') {
      this.#over = true;
      this.#forgetState();
      this.#listener({ type: 'watch-lost', path: this.path });
      return;
    }
    if (kind === 'data') this.#dataArmed = false;
    else this.#childArmed = false;
    this.#look();
  }

  #look(): void {
    this.#stale = true;
    if (this.#looking) return;
    this.#looking = true;
    void this.#lookWhileStale();
  }

  async #lookWhileStale(): Promise<void> {
    while (this.#stale && !this.#over && this.#zk.state === 'connected') {
      this.#stale = false;
      try {
        const stat = await this.#arm();
        if (!this.#over) this.#tellDifference(stat);
        // A node that has just appeared has no watch on its children yet.
        if (stat !== null && !this.#childArmed) this.#stale = true;
      } catch (error) {
        // Again once connected, or now when the answer only took too long; the end of the session is told by itself.
        this.#stale = true;
        if (!isZooKeeperError(error, 'OPERATION_TIMEOUT')) break;
      }
    }
    this.#looking = false;
  }

  #tellDifference(now: Stat | null): void {
    const before = this.#known;
    this.#known = now;
    const tell = (type: WatchEvent['type']): void => this.#listener({ type, path: this.path });
    if (before !== null && (now === null || now.czxid !== before.czxid)) tell('deleted');
    if (now === null) return;
    if (before === null || now.czxid !== before.czxid) return tell('created');
    if (now.mzxid !== before.mzxid) tell('data-changed');
    if (now.cversion !== before.cversion) tell('children-changed');
  }
}
