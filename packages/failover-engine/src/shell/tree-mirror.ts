import { CachedSubtree } from '@dcmha/zk-client';
import type { NodeKey, NodeName, NodeParams, NodeValue, Store } from '@dcmha/zk-schema';
import { decodeValue } from '@dcmha/zk-schema';

export interface TreeMirrorOptions {
  readonly store: Store;
  readonly names: readonly NodeName[];
  readonly over: AbortSignal;
  /** A node's data changed, it came or went. */
  readonly changed: (path: string) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The parts of the tree that decisions are made from, kept in memory. What is in here may be a moment old; every write is
 * conditional for that reason.
 */
export class TreeMirror {
  readonly #store: Store;
  readonly #trees = new Map<NodeName, CachedSubtree>();
  readonly #treeByKey = new Map<NodeKey, CachedSubtree>();
  /** Decoded once for each version of a node: evaluations read the same values again and again. */
  readonly #decoded = new WeakMap<Buffer, unknown>();

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Resolves when everything was read once. */
  static async open({ store, names, over, changed, failed }: TreeMirrorOptions): Promise<TreeMirror> {
    const mirror = new TreeMirror(store);
    await Promise.all(
      names.map(async (name) => {
        const tree = await CachedSubtree.open(store.zk, mirror.folder(name), {
          signal: over,
          onError: failed,
          onChange: ({ path }) => {
            if (!over.aborted && mirror.#trees.has(name)) changed(path);
          },
        });
        mirror.#trees.set(name, tree);
        over.addEventListener('abort', () => void tree.close(), { once: true });
      }),
    );
    return mirror;
  }

  folder(name: NodeName): string {
    return `${this.#store.layout.root}/${this.#store.layout.names[name]}`;
  }

  has(path: string): boolean {
    return [...this.#trees.values()].some((tree) => tree.get(path) !== undefined);
  }

  /** Names of the nodes right below `name`, or below a part of it. */
  children(name: NodeName, part?: string): string[] {
    const folder = this.folder(name);
    return this.#trees.get(name)?.children(part === undefined ? folder : `${folder}/${part}`) ?? [];
  }

  /** `null` when there is no such node, or it is an empty folder. @throws NodeValueError */
  value<Key extends NodeKey>(key: Key, params: NodeParams<Key>): NodeValue<Key> | null {
    return this.valueAt(key, this.#store[key].path(params as never));
  }

  /** @throws NodeValueError */
  valueAt<Key extends NodeKey>(key: Key, path: string): NodeValue<Key> | null {
    const node = this.#treeOf(key, path)?.get(path);
    if (node === undefined || node.data.length === 0) return null;
    const known = this.#decoded.get(node.data);
    if (known !== undefined) return known as NodeValue<Key>;
    const value = decodeValue(key, node.data, path);
    this.#decoded.set(node.data, value);
    return value;
  }

  /** All nodes of one kind lie in one folder. */
  #treeOf(key: NodeKey, path: string): CachedSubtree | undefined {
    const known = this.#treeByKey.get(key);
    if (known !== undefined) return known;
    const found = [...this.#trees.values()].find((tree) => path.startsWith(`${tree.root}/`));
    if (found !== undefined) this.#treeByKey.set(key, found);
    return found;
  }
}
