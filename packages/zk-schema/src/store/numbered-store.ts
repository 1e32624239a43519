import type { CallOptions } from '@dcmha/zk-client';
import type { NodeInput, NodeParams } from '../model/index.js';
import { baseName } from '../path/znode-path.js';
import type { StoreContext } from './context.js';
import { NodeStore } from './node-store.js';
import type { StoreOp } from './store-op.js';

/** Kinds whose nodes ZooKeeper numbers. */
export type NumberedKey = 'task' | 'history';

type FolderParams<Key extends NumberedKey> = Key extends 'history'
  ? { readonly group: string }
  : Record<never, never>;

/** Nodes that are appended: ZooKeeper gives each its number. */
export class NumberedStore<Key extends NumberedKey> extends NodeStore<Key> {
  constructor(context: StoreContext, key: Key) {
    super(context, key);
  }

  /**
   * Creates the next node. An error with `maybeApplied` means that it may exist all the same: look before appending
   * again.
   * @returns its path and its name, the last parameter of the path.
   */
  async append(
    params: FolderParams<Key>,
    value: NodeInput<Key>,
    options: CallOptions = {},
  ): Promise<{ path: string; name: string }> {
    const { path } = await this.createNumbered(this.#folder(params), value, options);
    return { path, name: baseName(path) };
  }

  opAppend(params: FolderParams<Key>, value: NodeInput<Key>): StoreOp {
    return this.opCreateNumbered(this.#folder(params), value);
  }

  #folder(params: FolderParams<Key>): string {
    return this.folder(params as Partial<NodeParams<Key>>);
  }
}
