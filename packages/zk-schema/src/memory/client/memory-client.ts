import { openAcl } from '@dcmha/zk-client';
import type {
  Acl,
  CallOptions,
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
} from '@dcmha/zk-client';
import type { Clock } from '../../clock/index.js';
import { isWrite, pathOf } from '../ensemble/command.js';
import type { Command, WriteCommand } from '../ensemble/command.js';
import type { Ensemble } from '../ensemble/ensemble.js';
import type { Connection, Session } from '../ensemble/session.js';
import type { NodeEvent } from '../ensemble/watch-registry.js';
import { refusal } from '../errors.js';
import { Call } from './call.js';
import type { Fault, Interceptor } from './fault.js';
import { Listeners } from './listeners.js';
import { Pipe } from './pipe.js';

export interface MemoryClientOptions {
  /** Default 6000. */
  readonly sessionTimeoutMs?: number;
  /** Deadline of a call without its own; default: the session timeout. */
  readonly requestTimeoutMs?: number;
  readonly auth?: readonly { readonly scheme: string; readonly auth: string }[];
  /**
   * As `ZooKeeperClient` has it. Default false: only the ensemble says that the session is gone, until then the client
   * tries to come back to it. True: `expired` as soon as `remainingMs()` is 0 without a connection.
   */
  readonly expireByOwnClock?: boolean;
  readonly defaultAcl?: readonly Acl[];
  /** Called with what a listener threw; by default it is thrown again, outside of the client. */
  readonly onListenerError?: (error: unknown) => void;
}

/** What the client shares with the ensemble that made it. */
export interface MemoryClientHost {
  readonly clock: Clock;
  readonly ensemble: Ensemble;
  readonly dataBytesMax: number;
  readonly reconnectDelayMs: number;
  latencyMs(): number;
  interceptor(): Interceptor | undefined;
  forget(client: MemoryClient): void;
}

type Answer =
  | { readonly call: Call; readonly value: unknown; readonly zxid: bigint }
  | { readonly call: Call; readonly error: unknown; readonly zxid: bigint };
type ToClient = Answer | { readonly event: NodeEvent; readonly path: string };

/** Requests under way and waiting together; above it a call is refused with `OVERLOADED`. */
const outstandingMax = 20_000;

const closeTimeoutMs = 2000;
const silenceReason = 'nothing was heard for the whole session timeout';

/**
 * A session with the in-memory ensemble: the `ZooKeeper` interface, and what a test or a simulation does to its
 * connection (`cut`, `heal`, `freeze`, `thaw`, `expire`).
 */
export class MemoryClient implements ZooKeeper {
  readonly #host: MemoryClientHost;
  readonly #clock: Clock;
  readonly #options: MemoryClientOptions;
  readonly #auth: { scheme: string; auth: string }[];
  readonly #listeners = new Listeners();
  readonly #stateListeners = new Set<(change: SessionChange) => void>();
  readonly #toEnsemble: Pipe<Call>;
  readonly #toClient: Pipe<ToClient>;
  readonly #waiting: Call[] = [];
  readonly #inFlight: Call[] = [];
  /** Timers of a frozen process, run when it goes on. */
  readonly #overdue: (() => void)[] = [];
  readonly #connection: Connection = {
    event: (type, path) => this.#toClient.send({ event: type, path }, this.#host.latencyMs()),
    hangUp: (reason) => {
      // Over a pulled cable the client hears nothing of it.
      if (this.#link !== 'silent') this.#hangUp(reason);
    },
  };
  #state: SessionState = 'connecting';
  #session: Session | null = null;
  #link: 'up' | 'silent' | 'down' = 'down';
  #reachable = true;
  #frozen = false;
  #hungUp: string | null = null;
  #lastZxid = 0n;
  /** When the link last came up: pings are counted from here. */
  #pingsFromMs = 0;
  #lastAnsweredSentMs = 0;
  #cancelReconnect: (() => void) | null = null;
  #cancelOwnClock: (() => void) | null = null;

  /** @internal Made by `MemoryZooKeeper.connect`. */
  constructor(host: MemoryClientHost, options: MemoryClientOptions) {
    this.#host = host;
    this.#clock = host.clock;
    this.#options = options;
    this.#auth = [...(options.auth ?? [])];
    this.#toEnsemble = new Pipe(host.clock, (call) => this.#arriveAtEnsemble(call));
    this.#toClient = new Pipe(host.clock, (message) => this.#arriveAtClient(message));
    this.#reconnectSoon(0);
  }

  get state(): SessionState {
    return this.#state;
  }

  get sessionId(): bigint {
    return this.#session?.id ?? 0n;
  }

  get sessionTimeoutMs(): number {
    return this.#options.sessionTimeoutMs ?? 6000;
  }

  remainingMs(): number {
    if (this.#session === null || this.#state === 'expired' || this.#state === 'closed') return 0;
    return Math.max(0, this.#heardMs() + this.sessionTimeoutMs - this.#clock.monotonicMs());
  }

  waitConnected(options: CallOptions = {}): Promise<void> {
    if (this.#state === 'connected') return Promise.resolve();
    const ended = this.#endedError();
    if (ended !== null) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      const timeoutMs = options.timeoutMs ?? this.#requestTimeoutMs;
      const finish = (settle: () => void): void => {
        stop();
        cancel();
        options.signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const stop = this.onState(({ state }) => {
        if (state === 'connected') finish(resolve);
        const error = this.#endedError();
        if (error !== null) finish(() => reject(error));
      });
      const onAbort = (): void => finish(() => reject(refusal('ABORTED')));
      const cancel = this.#clock.schedule(timeoutMs, () =>
        this.#whenRunning(() =>
          finish(() =>
            reject(refusal('OPERATION_TIMEOUT', undefined, `not connected within ${timeoutMs} ms`)),
          ),
        ),
      );
      options.signal?.addEventListener('abort', onAbort, { once: true });
      if (options.signal?.aborted === true) onAbort();
    });
  }

  onState(listener: (change: SessionChange) => void): () => void {
    // Wrapped, so that the same function may listen twice and leave once.
    const own = (change: SessionChange): void => listener(change);
    this.#stateListeners.add(own);
    return () => this.#stateListeners.delete(own);
  }

  async create(
    path: string,
    data?: Uint8Array | string,
    options: CreateOptions = {},
  ): Promise<{ path: string; stat: Stat }> {
    const op: Op = { type: 'create', path, data, mode: options.mode, acl: options.acl, ttlMs: options.ttlMs };
    const result = (await this.#call(this.#writeCommand(op), options)) as { path: string; stat: Stat };
    return { path: result.path, stat: result.stat };
  }

  async delete(path: string, options: VersionOptions = {}): Promise<void> {
    await this.#call({ op: 'delete', path, version: options.version ?? -1 }, options);
  }

  async exists(path: string, options: WatchOptions = {}): Promise<Stat | null> {
    const { watch } = options;
    const onAnswer = (stat: unknown): void => {
      if (watch !== undefined) this.#listeners.add(stat === null ? 'exist' : 'data', path, watch);
    };
    const command: Command = { op: 'exists', path, watch: watch !== undefined };
    return (await this.#call(command, options, onAnswer)) as Stat | null;
  }

  async get(path: string, options: WatchOptions = {}): Promise<{ data: Buffer; stat: Stat }> {
    const { watch } = options;
    const onAnswer = watch && ((): void => this.#listeners.add('data', path, watch));
    const command: Command = { op: 'get', path, watch: watch !== undefined };
    return (await this.#call(command, options, onAnswer)) as { data: Buffer; stat: Stat };
  }

  async set(path: string, data: Uint8Array | string, options: VersionOptions = {}): Promise<Stat> {
    const command = this.#writeCommand({ type: 'set', path, data, version: options.version });
    return ((await this.#call(command, options)) as { stat: Stat }).stat;
  }

  async children(path: string, options: WatchOptions = {}): Promise<{ children: string[]; stat: Stat }> {
    const { watch } = options;
    const onAnswer = watch && ((): void => this.#listeners.add('child', path, watch));
    const command: Command = { op: 'children', path, watch: watch !== undefined };
    return (await this.#call(command, options, onAnswer)) as { children: string[]; stat: Stat };
  }

  async sync(path: string, options: CallOptions = {}): Promise<void> {
    await this.#call({ op: 'sync', path }, options);
  }

  async multi(ops: readonly Op[], options: CallOptions = {}): Promise<OpResult[]> {
    const commands = ops.map((op) => this.#multiCommand(op));
    return (await this.#call({ op: 'multi', ops: commands }, options)) as OpResult[];
  }

  async getAcl(path: string, options: CallOptions = {}): Promise<{ acl: Acl[]; stat: Stat }> {
    return (await this.#call({ op: 'getAcl', path }, options)) as { acl: Acl[]; stat: Stat };
  }

  async setAcl(path: string, acl: readonly Acl[], options: VersionOptions = {}): Promise<Stat> {
    const command: Command = { op: 'setAcl', path, acl, version: options.version ?? -1 };
    return (await this.#call(command, options)) as Stat;
  }

  async addAuth(scheme: string, auth: Uint8Array | string, options: CallOptions = {}): Promise<void> {
    const text = typeof auth === 'string' ? auth : Buffer.from(auth).toString();
    await this.#call({ op: 'addAuth', scheme, auth: text }, options, () =>
      this.#auth.push({ scheme, auth: text }),
    );
  }

  async addWatch(
    path: string,
    listener: WatchListener,
    options: CallOptions & { readonly recursive?: boolean } = {},
  ): Promise<PersistentWatch> {
    const recursive = options.recursive ?? false;
    const kind = recursive ? 'recursive' : 'persistent';
    // Wrapped, so that each registration counts for itself.
    const own: WatchListener = (event) => listener(event);
    await this.#call({ op: 'addWatch', path, recursive }, options, () =>
      this.#listeners.add(kind, path, own),
    );
    return {
      path,
      remove: async (removeOptions = {}) => {
        const { last } = this.#listeners.remove(kind, path, own);
        if (!last || this.#endedError() !== null) return;
        await this.#call({ op: 'removeWatch', path, recursive }, removeOptions);
      },
    };
  }

  async close(options: CallOptions = {}): Promise<void> {
    if (this.#state === 'closed') return;
    if (this.#state !== 'connected' || this.#link !== 'up' || this.#frozen) {
      this.#end('closed', 'closed by its user', false);
      return;
    }
    const goodbye = new Call({ op: 'close' });
    goodbye.arm(this.#clock, options.timeoutMs ?? closeTimeoutMs, options.signal, (run) => run());
    // The last request of the session: what was sent before it is carried out before it.
    this.#toEnsemble.send(goodbye, this.#host.latencyMs());
    this.#end('closed', 'closed by its user', true);
    await goodbye.promise.catch(() => undefined);
  }

  // What a test or a simulation does to it.

  /**
   * Cuts the client off the ensemble until `heal`. Both notice at once, as when a process is killed; with `silent`
   * nobody is told, as when a cable is pulled: the client notices after 2/3 of the session timeout.
   */
  cut(options: { readonly silent?: boolean } = {}): void {
    this.#reachable = false;
    if (options.silent === true && this.#link === 'up') this.#fallSilent();
    else this.#hangUp('the connection was cut');
  }

  /** The network is whole again; what was held up arrives, a client without connection connects. */
  heal(): void {
    this.#reachable = true;
    if (this.#link !== 'silent') return this.#reconnectSoon();
    if (this.#session?.connection !== this.#connection) return this.#hangUp('the ensemble hung up');
    this.#link = 'up';
    this.#cancelOwnClock?.();
    this.#toEnsemble.release();
    if (!this.#frozen) this.#goOn();
  }

  /** The ensemble ends the session now, whether or not the client is connected. */
  expire(): void {
    if (this.#session !== null) this.#host.ensemble.expire(this.#session);
  }

  /** Stops the client's process (SIGSTOP): no ping is sent, nothing is delivered, no timer of the client runs. */
  freeze(): void {
    if (this.#frozen) return;
    this.#lastAnsweredSentMs = this.#heardMs();
    this.#frozen = true;
    this.#toClient.hold();
    if (this.#session !== null && this.#link === 'up')
      this.#host.ensemble.silent(this.#session, this.#lastAnsweredSentMs);
  }

  /** SIGCONT: its timers run first, then what waited is delivered. */
  thaw(): void {
    if (!this.#frozen) return;
    const late = this.#session !== null && this.remainingMs() === 0;
    this.#frozen = false;
    if (late && this.#options.expireByOwnClock === true) return this.#expired(silenceReason);
    for (const run of this.#overdue.splice(0)) run();
    if (this.#hungUp !== null) this.#noticeHangUp();
    else if (this.#link === 'up') this.#goOn();
    else if (this.#link === 'down') this.#reconnectSoon();
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** @internal The ensemble is back. */
  ensembleStarted(): void {
    this.#reconnectSoon();
  }

  /** Pings flow again over the connection that was there before. */
  #goOn(): void {
    if (this.#session !== null) this.#host.ensemble.heard(this.#session);
    this.#pingsFromMs = this.#clock.monotonicMs();
    this.#toClient.release();
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    for (const call of this.#waiting.splice(0)) if (!call.settled) this.#send(call);
  }

  get #requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs ?? this.sessionTimeoutMs;
  }

  /** When (monotonic) the last ping or request that was answered was sent. Pings go at a third of the timeout. */
  #heardMs(): number {
    if (this.#link !== 'up' || this.#frozen) return this.#lastAnsweredSentMs;
    const intervalMs = this.sessionTimeoutMs / 3;
    const pings = Math.floor((this.#clock.monotonicMs() - this.#pingsFromMs) / intervalMs);
    return Math.max(this.#lastAnsweredSentMs, this.#pingsFromMs + pings * intervalMs);
  }

  #call(command: Command, options: CallOptions, onAnswer?: (value: unknown) => void): Promise<unknown> {
    const ended = this.#endedError(pathOf(command));
    if (ended !== null) return Promise.reject(ended);
    if (this.#waiting.length + this.#inFlight.length >= outstandingMax)
      return Promise.reject(
        refusal('OVERLOADED', pathOf(command), `${outstandingMax} requests wait already`),
      );
    const call = new Call(command, onAnswer);
    call.arm(this.#clock, options.timeoutMs ?? this.#requestTimeoutMs, options.signal, (run) =>
      this.#whenRunning(run),
    );
    if (call.settled) return call.promise;
    if (this.#state === 'connected' && !this.#frozen) this.#send(call);
    else this.#waiting.push(call);
    return call.promise;
  }

  #send(call: Call): void {
    call.sentAtMs = this.#clock.monotonicMs();
    this.#inFlight.push(call);
    this.#toEnsemble.send(call, this.#host.latencyMs());
  }

  #arriveAtEnsemble(call: Call): void {
    const session = this.#session;
    if (session === null) return;
    const { command } = call;
    const fault = this.#host.interceptor()?.({
      sessionId: session.id,
      op: command.op,
      path: pathOf(command),
      write: isWrite(command),
    });
    if (command.op === 'close') return this.#sayGoodbye(session, call, fault);
    if (fault?.kind === 'lose-request') return this.#hangUp('the connection broke');
    const answer = this.#answer(session, call, fault?.kind === 'refuse' ? fault.code : undefined);
    if (fault?.kind === 'lose-answer') return this.#hangUp('the connection broke');
    const extraMs = fault?.kind === 'delay-answer' ? fault.delayMs : 0;
    this.#toClient.send(answer, this.#host.latencyMs() + extraMs);
  }

  #sayGoodbye(session: Session, call: Call, fault: Fault | undefined): void {
    if (fault?.kind === 'lose-request') {
      this.#host.ensemble.detach(session);
      this.#host.ensemble.silent(session, this.#lastAnsweredSentMs);
    } else if (session.alive) this.#host.ensemble.execute(session, call.command);
    call.succeed(undefined);
  }

  #answer(session: Session, call: Call, refuse: Parameters<typeof refusal>[0] | undefined): Answer {
    const { ensemble } = this.#host;
    if (refuse !== undefined)
      return { call, error: refusal(refuse, pathOf(call.command)), zxid: ensemble.zxid };
    try {
      return { call, value: ensemble.execute(session, call.command), zxid: ensemble.zxid };
    } catch (error) {
      return { call, error, zxid: ensemble.zxid };
    }
  }

  #arriveAtClient(message: ToClient): void {
    if ('event' in message) {
      for (const listener of this.#listeners.take(message.event, message.path))
        this.#tell(() => listener({ type: message.event, path: message.path }));
      return;
    }
    const { call } = message;
    const index = this.#inFlight.indexOf(call);
    if (index >= 0) this.#inFlight.splice(index, 1);
    this.#lastZxid = message.zxid;
    this.#lastAnsweredSentMs = Math.max(this.#lastAnsweredSentMs, call.sentAtMs ?? 0);
    if ('error' in message) call.refuse(message.error);
    // Who gave up waiting does not want the watch either.
    else if (!call.settled) {
      call.onAnswer?.(message.value);
      call.succeed(message.value);
    }
  }

  #fallSilent(): void {
    const heardMs = this.#heardMs();
    this.#lastAnsweredSentMs = heardMs;
    this.#link = 'silent';
    this.#toEnsemble.hold();
    this.#toClient.hold();
    if (this.#session !== null) this.#host.ensemble.silent(this.#session, heardMs);
    const noticeMs = heardMs + (this.sessionTimeoutMs * 2) / 3 - this.#clock.monotonicMs();
    this.#cancelOwnClock = this.#clock.schedule(noticeMs, () =>
      this.#whenRunning(() => this.#hangUp('nothing was heard for two thirds of the session timeout')),
    );
  }

  /** The connection ends at the ensemble; the client notices unless it is frozen. */
  #hangUp(reason: string): void {
    if (this.#link === 'down') return;
    this.#lastAnsweredSentMs = this.#heardMs();
    this.#link = 'down';
    this.#toEnsemble.cut();
    this.#toClient.cut();
    if (this.#session?.alive === true) {
      this.#host.ensemble.detach(this.#session);
      this.#host.ensemble.silent(this.#session, this.#lastAnsweredSentMs);
    }
    this.#hungUp = reason;
    if (!this.#frozen) this.#noticeHangUp();
  }

  #noticeHangUp(): void {
    const reason = this.#hungUp ?? 'the connection was lost';
    this.#hungUp = null;
    for (const call of this.#inFlight.splice(0)) call.fail('CONNECTION_LOSS', reason);
    if (this.#state === 'connected') this.#setState('disconnected', reason);
    this.#cancelOwnClock?.();
    if (this.#options.expireByOwnClock === true)
      this.#cancelOwnClock = this.#clock.schedule(this.remainingMs(), () =>
        this.#whenRunning(() => this.#expired(silenceReason)),
      );
    this.#reconnectSoon();
  }

  #reconnectSoon(delayMs = this.#host.reconnectDelayMs): void {
    if (this.#endedError() !== null) return;
    this.#cancelReconnect?.();
    let cancelled = false;
    const run = (): void => {
      if (!cancelled) this.#reconnect();
    };
    const waitMs = delayMs + 2 * this.#host.latencyMs();
    const cancelTimer = waitMs > 0 ? this.#clock.schedule(waitMs, run) : (queueMicrotask(run), undefined);
    this.#cancelReconnect = () => {
      cancelled = true;
      cancelTimer?.();
    };
  }

  #reconnect(): void {
    const { ensemble } = this.#host;
    if (this.#endedError() !== null || this.#link !== 'down' || this.#hungUp !== null) return;
    if (!this.#reachable || this.#frozen || !ensemble.running) return;
    this.#session ??= ensemble.openSession(this.sessionTimeoutMs);
    const session = ensemble.attach(this.#session.id, this.#connection);
    if (session === null) return this.#expired('the ensemble does not know the session any more');
    this.#cancelOwnClock?.();
    this.#link = 'up';
    this.#pingsFromMs = this.#clock.monotonicMs();
    this.#lastAnsweredSentMs = this.#pingsFromMs;
    for (const { scheme, auth } of this.#auth) ensemble.execute(session, { op: 'addAuth', scheme, auth });
    ensemble.restoreWatches(session, this.#listeners.held(), this.#lastZxid);
    this.#setState('connected');
    this.#sendWaiting();
  }

  #expired(reason: string): void {
    this.#end('expired', reason, false);
  }

  #end(state: 'expired' | 'closed', reason: string, saidGoodbye: boolean): void {
    if (this.#endedError() !== null) {
      // An expired client may still be closed.
      if (state === 'closed') this.#setState('closed', reason);
      return;
    }
    const leftMs = this.#heardMs();
    this.#cancelReconnect?.();
    this.#cancelOwnClock?.();
    if (this.#session?.alive === true && !saidGoodbye) {
      // Without a goodbye the ensemble learns of the end by silence only.
      this.#host.ensemble.detach(this.#session);
      if (this.#link === 'up') this.#host.ensemble.silent(this.#session, leftMs);
    }
    if (!saidGoodbye) this.#toEnsemble.cut();
    this.#toClient.cut();
    this.#link = 'down';
    this.#host.forget(this);
    const lost = this.#listeners.takeLost();
    this.#setState(state, reason);
    const code = state === 'closed' ? 'CLOSED' : 'SESSION_EXPIRED';
    for (const call of [...this.#inFlight.splice(0), ...this.#waiting.splice(0)]) call.fail(code, reason);
    for (const { listener, event } of lost) this.#tell(() => listener(event));
    this.#overdue.length = 0;
  }

  #setState(state: SessionState, reason?: string): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    const change: SessionChange = reason === undefined ? { state, previous } : { state, previous, reason };
    for (const listener of [...this.#stateListeners]) this.#tell(() => listener(change));
  }

  #tell(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (this.#options.onListenerError !== undefined) this.#options.onListenerError(error);
      else
        queueMicrotask(() => {
          throw error;
        });
    }
  }

  /** A timer of the client's process: waits while the process is frozen. */
  #whenRunning(run: () => void): void {
    if (this.#frozen) this.#overdue.push(run);
    else run();
  }

  #endedError(path?: string): Error | null {
    if (this.#state === 'expired') return refusal('SESSION_EXPIRED', path);
    return this.#state === 'closed' ? refusal('CLOSED', path) : null;
  }

  #multiCommand(op: Op): WriteCommand {
    return op.type === 'check'
      ? { op: 'check', path: op.path, version: op.version }
      : op.type === 'delete'
        ? { op: 'delete', path: op.path, version: op.version ?? -1 }
        : this.#writeCommand(op);
  }

  #writeCommand(
    op: Extract<Op, { type: 'create' | 'set' }>,
  ): Extract<WriteCommand, { op: 'create' | 'set' }> {
    const data = this.#bytes(op.path, op.data);
    if (op.type === 'set') return { op: 'set', path: op.path, data, version: op.version ?? -1 };
    return {
      op: 'create',
      path: op.path,
      data,
      mode: op.mode ?? 'persistent',
      acl: op.acl ?? this.#options.defaultAcl ?? openAcl,
      ttlMs: op.ttlMs ?? 0,
    };
  }

  #bytes(path: string, data: Uint8Array | string | undefined): Buffer {
    const bytes = data === undefined ? Buffer.alloc(0) : Buffer.from(data);
    if (bytes.length > this.#host.dataBytesMax)
      throw refusal('DATA_TOO_LARGE', path, `${bytes.length} bytes, at most ${this.#host.dataBytesMax}`);
    return bytes;
  }
}
