import { performance } from 'node:perf_hooks';
import { ZooKeeperError } from '@dcmha/zk-client';
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
} from '@dcmha/zk-client';
import { znodePathProblem } from '../path/znode-path.js';
import { EmulatedWatch } from './emulated-watch.js';
import { errorCodeOf } from './error-code.js';
import { bearableConnectString } from './host-list.js';
import { loadNativeLibrary } from './native-library.js';
import type { NativeHandle, NativeStat, NativeWatcher } from './native-library.js';
import type { NativeZooKeeperOptions } from './native-options.js';
import { PendingWatches } from './pending-watches.js';

/** ZOO_EPHEMERAL, ZOO_SEQUENCE, ... of `zookeeper.h` (C client 3.8). */
const createFlags: Readonly<Record<CreateMode, number>> = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
  container: 4,
  'persistent-with-ttl': 5,
  'persistent-sequential-with-ttl': 6,
};

const expiredCode = -112;
const invalidState = -9;
/** What fits into a request of `jute.maxbuffer` bytes with its frame and path. */
const dataBytesMax = 1_040_000;
/** Calls that may wait for a connection. */
const waitingMax = 20_000;

/** Starts a call of the library; gives its own return code. */
type Start<T> = (done: (rc: number, value: () => T) => void) => number;

/**
 * A session through the npm package `zookeeper` (the C client). It keeps the process from what that package does not
 * survive: watchers used twice, missing arguments, a handle used after its end, calls in the middle of a callback. What
 * it cannot do is in `nativeDriverGaps`. Made by `openNativeZooKeeper`.
 */
export class NativeZooKeeper implements ZooKeeper {
  readonly #handle: NativeHandle;
  readonly #options: NativeZooKeeperOptions;
  readonly #watches = new PendingWatches();
  readonly #stateListeners = new Set<{ readonly tell: (change: SessionChange) => void }>();
  readonly #waiting = new Set<() => void>();
  readonly #inFlight = new Set<(code: ZooKeeperErrorCode, reason: string) => void>();
  #state: SessionState = 'connecting';
  #sessionId = 0n;
  #sessionTimeoutMs: number;
  #answeredSentMs = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #nativeEnded = false;

  private constructor(handle: NativeHandle, options: NativeZooKeeperOptions) {
    this.#handle = handle;
    this.#options = options;
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? 6000;
  }

  /** @internal See `openNativeZooKeeper`. */
  static async open(options: NativeZooKeeperOptions): Promise<NativeZooKeeper> {
    if (options.defaultAcl !== undefined && !isOpen(options.defaultAcl))
      throw new ZooKeeperError(
        'UNIMPLEMENTED',
        'UNIMPLEMENTED: the npm package zookeeper creates open nodes only, so it cannot keep a tree closed: use zk-client',
      );
    const Handle = loadNativeLibrary();
    const connect = await bearableConnectString(options.connect);
    const zk = new NativeZooKeeper(new Handle(), options);
    zk.#start(connect);
    return zk;
  }

  get state(): SessionState {
    return this.#state;
  }

  get sessionId(): bigint {
    return this.#sessionId;
  }

  get sessionTimeoutMs(): number {
    return this.#sessionTimeoutMs;
  }

  remainingMs(): number {
    if (this.#sessionId === 0n || this.#endCode() !== null) return 0;
    return Math.max(0, this.#answeredSentMs + this.#sessionTimeoutMs - performance.now());
  }

  async waitConnected(options: CallOptions = {}): Promise<void> {
    // A call that needs nothing of the server but its turn.
    await this.#call('waitConnected', undefined, false, options, (done) => {
      done(0, () => undefined);
      return 0;
    });
  }

  onState(listener: (change: SessionChange) => void): () => void {
    const own = { tell: listener };
    this.#stateListeners.add(own);
    return () => this.#stateListeners.delete(own);
  }

  async create(
    path: string,
    data?: Uint8Array | string,
    options: CreateOptions = {},
  ): Promise<{ path: string; stat: Stat }> {
    const { mode = 'persistent', ttlMs = 0 } = options;
    requirePath(mode.includes('sequential') ? `${path}0` : path, path);
    if (options.acl !== undefined && !isOpen(options.acl)) throw unimplemented('create with an ACL', path);
    const bytes = bytesOf(path, data);
    const flags = createFlags[mode];
    const made = await this.#call<string>('create', path, true, options, (done) => {
      const finish = (rc: number, _error: string, name: string): void => done(rc, () => name);
      return mode.endsWith('with-ttl')
        ? this.#handle.a_createTtl(path, bytes, flags, ttlMs, finish)
        : this.#handle.a_create(path, bytes, flags, finish);
    });
    const stat = await this.exists(made, callOptions(options));
    // The library does not tell it; who deletes a node at once leaves nothing to tell.
    if (stat === null)
      throw failure(
        'NO_NODE',
        'create',
        made,
        'it was created, and deleted by somebody before its stat was read',
        true,
      );
    return { path: made, stat };
  }

  async delete(path: string, options: VersionOptions = {}): Promise<void> {
    requirePath(path);
    const version = options.version ?? -1;
    await this.#call('delete', path, true, options, (done) =>
      this.#handle.a_delete_(path, version, (rc) => done(rc, () => undefined)),
    );
  }

  async exists(path: string, options: WatchOptions = {}): Promise<Stat | null> {
    requirePath(path);
    const watch = this.#watch(path, options);
    return this.#call<Stat | null>('exists', path, false, options, (done) => {
      const finish = (rc: number, _error: string, stat: NativeStat | null): void => {
        const missing = rc === -101;
        if (rc === 0 || missing) watch?.set();
        done(missing ? 0 : rc, () => (missing ? null : statOf(stat)));
      };
      return watch === undefined
        ? this.#handle.a_exists(path, false, finish)
        : this.#handle.aw_exists(path, watch.watcher, finish);
    });
  }

  async get(path: string, options: WatchOptions = {}): Promise<{ data: Buffer; stat: Stat }> {
    requirePath(path);
    const watch = this.#watch(path, options);
    return this.#call('get', path, false, options, (done) => {
      const finish = (rc: number, _error: string, stat: NativeStat | null, data: Buffer | null): void => {
        if (rc === 0) watch?.set();
        done(rc, () => ({ data: data ?? Buffer.alloc(0), stat: statOf(stat) }));
      };
      return watch === undefined
        ? this.#handle.a_get(path, false, finish)
        : this.#handle.aw_get(path, watch.watcher, finish);
    });
  }

  async set(path: string, data: Uint8Array | string, options: VersionOptions = {}): Promise<Stat> {
    requirePath(path);
    const bytes = bytesOf(path, data);
    const version = options.version ?? -1;
    return this.#call('set', path, true, options, (done) =>
      this.#handle.a_set(path, bytes, version, (rc, _error, stat) => done(rc, () => statOf(stat))),
    );
  }

  async children(path: string, options: WatchOptions = {}): Promise<{ children: string[]; stat: Stat }> {
    requirePath(path);
    const watch = this.#watch(path, options);
    return this.#call('children', path, false, options, (done) => {
      const finish = (rc: number, _error: string, names: string[] | null, stat: NativeStat | null): void => {
        if (rc === 0) watch?.set();
        done(rc, () => ({ children: names ?? [], stat: statOf(stat) }));
      };
      return watch === undefined
        ? this.#handle.a_get_children2(path, false, finish)
        : this.#handle.aw_get_children2(path, watch.watcher, finish);
    });
  }

  async sync(path: string, options: CallOptions = {}): Promise<void> {
    requirePath(path);
    await this.#call('sync', path, false, options, (done) =>
      this.#handle.a_sync(path, (rc) => done(rc, () => undefined)),
    );
  }

  /** The library has no multi. @throws ZooKeeperError UNIMPLEMENTED */
  async multi(ops: readonly Op[]): Promise<OpResult[]> {
    throw unimplemented('multi', ops[0]?.path);
  }

  /** Asking the library for the ACL of a node that is missing or closed kills the process, so it is never asked. */
  async getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat }> {
    throw unimplemented('safe way to read an ACL', path);
  }

  async setAcl(path: string, acl: readonly Acl[], options: VersionOptions = {}): Promise<Stat> {
    requirePath(path);
    const native = acl.map(({ permissions, scheme, id }) => ({ perms: permissions, scheme, auth: id }));
    const version = options.version ?? -1;
    await this.#call('setAcl', path, true, options, (done) =>
      this.#handle.a_set_acl(path, version, native, (rc) => done(rc, () => undefined)),
    );
    const stat = await this.exists(path, callOptions(options));
    if (stat === null) throw failure('NO_NODE', 'setAcl', path, 'it was deleted meanwhile', false);
    return stat;
  }

  async addAuth(scheme: string, auth: Uint8Array | string, options: CallOptions = {}): Promise<void> {
    const text = typeof auth === 'string' ? auth : Buffer.from(auth).toString();
    await this.#call('addAuth', undefined, false, options, (done) =>
      this.#handle.add_auth(scheme, text, (rc) => done(rc, () => undefined)),
    );
  }

  /** Made of one-shot watches: changes in quick succession are told as one. Not recursive. */
  async addWatch(
    path: string,
    listener: WatchListener,
    options: CallOptions & { readonly recursive?: boolean } = {},
  ): Promise<PersistentWatch> {
    requirePath(path);
    if (options.recursive === true) throw unimplemented('a recursive watch', path);
    const watch = new EmulatedWatch(this, path, (event) => this.#tell(() => listener(event)));
    await watch.start(callOptions(options));
    return watch;
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#end('closed', 'closed by its user');
    // Never in the middle of a callback of the library, which would abort the process. Blocks for up to 3 s.
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.#nativeEnded) return;
    this.#nativeEnded = true;
    this.#handle.close();
  }

  #start(connect: string): void {
    this.#handle.on('connect', () => this.#connected());
    this.#handle.on('connecting', () => this.#disconnected());
    this.#handle.on('close', (_handle, code) => this.#closedByLibrary(code));
    this.#handle.init({
      connect,
      timeout: this.#sessionTimeoutMs,
      debug_level: 0,
      host_order_deterministic: false,
      // A large answer comes in many pieces, which the library takes for a dead connection by default.
      response_counter_limit: 100_000,
    });
  }

  #connected(): void {
    if (this.#endCode() !== null) return;
    const first = this.#sessionId === 0n;
    this.#sessionId = BigInt(`0x${this.#handle.client_id}`);
    this.#sessionTimeoutMs = this.#handle.timeout;
    this.#answeredSentMs = performance.now();
    if (first) {
      for (const { scheme, auth } of this.#options.auth ?? [])
        this.#handle.add_auth(scheme, auth, () => undefined);
      this.#heartbeat = setInterval(() => this.#beat(), this.#sessionTimeoutMs / 3);
      this.#heartbeat.unref();
    }
    this.#setState('connected');
    for (const run of [...this.#waiting]) run();
  }

  #disconnected(): void {
    if (this.#state !== 'connected') return;
    this.#setState('disconnected', 'the library lost its connection');
  }

  #closedByLibrary(code: unknown): void {
    this.#nativeEnded = true;
    if (code === expiredCode) this.#end('expired', 'the server said so');
    else this.#end('closed', `the library ended the session (${String(code)})`);
  }

  /** The library tells nothing of its own pings, so the time left is known by ours. */
  #beat(): void {
    if (this.#state !== 'connected') return;
    const sentAtMs = performance.now();
    this.#handle.a_exists('/', false, (rc) => {
      if (rc === 0 || rc === -101) this.#answeredSentMs = Math.max(this.#answeredSentMs, sentAtMs);
    });
  }

  #watch(path: string, options: WatchOptions): { watcher: NativeWatcher; set: () => void } | undefined {
    const { watch } = options;
    return watch && this.#watches.prepare(path, (event) => this.#tell(() => watch(event)));
  }

  #call<T>(
    what: string,
    path: string | undefined,
    write: boolean,
    options: CallOptions,
    start: Start<T>,
  ): Promise<T> {
    const ended = this.#endCode();
    if (ended !== null) return Promise.reject(failure(ended, what, path, 'the session is over', false));
    if (options.signal?.aborted === true)
      return Promise.reject(failure('ABORTED', what, path, 'the caller gave up', false));
    if (this.#waiting.size >= waitingMax)
      return Promise.reject(failure('OVERLOADED', what, path, `${waitingMax} calls wait already`, false));
    return new Promise<T>((resolve, reject) => {
      let sentAtMs: number | undefined;
      const leave = (): void => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', onAbort);
        this.#waiting.delete(run);
        this.#inFlight.delete(fail);
      };
      const fail = (code: ZooKeeperErrorCode, reason: string): void => {
        leave();
        reject(failure(code, what, path, reason, write && sentAtMs !== undefined));
      };
      const onAbort = (): void => fail('ABORTED', 'the caller gave up');
      const timeoutMs = options.timeoutMs ?? this.#options.requestTimeoutMs ?? 10_000;
      const timer = setTimeout(
        () => fail('OPERATION_TIMEOUT', `no answer within ${timeoutMs} ms`),
        timeoutMs,
      );
      options.signal?.addEventListener('abort', onAbort, { once: true });
      const run = (): void => {
        this.#waiting.delete(run);
        sentAtMs = performance.now();
        const rc = start((code, value) => {
          if (code !== 0 && code !== -101) return fail(errorCodeOf(code), 'refused by the server or cut off');
          this.#answeredSentMs = Math.max(this.#answeredSentMs, sentAtMs ?? 0);
          if (code !== 0) return refuse(code);
          leave();
          resolve(value());
        });
        if (rc !== 0)
          fail(rc === invalidState ? 'CONNECTION_LOSS' : errorCodeOf(rc), 'not taken by the library');
      };
      const refuse = (code: number): void => {
        leave();
        reject(failure(errorCodeOf(code), what, path, 'refused by the server', false));
      };
      this.#inFlight.add(fail);
      if (this.#state === 'connected') run();
      else this.#waiting.add(run);
    });
  }

  #end(state: 'expired' | 'closed', reason: string): void {
    clearInterval(this.#heartbeat);
    const over = this.#endCode() !== null;
    this.#setState(state, reason);
    if (over) return;
    const code = state === 'closed' ? 'CLOSED' : 'SESSION_EXPIRED';
    for (const fail of [...this.#inFlight]) fail(code, reason);
    this.#watches.tellLost();
  }

  #endCode(): 'CLOSED' | 'SESSION_EXPIRED' | null {
    if (this.#state === 'closed') return 'CLOSED';
    return this.#state === 'expired' ? 'SESSION_EXPIRED' : null;
  }

  #setState(state: SessionState, reason?: string): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    const change: SessionChange = { state, previous, ...(reason === undefined ? {} : { reason }) };
    for (const listener of [...this.#stateListeners]) this.#tell(() => listener.tell(change));
  }

  /** What a listener throws must not get into the C code. */
  #tell(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (this.#options.onListenerError !== undefined) this.#options.onListenerError(error);
      else process.emitWarning(`a listener of a ZooKeeper client threw: ${String(error)}`);
    }
  }
}

/**
 * Begins a session through the npm package `zookeeper`, which has to be installed beside this one.
 * @throws NativeDriverUnavailableError; ZooKeeperError UNIMPLEMENTED when a closed default ACL is asked for.
 */
export function openNativeZooKeeper(options: NativeZooKeeperOptions): Promise<NativeZooKeeper> {
  return NativeZooKeeper.open(options);
}

function failure(
  code: ZooKeeperErrorCode,
  what: string,
  path: string | undefined,
  reason: string,
  maybeApplied: boolean,
): ZooKeeperError {
  // What the server has refused has not happened.
  const doubtful = maybeApplied && doubtfulCodes.includes(code);
  const where = path === undefined ? what : `${what} ${path}`;
  return new ZooKeeperError(code, `${code}: ${where}: ${reason}`, { path, maybeApplied: doubtful });
}

const doubtfulCodes: readonly ZooKeeperErrorCode[] = [
  'CONNECTION_LOSS',
  'OPERATION_TIMEOUT',
  'ABORTED',
  'CLOSED',
  'SESSION_EXPIRED',
  'NO_NODE',
];

function unimplemented(what: string, path: string | undefined): ZooKeeperError {
  const message = `UNIMPLEMENTED: the npm package zookeeper has no ${what}: use zk-client`;
  return new ZooKeeperError('UNIMPLEMENTED', message, { path });
}

function requirePath(path: string, shown = path): void {
  const problem = typeof path === 'string' ? znodePathProblem(path) : 'a path is a string';
  if (problem !== null) throw failure('BAD_ARGUMENTS', 'path', shown, problem, false);
}

function bytesOf(path: string, data: Uint8Array | string | undefined): Buffer {
  const bytes = data === undefined ? Buffer.alloc(0) : Buffer.from(data);
  if (bytes.length > dataBytesMax)
    throw failure('DATA_TOO_LARGE', 'value', path, `${bytes.length} bytes, at most ${dataBytesMax}`, false);
  return bytes;
}

function statOf(stat: NativeStat | null): Stat {
  if (stat === null) throw failure('SYSTEM', 'stat', undefined, 'the library gave no stat', false);
  return {
    czxid: BigInt(stat.czxid),
    mzxid: BigInt(stat.mzxid),
    pzxid: BigInt(stat.pzxid),
    ctimeMs: stat.ctime.getTime(),
    mtimeMs: stat.mtime.getTime(),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: BigInt(`0x${stat.ephemeralOwner}`),
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
  };
}

function isOpen(acl: readonly Acl[]): boolean {
  const [entry] = acl;
  return acl.length === 1 && entry?.scheme === 'world' && entry.permissions === 31;
}

function callOptions({ signal, timeoutMs }: CallOptions): CallOptions {
  return { signal, timeoutMs };
}
