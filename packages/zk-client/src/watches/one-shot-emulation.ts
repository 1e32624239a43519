import { joinPath } from '../address/path.js';
import type { CallOptions, Stat, WatchEventType, WatchListener, ZooKeeper } from '../api.js';
import { isZooKeeperError } from '../errors.js';
import { Deadline } from '../waiting/deadline.js';
import { acrossConnections } from '../waiting/retry.js';

/** What the emulation needs of a client. */
export type WatchedReads = Pick<ZooKeeper, 'exists' | 'children' | 'waitConnected'>;

const startTimeoutMs = 30_000;

interface Known {
  stat: Stat | null;
  children: ReadonlySet<string>;
  /** One function for all watches on the node, so that setting one that is there already adds nothing. */
  readonly listener: WatchListener;
  isLooking: boolean;
  isWanted: boolean;
}

/**
 * A persistent watch for servers that have none (before ZooKeeper 3.6), made of one-shot watches: each event makes it
 * look again and set the watch again, and what it tells is the difference between two looks. Nothing is missed, also
 * across reconnections, but changes that come close together are told as one.
 */
export class OneShotEmulation {
  readonly #reads: WatchedReads;
  readonly #root: string;
  readonly #recursive: boolean;
  readonly #listener: WatchListener;
  readonly #known = new Map<string, Known>();
  #isInitial = true;
  #isClosed = false;

  constructor(reads: WatchedReads, root: string, recursive: boolean, listener: WatchListener) {
    this.#reads = reads;
    this.#root = root;
    this.#recursive = recursive;
    this.#listener = listener;
  }

  /**
   * Sets the watches; what is there already is told to nobody. It goes on across lost connections: old servers close
   * the connection after a request that they do not know.
   */
  async start(options: CallOptions): Promise<void> {
    const deadline = new Deadline(`addWatch ${this.#root}`, options, startTimeoutMs);
    await acrossConnections(this.#reads, deadline, (call) => {
      this.#known.clear();
      return this.#add(this.#root, call);
    });
    this.#isInitial = false;
  }

  close(): void {
    this.#isClosed = true;
    this.#known.clear();
  }

  async #add(path: string, options: CallOptions): Promise<void> {
    const known: Known = {
      stat: null,
      children: new Set(),
      listener: (event) => {
        if (this.#isClosed) return;
        if (event.type === 'watch-lost') {
          if (path === this.#root) this.#listener({ type: 'watch-lost', path });
        } else this.#lookAgain(path, known);
      },
      isLooking: false,
      isWanted: false,
    };
    this.#known.set(path, known);
    await this.#look(path, known, options);
  }

  #lookAgain(path: string, known: Known): void {
    if (this.#known.get(path) !== known) return;
    known.isWanted = true;
    if (known.isLooking) return;
    this.#look(path, known, {}).catch((error: unknown) => {
      // A look that failed must be repeated, or the watch would be silent from now on. At the end of the session it
      // ends with it; a lost connection brings the next look when the watches are set again.
      const isOver = isZooKeeperError(error, 'SESSION_EXPIRED') || isZooKeeperError(error, 'CLOSED');
      if (!isOver && !this.#isClosed) setImmediate(() => this.#lookAgain(path, known));
    });
  }

  async #look(path: string, known: Known, options: CallOptions): Promise<void> {
    known.isLooking = true;
    try {
      do {
        known.isWanted = false;
        await this.#lookOnce(path, known, options);
      } while (known.isWanted && !this.#isClosed);
    } finally {
      known.isLooking = false;
    }
  }

  async #lookOnce(path: string, known: Known, options: CallOptions): Promise<void> {
    const before = known.stat;
    const stat = await this.#reads.exists(path, { ...options, watch: known.listener });
    known.stat = stat;
    if (stat === null) {
      if (before) this.#tell('deleted', path);
      known.children = new Set();
      // Below the root the parent tells when it is created again.
      if (path !== this.#root) this.#known.delete(path);
      return;
    }
    if (!before || before.czxid !== stat.czxid) {
      if (before) this.#tell('deleted', path);
      this.#tell('created', path);
    } else if (before.mzxid !== stat.mzxid) this.#tell('data-changed', path);
    await this.#lookAtChildren(path, known, before, options);
  }

  async #lookAtChildren(
    path: string,
    known: Known,
    before: Stat | null,
    options: CallOptions,
  ): Promise<void> {
    let children: string[];
    try {
      children = (await this.#reads.children(path, { ...options, watch: known.listener })).children;
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      known.isWanted = true;
      return;
    }
    const previous = known.children;
    known.children = new Set(children);
    if (!this.#recursive) {
      const isSame = previous.size === children.length && children.every((name) => previous.has(name));
      if (before && !isSame) this.#tell('children-changed', path);
      return;
    }
    const fresh = children.map((name) => joinPath(path, name)).filter((child) => !this.#known.has(child));
    await Promise.all(fresh.map((child) => this.#add(child, options)));
  }

  #tell(type: WatchEventType, path: string): void {
    if (!this.#isInitial && !this.#isClosed) this.#listener({ type, path });
  }
}
