import { Chroot } from '../address/chroot.js';
import type { HostPort } from '../address/connect-string.js';
import { validatePath } from '../address/path.js';
import type {
  Acl,
  CallOptions,
  CreateMode,
  CreateOptions,
  Op,
  OpResult,
  PersistentWatch,
  SessionChange,
  SessionState,
  Stat,
  VersionOptions,
  WatchListener,
  WatchOptions,
  ZooKeeper,
  ZooKeeperErrorCode,
} from '../api.js';
import { MultiError, ZooKeeperError, isZooKeeperError } from '../errors.js';
import { hasTtl, isCreateMode, isSequential, maxTtlMs } from '../protocol/create-mode.js';
import { errorCodeOf, explain } from '../protocol/error-code.js';
import { multiReadOperation, type ReadOp } from '../protocol/multi-read.js';
import { multiOperation } from '../protocol/multi.js';
import type { Operation } from '../protocol/operation.js';
import {
  addWatchOperation,
  childrenOperation,
  createOperation,
  deleteOperation,
  existsOperation,
  getAclOperation,
  getOperation,
  removeWatchesOperation,
  setAclOperation,
  setOperation,
  syncOperation,
  whoAmIOperation,
  type ClientIdentity,
  type ReadArguments,
} from '../protocol/operations.js';
import type { WatchPaths } from '../protocol/set-watches.js';
import { OneShotEmulation } from '../watches/one-shot-emulation.js';
import { WatchRegistry, type Delivery } from '../watches/watch-registry.js';
import { resolveOptions, type ClientSettings, type ZooKeeperClientOptions } from './options.js';
import { Session } from './session.js';

/** What one read of `multiRead` came to. */
export type ReadResult =
  | { readonly type: 'get'; readonly data: Buffer; readonly stat: Stat }
  | { readonly type: 'children'; readonly children: string[] }
  | { readonly type: 'error'; readonly error: ZooKeeperError };

const anyVersion = -1;
const noNode = -101;

/** Errors of a removal after which the watch is gone all the same. */
const goneCodes: readonly ZooKeeperErrorCode[] = [
  'CONNECTION_LOSS',
  'NO_WATCHER',
  'SESSION_EXPIRED',
  'CLOSED',
];

function refuse(title: string, path: string, problem: string): Promise<never> {
  const shown = typeof path === 'string' ? JSON.stringify(path) : String(path);
  const message = `${title}: ${problem.startsWith('the ') ? problem : `the path ${shown} ${problem}`}`;
  return Promise.reject(new ZooKeeperError('BAD_ARGUMENTS', message, { path }));
}

function dataProblem(data: Uint8Array | string): string | undefined {
  if (typeof data === 'string' || data instanceof Uint8Array) return undefined;
  return 'the data must be a string or a Uint8Array';
}

function createProblem(path: string, mode: CreateMode, ttlMs: number): string | undefined {
  if (!isCreateMode(mode)) return `the mode ${JSON.stringify(mode)} is none`;
  if (hasTtl(mode) && !(Number.isSafeInteger(ttlMs) && ttlMs >= 1 && ttlMs <= maxTtlMs)) {
    return `the option ttlMs must be a whole number from 1 to ${maxTtlMs} for the mode ${mode}, not ${ttlMs}`;
  }
  // A sequential node may be named by its number alone.
  return validatePath(isSequential(mode) ? `${path}0` : path);
}

function opProblem(op: Op): string | undefined {
  switch (op.type) {
    case 'create':
      return createProblem(op.path, op.mode ?? 'persistent', op.ttlMs ?? 0) ?? dataProblem(op.data ?? '');
    case 'set':
      return validatePath(op.path) ?? dataProblem(op.data);
    case 'delete':
    case 'check':
      return validatePath(op.path);
    default:
      return 'the type is none of create, delete, set, check';
  }
}

/**
 * A ZooKeeper session over TCP or TLS. It begins to connect when it is made; calls made before it is connected wait
 * for it, up to their deadline. One object is one session: once `expired` or `closed`, make a new one.
 */
export class ZooKeeperClient implements ZooKeeper {
  readonly #settings: ClientSettings;
  readonly #chroot: Chroot;
  readonly #watches = new WatchRegistry();
  readonly #session: Session;
  #lacksPersistentWatches = false;

  /** @throws ZooKeeperError `BAD_ARGUMENTS` when an option or the connect string is malformed. */
  constructor(options: ZooKeeperClientOptions) {
    this.#settings = resolveOptions(options);
    this.#chroot = new Chroot(this.#settings.chroot);
    this.#session = new Session(this.#settings, {
      onWatchEvent: ({ type, path }) =>
        this.#deliver(this.#watches.take({ type, path: this.#chroot.toClient(path) })),
      watchPaths: () => this.#serverPaths(this.#watches.paths()),
      onEnd: () => this.#deliver(this.#watches.takeAll()),
    });
  }

  get state(): SessionState {
    return this.#session.state;
  }

  get sessionId(): bigint {
    return this.#session.id;
  }

  /** What proves that a session is ours when it is attached again. */
  get sessionPassword(): Buffer {
    return this.#session.password;
  }

  get sessionTimeoutMs(): number {
    return this.#session.timeoutMs;
  }

  /** The server that carries the session now, as named in the connect string; `null` while there is none. */
  get server(): HostPort | null {
    return this.#session.server;
  }

  /** Newest transaction that this session has seen. */
  get lastZxid(): bigint {
    return this.#session.lastZxid;
  }

  /** Requests sent and not answered. */
  get inFlightCount(): number {
    return this.#session.inFlightCount;
  }

  /** Requests waiting for room on the wire or for a connection. */
  get waitingCount(): number {
    return this.#session.waitingCount;
  }

  /** Watches registered, each listener on each node counted once. */
  get watchCount(): number {
    return this.#watches.size;
  }

  remainingMs(): number {
    return this.#session.remainingMs();
  }

  onState(listener: (change: SessionChange) => void): () => void {
    return this.#session.onState(listener);
  }

  /**
   * Called when `remainingMs()` has become 0 though nobody has said that the session expired: from now on others may
   * believe that we are gone. The session may still be found alive later.
   */
  onLeaseEnd(listener: () => void): () => void {
    return this.#session.onLeaseEnd(listener);
  }

  /**
   * Back-pressure for those who make requests without awaiting each: resolves once fewer than half of `maxWaiting` wait
   * (at once when so). @throws ZooKeeperError `OPERATION_TIMEOUT`, `ABORTED`, or what ended the session.
   */
  waitRoom(options?: CallOptions): Promise<void> {
    return this.#session.waitRoom(options);
  }

  waitConnected(options: CallOptions = {}): Promise<void> {
    if (this.state === 'connected') return Promise.resolve();
    const refusal = this.#session.refusal('waitConnected', undefined);
    if (refusal) return Promise.reject(refusal);
    const { signal, timeoutMs = this.#settings.requestTimeoutMs } = options;
    return new Promise((resolve, reject) => {
      const finish = (error?: ZooKeeperError): void => {
        off();
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        if (error) reject(error);
        else resolve();
      };
      const onAbort = (): void =>
        finish(
          new ZooKeeperError('ABORTED', 'waitConnected: aborted by its signal', { cause: signal?.reason }),
        );
      const off = this.#session.onState(({ state }) => {
        if (state === 'connected') finish();
        else if (state === 'expired' || state === 'closed') {
          finish(this.#session.refusal('waitConnected', undefined));
        }
      });
      const timer = setTimeout(() => {
        const hosts = this.#settings.hosts.map(({ host, port }) => `${host}:${port}`).join(',');
        const last = this.#session.lastReason ?? 'no server answered yet';
        finish(
          new ZooKeeperError(
            'OPERATION_TIMEOUT',
            `no ZooKeeper server of ${hosts} took the session within ${timeoutMs} ms (last: ${last}): check that the servers run and can be reached`,
          ),
        );
      }, timeoutMs);
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  create(
    path: string,
    data: Uint8Array | string = '',
    options: CreateOptions = {},
  ): Promise<{ path: string; stat: Stat }> {
    const { mode = 'persistent', acl = this.#settings.defaultAcl, ttlMs = 0 } = options;
    const problem = createProblem(path, mode, ttlMs) ?? dataProblem(data);
    if (problem) return refuse('create', path, problem);
    const args = { path: this.#chroot.toServer(path), data, acl, mode, ttlMs };
    const created = this.#session.call(createOperation, args, path, options);
    if (this.#chroot.prefix === '') return created;
    return created.then((result) => ({ path: this.#chroot.toClient(result.path), stat: result.stat }));
  }

  delete(path: string, options: VersionOptions = {}): Promise<void> {
    const problem = validatePath(path);
    if (problem) return refuse('delete', path, problem);
    const args = { path: this.#chroot.toServer(path), version: options.version ?? anyVersion };
    return this.#session.call(deleteOperation, args, path, options);
  }

  exists(path: string, options: WatchOptions = {}): Promise<Stat | null> {
    return this.#read(existsOperation, 'data', path, options);
  }

  get(path: string, options: WatchOptions = {}): Promise<{ data: Buffer; stat: Stat }> {
    return this.#read(getOperation, 'data', path, options);
  }

  set(path: string, data: Uint8Array | string, options: VersionOptions = {}): Promise<Stat> {
    const problem = validatePath(path) ?? dataProblem(data);
    if (problem) return refuse('set', path, problem);
    const args = { path: this.#chroot.toServer(path), data, version: options.version ?? anyVersion };
    return this.#session.call(setOperation, args, path, options);
  }

  children(path: string, options: WatchOptions = {}): Promise<{ children: string[]; stat: Stat }> {
    return this.#read(childrenOperation, 'child', path, options);
  }

  sync(path: string, options?: CallOptions): Promise<void> {
    const problem = validatePath(path);
    if (problem) return refuse('sync', path, problem);
    return this.#session.call(syncOperation, { path: this.#chroot.toServer(path) }, path, options);
  }

  async multi(ops: readonly Op[], options?: CallOptions): Promise<OpResult[]> {
    if (ops.length === 0) return [];
    for (const [index, op] of ops.entries()) {
      const problem = opProblem(op);
      if (problem) {
        throw new MultiError(
          'BAD_ARGUMENTS',
          `multi: operation ${index} (${op.type} ${op.path}): ${problem.startsWith('the ') ? problem : `the path ${problem}`}`,
          { path: op.path, index },
        );
      }
    }
    const args = {
      ops: [...ops],
      defaultAcl: this.#settings.defaultAcl,
      toServerPath: (path: string) => this.#chroot.toServer(path),
    };
    const outcome = await this.#session.call(multiOperation, args, undefined, options);
    if ('error' in outcome) {
      const { index, error } = outcome;
      const op = ops[index] as Op;
      throw new MultiError(
        errorCodeOf(error),
        `multi: operation ${index} of ${ops.length} (${op.type} ${op.path}): ${explain(error)}; nothing was changed`,
        { path: op.path, index },
      );
    }
    if (this.#chroot.prefix === '') return outcome.results;
    return outcome.results.map((result) =>
      result.type === 'create' ? { ...result, path: this.#chroot.toClient(result.path) } : result,
    );
  }

  /**
   * Several reads in one request, all of the same moment; each succeeds or fails by itself. Needs ZooKeeper 3.6.
   * Children come without a stat, as the protocol has it.
   */
  async multiRead(ops: readonly ReadOp[], options?: CallOptions): Promise<ReadResult[]> {
    if (ops.length === 0) return [];
    for (const { type, path } of ops) {
      const problem = validatePath(path);
      if (problem) return refuse(`multiRead ${type}`, path, problem);
    }
    const args = { ops: ops.map(({ type, path }) => ({ type, path: this.#chroot.toServer(path) })) };
    const results = await this.#session.call(multiReadOperation, args, undefined, options);
    return results.map((result, index) => {
      if (result.type !== 'error') return result;
      const { type, path } = ops[index] as ReadOp;
      const message = `multiRead: ${type} ${path}: ${explain(result.error)}`;
      return { type: 'error', error: new ZooKeeperError(errorCodeOf(result.error), message, { path }) };
    });
  }

  getAcl(path: string, options?: CallOptions): Promise<{ acl: Acl[]; stat: Stat }> {
    const problem = validatePath(path);
    if (problem) return refuse('getAcl', path, problem);
    return this.#session.call(getAclOperation, { path: this.#chroot.toServer(path) }, path, options);
  }

  setAcl(path: string, acl: readonly Acl[], options: VersionOptions = {}): Promise<Stat> {
    const problem = validatePath(path);
    if (problem) return refuse('setAcl', path, problem);
    const args = { path: this.#chroot.toServer(path), acl, version: options.version ?? anyVersion };
    return this.#session.call(setAclOperation, args, path, options);
  }

  addAuth(scheme: string, auth: Uint8Array | string, options?: CallOptions): Promise<void> {
    return this.#session.addAuth({ scheme, auth }, options);
  }

  /** Who the server takes this session for. Needs ZooKeeper 3.7. */
  whoAmI(options?: CallOptions): Promise<ClientIdentity[]> {
    return this.#session.call(whoAmIOperation, {}, undefined, options);
  }

  /**
   * Needs ZooKeeper 3.6; with an older server it is made of one-shot watches, and changes that come close together are
   * told as one.
   */
  async addWatch(
    path: string,
    listener: WatchListener,
    options: CallOptions & { readonly recursive?: boolean } = {},
  ): Promise<PersistentWatch> {
    const problem = validatePath(path);
    if (problem) return refuse('addWatch', path, problem);
    const recursive = options.recursive ?? false;
    // A function of its own, so that adding a listener twice makes two watches that are removed each by itself.
    const own: WatchListener = (event) => listener(event);
    if (!this.#lacksPersistentWatches) {
      try {
        await this.#setPersistent(path, recursive, options, () =>
          this.#watches.addPersistent(path, own, recursive),
        );
        return { path, remove: (removeOptions) => this.#removeWatch(path, own, recursive, removeOptions) };
      } catch (error) {
        if (!isZooKeeperError(error, 'UNIMPLEMENTED')) throw error;
        // Asking again would cost the connection each time.
        this.#lacksPersistentWatches = true;
      }
    }
    const emulation = new OneShotEmulation(this, path, recursive, own);
    await emulation.start(options);
    return { path, remove: async () => emulation.close() };
  }

  close(options?: CallOptions): Promise<void> {
    return this.#session.close(options);
  }

  async #setPersistent(
    path: string,
    recursive: boolean,
    options: CallOptions | undefined,
    onSet: () => void,
  ): Promise<void> {
    const release = this.#watches.claim(path, recursive);
    // Servers before 3.9 keep one mode per node, and of the two the recursive one can stand in for the other.
    const asRecursive = recursive || this.#watches.isPersistent(path, true);
    const args = { path: this.#chroot.toServer(path), recursive: asRecursive };
    try {
      await this.#session.call(addWatchOperation, args, path, options, (error) => {
        release();
        if (error === 0) onSet();
        // Reads made meanwhile relied on this watch to bring their events.
        else this.#setWatchesAgain(path);
      });
    } finally {
      release();
    }
  }

  async #removeWatch(
    path: string,
    listener: WatchListener,
    recursive: boolean,
    options: CallOptions | undefined,
  ): Promise<void> {
    if (!this.#watches.removePersistent(path, listener, recursive)) return;
    if (this.#watches.isPersistent(path, recursive) || this.#session.refusal('removeWatches', path)) return;
    try {
      if (this.#watches.isPersistent(path, !recursive)) {
        await this.#setPersistent(path, !recursive, options, () => undefined);
        return;
      }
      const args = { path: this.#chroot.toServer(path) };
      await this.#session.call(removeWatchesOperation, args, path, options, () =>
        this.#setWatchesAgain(path),
      );
    } catch (error) {
      // A new connection does not set it again, and a server that does not know it will not miss it.
      if (!isZooKeeperError(error) || !goneCodes.includes(error.code)) throw error;
    }
  }

  /** The server has dropped all watches of this session on the node: those that are still wanted are set again. */
  #setWatchesAgain(path: string): void {
    const paths = this.#serverPaths(this.#watches.paths(path));
    if (paths) this.#session.setWatches(paths);
  }

  #read<Result>(
    operation: Operation<ReadArguments, Result>,
    kind: 'data' | 'child',
    path: string,
    options: WatchOptions,
  ): Promise<Result> {
    const problem = validatePath(path);
    if (problem) return refuse(operation.name, path, problem);
    const serverPath = this.#chroot.toServer(path);
    const listener = options.watch;
    if (!listener) {
      return this.#session.call(operation, { path: serverPath, watch: false }, path, options);
    }
    const isCovered = this.#watches.isCovered(kind, path);
    return this.#session.call(operation, { path: serverPath, watch: !isCovered }, path, options, (error) => {
      // Registered with the answer, so that an event that follows at once finds its listener.
      if (error === 0) this.#watches.addOneShot(kind, path, listener);
      else if (error === noNode && operation === existsOperation) {
        this.#watches.addOneShot('exist', path, listener);
      } else return;
      if (isCovered && !this.#watches.isCovered(kind, path)) this.#setWatchesAgain(path);
    });
  }

  #serverPaths(paths: WatchPaths | null): WatchPaths | null {
    if (!paths || this.#chroot.prefix === '') return paths;
    const map = (list: readonly string[]): string[] => list.map((path) => this.#chroot.toServer(path));
    return {
      data: map(paths.data),
      exist: map(paths.exist),
      child: map(paths.child),
      persistent: map(paths.persistent),
      recursive: map(paths.recursive),
    };
  }

  #deliver(deliveries: readonly Delivery[]): void {
    for (const { listener, event } of deliveries) {
      try {
        listener(event);
      } catch (error) {
        this.#settings.onListenerError(error);
      }
    }
  }
}
