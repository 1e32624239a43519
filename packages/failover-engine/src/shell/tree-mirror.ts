import { isZooKeeperError, type WatchEvent, type ZooKeeper } from '@dcmha/zk-client';

export interface TreeMirrorOptions {
  readonly zk: ZooKeeper;
  /** Absolute paths whose subtrees are mirrored; they need not exist yet. */
  readonly roots: readonly string[];
  readonly over: AbortSignal;
  /** A node's data changed, it came or went. */
  readonly changed: (path: string) => void;
  readonly failed: (error: Error) => void;
}

interface Entry {
  readonly data: Buffer;
  readonly ephemeralOwner: bigint;
}

const reloadRetryMs = 200;

/**
 * Subtrees of ZooKeeper kept in memory by recursive watches, so that a decision reads nothing from the network. After a
 * reconnection everything is read again: recursive watches do not tell what happened in between. What is in here may be a
 * moment old; every write is conditional for that reason.
 */
export class TreeMirror {
  readonly #o: TreeMirrorOptions;
  #entries = new Map<string, Entry>();
  #reloading: Promise<void> | null = null;
  #reloadAgain = false;

  private constructor(options: TreeMirrorOptions) {
    this.#o = options;
  }

  /** Resolves when everything was read once. */
  static async open(options: TreeMirrorOptions): Promise<TreeMirror> {
    const mirror = new TreeMirror(options);
    const { zk, roots, over } = options;
    await Promise.all(
      roots.map((root) =>
        zk.addWatch(root, (event) => mirror.#event(event), { recursive: true, signal: over }),
      ),
    );
    const forget = zk.onState(({ state }) => {
      if (state === 'connected') void mirror.#reload();
    });
    over.addEventListener('abort', forget, { once: true });
    await mirror.#reload();
    return mirror;
  }

  data(path: string): Buffer | undefined {
    return this.#entries.get(path)?.data;
  }

  /** Session that owns the node; `undefined` when it is not there, `0n` when it is not ephemeral. */
  owner(path: string): bigint | undefined {
    return this.#entries.get(path)?.ephemeralOwner;
  }

  /** Names of the nodes right below a path. */
  children(path: string): string[] {
    const names: string[] = [];
    for (const known of this.#entries.keys()) {
      if (!known.startsWith(`${path}/`)) continue;
      const name = known.slice(path.length + 1);
      if (!name.includes('/')) names.push(name);
    }
    return names;
  }

  #event({ type, path }: WatchEvent): void {
    if (type === 'watch-lost' || this.#o.over.aborted) return;
    if (type === 'deleted') this.#set(path, null);
    else void this.#fetch(path);
  }

  async #fetch(path: string): Promise<void> {
    const { zk, over } = this.#o;
    try {
      const { data, stat } = await zk.get(path, { signal: over });
      this.#set(path, { data, ephemeralOwner: stat.ephemeralOwner });
    } catch (error) {
      if (over.aborted) return;
      if (isZooKeeperError(error, 'NO_NODE')) this.#set(path, null);
      // A lost connection is followed by a reload; anything else must be heard of.
      else if (!isZooKeeperError(error, 'CONNECTION_LOSS')) {
        this.#o.failed(error instanceof Error ? error : new Error(String(error)));
        void this.#reload();
      }
    }
  }

  #set(path: string, entry: Entry | null): void {
    if (entry === null) {
      if (!this.#entries.delete(path)) return;
    } else this.#entries.set(path, entry);
    this.#o.changed(path);
  }

  #reload(): Promise<void> {
    this.#reloadAgain = true;
    this.#reloading ??= this.#reloadLoop().finally(() => {
      this.#reloading = null;
    });
    return this.#reloading;
  }

  async #reloadLoop(): Promise<void> {
    while (this.#reloadAgain && !this.#o.over.aborted) {
      this.#reloadAgain = false;
      const fresh = new Map<string, Entry>();
      try {
        await Promise.all(this.#o.roots.map((root) => this.#load(root, fresh)));
      } catch (error) {
        if (this.#o.over.aborted) return;
        if (!isZooKeeperError(error, 'CONNECTION_LOSS'))
          this.#o.failed(error instanceof Error ? error : new Error(String(error)));
        this.#reloadAgain = true;
        await new Promise((resolve) => setTimeout(resolve, reloadRetryMs));
        continue;
      }
      const before = this.#entries;
      this.#entries = fresh;
      for (const [path, entry] of fresh) {
        const old = before.get(path);
        if (
          old === undefined ||
          !old.data.equals(entry.data) ||
          old.ephemeralOwner !== entry.ephemeralOwner
        ) {
          this.#o.changed(path);
        }
      }
      for (const path of before.keys()) if (!fresh.has(path)) this.#o.changed(path);
    }
  }

  async #load(path: string, into: Map<string, Entry>): Promise<void> {
    const { zk, over } = this.#o;
    try {
      const [{ data, stat }, { children }] = await Promise.all([
        zk.get(path, { signal: over }),
        zk.children(path, { signal: over }),
      ]);
      into.set(path, { data, ephemeralOwner: stat.ephemeralOwner });
      await Promise.all(children.map((name) => this.#load(`${path}/${name}`, into)));
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
    }
  }
}
