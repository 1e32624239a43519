import { isZooKeeperError } from '@dcmha/zk-client';
import type { CallOptions, CreateMode, Op, Stat } from '@dcmha/zk-client';
import { NodeValueError, encodeValue } from '../codec/index.js';
import { model } from '../model/index.js';
import type { NodeDefinition, NodeInput, NodeKey, NodeParams } from '../model/index.js';
import { buildFolder, buildPath } from '../path/index.js';
import { resolveCondition } from './condition.js';
import type { VersionCondition, WriteCondition } from './condition.js';
import type { StoreContext } from './context.js';
import { holdEphemeral } from './ephemeral.js';
import type { EphemeralNode, EphemeralOptions } from './ephemeral.js';
import { listFolder } from './listing.js';
import type { Listing } from './listing.js';
import { withParents } from './parents.js';
import { readNode } from './read-node.js';
import { Refresher } from './refresher.js';
import type { StoreOp } from './store-op.js';
import type { Stored } from './stored.js';
import type { ListUpdate, NodeUpdate, StoreWatch } from './watching.js';

export interface Written {
  readonly version: number;
  readonly stat: Stat;
}

export type DeleteCondition = { readonly version: number | 'any' };

const attemptsMax = 5;

/** Typed access to the nodes of one kind. Every value that goes in or out is checked by the schema of its node. */
export class NodeStore<Key extends NodeKey> {
  readonly key: Key;
  readonly #context: StoreContext;
  readonly #definition: NodeDefinition;

  constructor(context: StoreContext, key: Key) {
    this.#context = context;
    this.key = key;
    this.#definition = model[key];
  }

  /** @throws PathError when a parameter is not what it must be. */
  path(params: NodeParams<Key>): string {
    return buildPath(this.#context.layout, this.key, params);
  }

  /** The folder of the nodes, as far as the parameters given fix it. */
  folder(params: Partial<NodeParams<Key>> = {}): string {
    return buildFolder(this.#context.layout, this.key, params);
  }

  /**
   * @returns `null` when there is no such node.
   * @throws NodeValueError (path and reason) when what stands there is no value of this node.
   */
  async read(params: NodeParams<Key>, options: CallOptions = {}): Promise<Stored<Key> | null> {
    return readNode(this.#context, this.key, params, this.path(params), options);
  }

  /** Creates the node, and the folders above it where they are missing. @throws ZooKeeperError NODE_EXISTS */
  async create(params: NodeParams<Key>, value: NodeInput<Key>, options: CallOptions = {}): Promise<Written> {
    const path = this.path(params);
    const { stat } = await this.#create(path, encodeValue(this.key, value, path), this.#mode, options);
    return { version: stat.version, stat };
  }

  /**
   * Writes the value while the condition holds.
   * @throws EpochError when an epoch would fall; ZooKeeperError BAD_VERSION or NO_NODE (version), NODE_EXISTS (absent).
   */
  async write(
    params: NodeParams<Key>,
    value: NodeInput<Key>,
    condition: WriteCondition<Key>,
    options: CallOptions = {},
  ): Promise<Written> {
    const path = this.path(params);
    const version = resolveCondition(this.key, path, value, condition);
    const text = encodeValue(this.key, value, path);
    const stat = await this.#write(path, text, version, options);
    return { version: stat.version, stat };
  }

  /** @returns false when there was no such node. @throws ZooKeeperError BAD_VERSION */
  async delete(
    params: NodeParams<Key>,
    condition: DeleteCondition,
    options: CallOptions = {},
  ): Promise<boolean> {
    const version = condition.version === 'any' ? undefined : condition.version;
    try {
      await this.#context.zk.delete(this.path(params), { ...options, version });
      return true;
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE')) return false;
      throw error;
    }
  }

  /** The nodes in a folder, and what else stands there. */
  async list(params: Partial<NodeParams<Key>> = {}, options: CallOptions = {}): Promise<Listing<Key>> {
    return listFolder(this.#context, this.key, this.folder(params), options);
  }

  /**
   * Calls the listener with the node as it is, and again after each change, until stopped or the session ends.
   * Changes in quick succession may be told as one: what is told is always the newest.
   */
  async watch(
    params: NodeParams<Key>,
    listener: (update: NodeUpdate<Key>) => void,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<StoreWatch> {
    let told: bigint | null | undefined;
    const refresher = new Refresher<Stored<Key> | null>({
      context: this.#context,
      path: this.path(params),
      read: () => this.read(params),
      deliver: (stored) => {
        const zxid = stored === null ? null : stored.stat.mzxid;
        if (zxid === told) return;
        told = zxid;
        listener({ kind: 'value', stored });
      },
      failed: (error) => {
        told = undefined;
        if (error instanceof NodeValueError) listener({ kind: 'unreadable', error });
        else listener({ kind: 'failed', error });
      },
      lost: () => listener({ kind: 'lost' }),
    });
    await refresher.start(options.signal);
    return { stop: () => refresher.stop() };
  }

  /** Calls the listener with the nodes in a folder, and again after each change of which there are. */
  async watchList(
    params: Partial<NodeParams<Key>>,
    listener: (update: ListUpdate<Key>) => void,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<StoreWatch> {
    let told = '';
    const refresher = new Refresher<Listing<Key>>({
      context: this.#context,
      path: this.folder(params),
      read: () => this.list(params),
      deliver: (listing) => {
        const text = JSON.stringify(listing);
        if (text === told) return;
        told = text;
        listener({ kind: 'list', listing });
      },
      failed: (error) => listener({ kind: 'failed', error }),
      lost: () => listener({ kind: 'lost' }),
    });
    await refresher.start(options.signal);
    return { stop: () => refresher.stop() };
  }

  /**
   * Makes sure that our session owns the (ephemeral) node and that it holds the value. A node that is ours already is
   * kept, never deleted and made again; one of another session is waited for, and reported when it stays.
   * @throws ForeignNodeError
   */
  async ensureEphemeral(
    params: NodeParams<Key>,
    value: NodeInput<Key>,
    options: EphemeralOptions = {},
  ): Promise<EphemeralNode<Key>> {
    return holdEphemeral(this.#context, this.key, this.path(params), value, options);
  }

  opCreate(params: NodeParams<Key>, value: NodeInput<Key>): StoreOp {
    const path = this.path(params);
    return this.#createOp(path, encodeValue(this.key, value, path), this.#mode);
  }

  /**
   * In a multi `any` means: whatever version the node has, but it must exist.
   * @throws EpochError
   */
  opWrite(params: NodeParams<Key>, value: NodeInput<Key>, condition: WriteCondition<Key>): StoreOp {
    const path = this.path(params);
    const version = resolveCondition(this.key, path, value, condition);
    const data = encodeValue(this.key, value, path);
    if (version === 'absent') return this.#createOp(path, data, this.#mode);
    const op: Op = { type: 'set', path, data, version: version === 'any' ? undefined : version };
    return { node: this.key, op };
  }

  opDelete(params: NodeParams<Key>, condition: DeleteCondition): StoreOp {
    const version = condition.version === 'any' ? undefined : condition.version;
    return { node: this.key, op: { type: 'delete', path: this.path(params), version } };
  }

  /** The multi happens only while the node has this version. */
  opCheck(params: NodeParams<Key>, condition: { readonly version: number }): StoreOp {
    return { node: this.key, op: { type: 'check', path: this.path(params), version: condition.version } };
  }

  protected createNumbered(
    folder: string,
    value: NodeInput<Key>,
    options: CallOptions,
  ): Promise<{ path: string; stat: Stat }> {
    const path = this.#numberedPath(folder);
    return this.#create(path, encodeValue(this.key, value, path), 'persistent-sequential', options);
  }

  protected opCreateNumbered(folder: string, value: NodeInput<Key>): StoreOp {
    const path = this.#numberedPath(folder);
    return this.#createOp(path, encodeValue(this.key, value, path), 'persistent-sequential');
  }

  #numberedPath(folder: string): string {
    return `${folder}/${this.#definition.sequencePrefix ?? ''}`;
  }

  get #mode(): CreateMode {
    return this.#definition.lifetime === 'ephemeral' ? 'ephemeral' : 'persistent';
  }

  #createOp(path: string, data: string, mode: CreateMode): StoreOp {
    return { node: this.key, op: { type: 'create', path, data, mode, acl: this.#context.acl } };
  }

  #create(
    path: string,
    data: string,
    mode: CreateMode,
    options: CallOptions,
  ): Promise<{ path: string; stat: Stat }> {
    const { zk, acl } = this.#context;
    return withParents(this.#context, path, options, () => zk.create(path, data, { ...options, mode, acl }));
  }

  async #write(path: string, data: string, version: VersionCondition, options: CallOptions): Promise<Stat> {
    const { zk } = this.#context;
    if (version === 'absent') return (await this.#create(path, data, this.#mode, options)).stat;
    if (version !== 'any') return zk.set(path, data, { ...options, version });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await zk.set(path, data, options);
      } catch (error) {
        if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      }
      try {
        return (await this.#create(path, data, this.#mode, options)).stat;
      } catch (error) {
        if (!isZooKeeperError(error, 'NODE_EXISTS') || attempt === attemptsMax) throw error;
      }
    }
  }
}
