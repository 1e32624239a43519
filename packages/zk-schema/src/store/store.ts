import type { Acl, CallOptions, OpResult, ZooKeeper } from '@dcmha/zk-client';
import { systemClock } from '../clock/index.js';
import type { Clock } from '../clock/index.js';
import { describeModel } from '../describe/index.js';
import { silentLogger } from '../logging/index.js';
import type { Logger } from '../logging/index.js';
import { nodeKeys } from '../model/index.js';
import type { NodeKey } from '../model/index.js';
import { createLayout, parsePath } from '../path/index.js';
import type { Layout, LayoutOptions, ParsedPath } from '../path/index.js';
import type { StoreContext } from './context.js';
import { pruneHistory } from './history-limit.js';
import { runMulti } from './multi.js';
import { NodeStore } from './node-store.js';
import { NumberedStore } from './numbered-store.js';
import type { NumberedKey } from './numbered-store.js';
import { GroupOwner, claimOwnership } from './ownership.js';
import type { ClaimOptions, ClaimResult, OwnershipClaim } from './ownership.js';
import { prepareTree } from './prepare.js';
import { readNode } from './read-node.js';
import type { StoreOp } from './store-op.js';
import type { Stored } from './stored.js';
import { watchTree } from './tree-watch.js';
import type { TreeEvent } from './tree-watch.js';
import type { StoreWatch } from './watching.js';

export interface StoreOptions extends LayoutOptions {
  /** For every node that the store creates (`closedAcl`); default: that of the client. */
  readonly acl?: readonly Acl[];
  readonly logger?: Logger;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Access to each kind of node by its name: `store.master`, `store.route`, ... */
export type NodeStores = {
  readonly [Key in Exclude<NodeKey, NumberedKey>]: NodeStore<Key>;
} & { readonly [Key in NumberedKey]: NumberedStore<Key> };

export type StoredNode = { [Key in NodeKey]: Stored<Key> }[NodeKey];

export interface StoreMethods {
  readonly zk: ZooKeeper;
  readonly layout: Layout;
  /** The whole model, as it lies in this tree, to be printed. */
  describe(format?: 'text' | 'markdown'): string;
  /** Says which node of the tree a path is. */
  parsePath(path: string): ParsedPath;
  /**
   * Reads whatever node a path names, those of the original system included.
   * @returns `null` when there is no such node, or the path is none of a node.
   * @throws NodeValueError
   */
  readPath(path: string, options?: CallOptions): Promise<StoredNode | null>;
  /**
   * Carries out all operations or none; folders that are missing above created nodes are made.
   * @throws MultiError whose `index` names the operation that was refused.
   */
  multi(ops: readonly StoreOp[], options?: CallOptions): Promise<OpResult[]>;
  /** Takes ownership of a group, unless another engine has it. */
  claimOwnership(group: string, options: ClaimOptions): Promise<ClaimResult>;
  /** Writes that happen only while the claim holds. @throws TypeError when the claim is that of another group. */
  asOwner(group: string, claim: OwnershipClaim): GroupOwner;
  /** One watch on everything below the root. */
  watchTree(
    listener: (event: TreeEvent) => void,
    options?: { readonly signal?: AbortSignal },
  ): Promise<StoreWatch>;
  /** Deletes the oldest entries of the history beyond `keep`. */
  pruneHistory(group: string, options: CallOptions & { readonly keep: number }): Promise<number>;
  /** Creates root and folders; with an ACL, refuses a tree that is open or closed to us. @throws AclError */
  prepare(options?: CallOptions): Promise<void>;
}

export type Store = NodeStores & StoreMethods;

/**
 * The tree over a ZooKeeper session. Make a new one for each session.
 * @throws PathError when root or names are wrong.
 */
export function createStore(zk: ZooKeeper, options: StoreOptions = {}): Store {
  const layout = createLayout(options);
  const context: StoreContext = {
    zk,
    layout,
    acl: options.acl,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  };
  const methods: StoreMethods = {
    zk,
    layout,
    describe: (format) => describeModel({ ...layout, format }),
    parsePath: (path) => parsePath(layout, path),
    readPath: async (path, callOptions) => {
      const parsed = parsePath(layout, path);
      if (parsed.kind !== 'node') return null;
      return (await readNode(context, parsed.node, parsed.params, path, callOptions)) as StoredNode | null;
    },
    multi: (ops, callOptions) => runMulti(context, ops, callOptions),
    claimOwnership: (group, claimOptions) => claimOwnership(context, group, claimOptions),
    asOwner: (group, claim) => {
      if (claim.group !== group)
        throw new TypeError(`the claim is one of the group ${claim.group}, not of ${group}`);
      return new GroupOwner(context, claim);
    },
    watchTree: (listener, watchOptions) => watchTree(context, listener, watchOptions),
    pruneHistory: (group, { keep, ...callOptions }) => pruneHistory(context, group, keep, callOptions),
    prepare: (callOptions) => prepareTree(context, callOptions),
  };
  return { ...nodeStores(context), ...methods };
}

function nodeStores(context: StoreContext): NodeStores {
  const stores = nodeKeys.map((key) => [
    key,
    key === 'task' || key === 'history' ? new NumberedStore(context, key) : new NodeStore(context, key),
  ]);
  // One per key, made just above: the compiler cannot follow that through an array.
  return Object.fromEntries(stores) as NodeStores;
}
