import { isWithin, joinPath, nameOf, parentOf } from '../address/path.js';
import type { CallOptions, Stat, WatchEvent, ZooKeeper } from '../api.js';
import { ZooKeeperError, isZooKeeperError } from '../errors.js';
import { ListenerSet } from '../listeners/listener-set.js';
import { Deadline } from '../waiting/deadline.js';
import { Latch } from '../waiting/latch.js';
import { Refresher } from './refresher.js';
import { isAnyOf } from '../waiting/retry.js';
import { warn } from './warn.js';

export interface CachedNode {
  readonly path: string;
  readonly data: Buffer;
  readonly stat: Stat;
}

export type SubtreeChange =
  | { readonly type: 'added' | 'changed'; readonly path: string; readonly node: CachedNode }
  | { readonly type: 'removed'; readonly path: string };

export interface CachedSubtreeOptions extends CallOptions {
  /** Told of each change, from the first loading on. */
  readonly onChange?: (change: SubtreeChange) => void;
  /** Told of a node that cannot be read (`NO_AUTH`), and of exceptions of listeners. Default: a process warning. */
  readonly onError?: (error: unknown) => void;
}

/** A node that is being read. */
interface Reading {
  /** An event came meanwhile: the answer may be older than the event, read again. */
  isStale: boolean;
  readonly done: Promise<void>;
}

const openTimeoutMs = 30_000;
const concurrentReads = 64;

/**
 * A copy of a node and everything below it, kept up to date by a recursive watch. Changes that happen while no server
 * is connected raise no event, so after each reconnection the copy is compared with the tree and repaired, and the
 * differences are told as changes. Several changes of one node in a short time may be told as one.
 */
export class CachedSubtree {
  readonly root: string;
  readonly #zk: ZooKeeper;
  readonly #nodes = new Map<string, CachedNode>();
  readonly #childNames = new Map<string, Set<string>>();
  readonly #reading = new Map<string, Reading>();
  readonly #changes: ListenerSet<SubtreeChange>;
  readonly #onError: (error: unknown) => void;
  readonly #refresher: Refresher;
  readonly #offState: () => void;
  readonly #becameCurrent = new Latch();
  #isCurrent = false;

  private constructor(zk: ZooKeeper, root: string, options: CachedSubtreeOptions) {
    this.#zk = zk;
    this.root = root;
    this.#onError = options.onError ?? warn;
    this.#changes = new ListenerSet(this.#onError);
    if (options.onChange) this.#changes.add(options.onChange);
    this.#offState = zk.onState(({ state }) => {
      if (state !== 'connected') this.#isCurrent = false;
    });
    this.#refresher = new Refresher(zk, () => this.#load(), this.#onError);
  }

  /**
   * Loads the subtree and keeps it; resolves when it is loaded. A root that does not exist is an empty subtree, until
   * it is created.
   * @throws ZooKeeperError when the watch cannot be set or the loading ends in an error.
   */
  static async open(zk: ZooKeeper, root: string, options: CachedSubtreeOptions = {}): Promise<CachedSubtree> {
    const tree = new CachedSubtree(zk, root, options);
    const deadline = new Deadline(`cached subtree ${root}`, options, openTimeoutMs);
    try {
      const watch = await zk.addWatch(root, (event) => tree.#onEvent(event), {
        ...deadline.options(),
        recursive: true,
      });
      tree.#refresher.onClose(() => watch.remove());
      tree.#refresher.request();
      await tree.waitCurrent({ signal: options.signal, timeoutMs: Math.ceil(deadline.remainingMs) });
      return tree;
    } catch (error) {
      await tree.close();
      throw error;
    }
  }

  /** True while the copy follows the tree: connected, and repaired since the last reconnection. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Number of nodes. */
  get size(): number {
    return this.#nodes.size;
  }

  get(path: string): CachedNode | undefined {
    return this.#nodes.get(path);
  }

  /** Names of the children, sorted. */
  children(path: string): string[] {
    return [...(this.#childNames.get(path) ?? [])].sort();
  }

  /** All nodes, in no particular order. */
  nodes(): IterableIterator<CachedNode> {
    return this.#nodes.values();
  }

  onChange(listener: (change: SubtreeChange) => void): () => void {
    return this.#changes.add(listener);
  }

  /** @throws ZooKeeperError `OPERATION_TIMEOUT`, `ABORTED`, or what ended the session. */
  async waitCurrent(options: CallOptions = {}): Promise<void> {
    const deadline = new Deadline(`cached subtree ${this.root}`, options, openTimeoutMs);
    const off = this.#zk.onState(() => this.#becameCurrent.open());
    try {
      while (!this.#isCurrent) {
        const { state } = this.#zk;
        if (state === 'expired' || state === 'closed' || this.#refresher.isClosed) {
          throw new ZooKeeperError(
            state === 'expired' ? 'SESSION_EXPIRED' : 'CLOSED',
            `cached subtree ${this.root}: the session is ${state}`,
          );
        }
        await this.#becameCurrent.pass(deadline);
      }
    } finally {
      off();
    }
  }

  async close(): Promise<void> {
    this.#isCurrent = false;
    this.#offState();
    await this.#refresher.close();
    this.#becameCurrent.open();
  }

  #onEvent({ type, path }: WatchEvent): void {
    if (this.#refresher.isClosed) return;
    if (type === 'created' || type === 'data-changed') {
      this.#refresh(path);
    } else if (type === 'deleted') {
      for (const [at, reading] of this.#reading) if (isWithin(at, path)) reading.isStale = true;
      this.#remove(path);
    }
  }

  /** Reads a node on its own because of an event. */
  #refresh(path: string): void {
    this.#read(path).catch((error: unknown) => {
      if (this.#refresher.isClosed || isAnyOf(error, ['CONNECTION_LOSS', 'SESSION_EXPIRED', 'CLOSED']))
        return;
      // Not read in time, though connected: only a comparison of everything can make up for it.
      this.#isCurrent = false;
      this.#refresher.request();
    });
  }

  async #load(): Promise<void> {
    this.#isCurrent = false;
    const seen = new Set<string>();
    const pending = [this.root];
    const walk = async (): Promise<void> => {
      for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
        seen.add(path);
        const children = await this.#compare(path);
        for (const name of children) pending.push(joinPath(path, name));
        // Others may have run out of work and ended before there was this much of it.
        if (pending.length > 1 && walkers.size < concurrentReads) start();
      }
    };
    const walkers = new Set<Promise<void>>();
    const start = (): void => {
      const walker: Promise<void> = walk().finally(() => walkers.delete(walker));
      // Its error is seen where the walkers are awaited.
      walker.catch(() => undefined);
      walkers.add(walker);
    };
    start();
    while (walkers.size > 0) await Promise.all(walkers);
    // Gone, or created after the walk had passed: the node itself knows.
    const unseen = [...this.#nodes.keys()].filter((path) => !seen.has(path));
    for (const path of unseen) await this.#read(path);
    if (this.#zk.state !== 'connected') return;
    this.#isCurrent = true;
    this.#becameCurrent.open();
  }

  /** Reads the children of a node, and the node itself unless the copy has the same version of it. */
  async #compare(path: string): Promise<readonly string[]> {
    try {
      const { children, stat } = await this.#zk.children(path);
      const cached = this.#nodes.get(path);
      if (cached?.stat.mzxid !== stat.mzxid || cached.stat.czxid !== stat.czxid) await this.#read(path);
      return children;
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE')) await this.#read(path);
      else if (isZooKeeperError(error, 'NO_AUTH')) this.#onError(error);
      else throw error;
      return [];
    }
  }

  /** Reads a node until the answer is younger than every event that came for it. */
  #read(path: string): Promise<void> {
    const running = this.#reading.get(path);
    if (running) {
      running.isStale = true;
      return running.done;
    }
    const reading: Reading = {
      isStale: false,
      done: Promise.resolve().then(() => this.#readFresh(path, reading)),
    };
    this.#reading.set(path, reading);
    return reading.done;
  }

  async #readFresh(path: string, reading: Reading): Promise<void> {
    try {
      let node: CachedNode | undefined;
      do {
        reading.isStale = false;
        node = await this.#fetch(path);
      } while (reading.isStale && !this.#refresher.isClosed);
      if (this.#refresher.isClosed) return;
      if (node) this.#put(node);
      else this.#remove(path);
    } finally {
      this.#reading.delete(path);
    }
  }

  async #fetch(path: string): Promise<CachedNode | undefined> {
    try {
      const { data, stat } = await this.#zk.get(path);
      return { path, data, stat };
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE')) return undefined;
      if (!isZooKeeperError(error, 'NO_AUTH')) throw error;
      this.#onError(error);
      return undefined;
    }
  }

  #put(node: CachedNode): void {
    const { path } = node;
    const before = this.#nodes.get(path);
    if (before && before.stat.mzxid === node.stat.mzxid && before.stat.czxid === node.stat.czxid) return;
    this.#nodes.set(path, node);
    if (path !== this.root) {
      const siblings = this.#childNames.get(parentOf(path));
      if (siblings) siblings.add(nameOf(path));
      else this.#childNames.set(parentOf(path), new Set([nameOf(path)]));
    }
    this.#changes.emit({ type: before ? 'changed' : 'added', path, node });
  }

  #remove(path: string): void {
    for (const name of this.children(path)) this.#remove(joinPath(path, name));
    this.#childNames.delete(path);
    if (path !== this.root) {
      const siblings = this.#childNames.get(parentOf(path));
      siblings?.delete(nameOf(path));
      if (siblings?.size === 0) this.#childNames.delete(parentOf(path));
    }
    if (this.#nodes.delete(path)) this.#changes.emit({ type: 'removed', path });
  }
}
