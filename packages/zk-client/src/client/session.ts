import { performance } from 'node:perf_hooks';
import type { HostPort } from '../address/connect-string.js';
import type { CallOptions, SessionChange, SessionState, WatchEvent } from '../api.js';
import { ZooKeeperError } from '../errors.js';
import { JuteError } from '../jute/jute-error.js';
import { JuteReader } from '../jute/jute-reader.js';
import { JuteWriter } from '../jute/jute-writer.js';
import { FrameDecoder } from '../protocol/frame-decoder.js';
import { readConnectResponse, writeConnectRequest } from '../protocol/handshake.js';
import { OpCode, Xid } from '../protocol/op-code.js';
import type { Operation } from '../protocol/operation.js';
import { closeSessionOperation } from '../protocol/operations.js';
import { splitWatchPaths, writeSetWatches, type WatchPaths } from '../protocol/set-watches.js';
import { readWatcherEvent } from '../protocol/watcher-event.js';
import type { SessionAction } from '../session/session-action.js';
import type { SessionEvent } from '../session/session-event.js';
import { SessionMachine } from '../session/session-machine.js';
import type { Traffic } from '../session/traffic.js';
import { Call } from './call.js';
import { Credentials } from './credentials.js';
import { Fifo } from './fifo.js';
import { ListenerSet } from '../listeners/listener-set.js';
import type { AuthEntry, ClientSettings, SaslOptions } from './options.js';
import { RequestPipeline } from './request-pipeline.js';
import { SaslExchange } from './sasl-exchange.js';
import { Transport } from './transport.js';

/** What a session tells its client, at once and in the order in which it came from the server. */
export interface SessionOwner {
  /** A node changed; the path is the server's. */
  onWatchEvent(event: WatchEvent): void;
  /** What the server must be told to watch on a new connection, in the server's paths. */
  watchPaths(): WatchPaths | null;
  /** Expired or closed: no watch will fire any more. */
  onEnd(): void;
}

/** An answer that belongs to no call: of auth (-4) or of setting watches again (-8). */
interface SideRequest {
  readonly xid: number;
  readonly sentAtMs: number;
}

/**
 * The shell around the session machine, the request pipeline and one connection at a time: it moves bytes, keeps the
 * clock and the one timer, and does what the machine says.
 */
export class Session {
  readonly #settings: ClientSettings;
  readonly #owner: SessionOwner;
  readonly #machine: SessionMachine;
  readonly #writer = new JuteWriter();
  readonly #reader = new JuteReader(Buffer.alloc(0));
  readonly #pipeline: RequestPipeline;
  readonly #credentials: Credentials;
  readonly #sideRequests = new Fifo<SideRequest>();
  readonly #stateListeners: ListenerSet<SessionChange>;
  readonly #leaseListeners: ListenerSet<void>;
  /** Told when requests have left the waiting line. */
  readonly #roomListeners: ListenerSet<void>;
  readonly #traffic: Traffic;
  #transport: Transport | undefined;
  #decoder: FrameDecoder;
  #pingSentAtMs: number | null = null;
  #handshakeSentAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Infinity;
  #timerCheck: NodeJS.Immediate | undefined;
  #isFlushScheduled = false;
  #fatal: ZooKeeperError | undefined;
  #sasl: SaslExchange | undefined;

  constructor(settings: ClientSettings, owner: SessionOwner) {
    this.#settings = settings;
    this.#owner = owner;
    this.#machine = new SessionMachine({
      hosts: settings.hosts,
      requestedTimeoutMs: settings.sessionTimeoutMs,
      connectTimeoutMs: settings.connectTimeoutMs,
      authenticates: settings.sasl !== undefined,
      expireByOwnClock: settings.expireByOwnClock,
      leaseReserveMs: settings.leaseReserveMs,
      random: Math.random,
    });
    this.#pipeline = new RequestPipeline(settings, this.#writer);
    this.#credentials = new Credentials(settings.auth);
    this.#stateListeners = new ListenerSet(settings.onListenerError);
    this.#leaseListeners = new ListenerSet(settings.onListenerError);
    this.#roomListeners = new ListenerSet(settings.onListenerError);
    this.#decoder = new FrameDecoder(settings.maxResponseBytes);
    const now = performance.now();
    this.#traffic = {
      lastReceivedAtMs: now,
      lastAnsweredAtMs: now,
      lastSentAtMs: now,
      oldestUnansweredSentAtMs: null,
      leaseFromMs: now,
      lastZxid: 0n,
    };
    this.#handle({ type: 'start' });
  }

  get state(): SessionState {
    return this.#machine.state;
  }

  get id(): bigint {
    return this.#machine.sessionId;
  }

  get password(): Buffer {
    return this.#machine.password;
  }

  get timeoutMs(): number {
    return this.#machine.timeoutMs;
  }

  get isAttached(): boolean {
    return this.#machine.isAttached;
  }

  get server(): HostPort | null {
    return this.#machine.server;
  }

  get lastZxid(): bigint {
    return this.#traffic.lastZxid;
  }

  /** Why no server is connected, for messages. */
  get lastReason(): string | undefined {
    return this.#machine.lastReason;
  }

  get inFlightCount(): number {
    return this.#pipeline.inFlightCount;
  }

  get waitingCount(): number {
    return this.#pipeline.waitingCount;
  }

  remainingMs(): number {
    return this.#machine.remainingMs(performance.now(), this.#traffic);
  }

  onState(listener: (change: SessionChange) => void): () => void {
    return this.#stateListeners.add(listener);
  }

  onLeaseEnd(listener: () => void): () => void {
    return this.#leaseListeners.add(listener);
  }

  /** Why a call cannot be taken now; nothing while it can. */
  refusal(title: string, path: string | undefined): ZooKeeperError | undefined {
    if (this.#fatal) {
      return new ZooKeeperError(this.#fatal.code, `${title}: ${this.#fatal.message}`, { path });
    }
    if (this.state === 'expired') {
      return new ZooKeeperError('SESSION_EXPIRED', `${title}: the session has expired: make a new client`, {
        path,
      });
    }
    if (this.state === 'closed' || this.#machine.isClosing) {
      return new ZooKeeperError('CLOSED', `${title}: this client is closed: make a new one`, { path });
    }
    return undefined;
  }

  call<Arguments, Result>(
    operation: Operation<Arguments, Result>,
    args: Arguments,
    path: string | undefined,
    options: CallOptions | undefined,
    onAnswer?: (error: number) => void,
  ): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const call = new Call(operation, args, path, onAnswer, resolve, reject) as unknown as Call;
      const refusal = this.refusal(call.title, path) ?? abortedBefore(call.title, path, options?.signal);
      if (refusal) return reject(refusal);
      try {
        this.#pipeline.submit(call, this.#machine.isAttached, performance.now());
      } catch (error) {
        return reject(error instanceof Error ? error : new Error(String(error)));
      }
      call.arm(options, options?.timeoutMs ?? this.#settings.requestTimeoutMs, this.#onGiveUp);
      if (call.isSent) this.#scheduleFlush();
    });
  }

  /** Adds credentials for the life of the session; resolves once a server has accepted them. */
  addAuth(entry: AuthEntry, options: CallOptions | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const title = `addAuth ${entry.scheme}`;
      const refusal = this.refusal(title, undefined) ?? abortedBefore(title, undefined, options?.signal);
      if (refusal) return reject(refusal);
      const timeoutMs = options?.timeoutMs ?? this.#settings.requestTimeoutMs;
      const credential = this.#credentials.add(entry, {
        title,
        timeoutMs,
        signal: options?.signal,
        resolve,
        reject,
      });
      if (this.#machine.isAttached) this.#sendCredential(credential);
    });
  }

  /** Resolves once fewer than half of the requests that may wait do. */
  waitRoom(options: CallOptions | undefined): Promise<void> {
    const title = 'waitRoom';
    const isRoomy = (): boolean => this.#pipeline.waitingCount <= this.#settings.maxWaiting / 2;
    const refusal = this.refusal(title, undefined) ?? abortedBefore(title, undefined, options?.signal);
    if (refusal) return Promise.reject(refusal);
    if (isRoomy()) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      const finish = (error?: ZooKeeperError): void => {
        off();
        clearTimeout(timer);
        options?.signal?.removeEventListener('abort', onAbort);
        if (error) reject(error);
        else resolve();
      };
      const onAbort = (): void => finish(abortedBefore(title, undefined, options?.signal));
      const timeoutMs = options?.timeoutMs ?? this.#settings.requestTimeoutMs;
      const timer = setTimeout(() => {
        const message = `${title}: ${this.#pipeline.waitingCount} requests wait still after ${timeoutMs} ms`;
        finish(new ZooKeeperError('OPERATION_TIMEOUT', message));
      }, timeoutMs);
      const off = this.#roomListeners.add(() => {
        const end = this.refusal(title, undefined);
        if (end || isRoomy()) finish(end);
      });
      options?.signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Tells the server to watch these paths (its own) from the newest transaction this session has seen. */
  setWatches(paths: WatchPaths): void {
    if (!this.#machine.isAttached) return;
    for (const part of splitWatchPaths(paths)) {
      writeSetWatches(this.#writer, this.#traffic.lastZxid, part);
      this.#sideSent(Xid.setWatches);
    }
  }

  close(options: CallOptions | undefined): Promise<void> {
    return new Promise<void>((resolve) => {
      if (this.state === 'closed' || this.state === 'expired') return resolve();
      const off = this.#stateListeners.add(({ state }) => {
        if (state !== 'closed' && state !== 'expired') return;
        off();
        options?.signal?.removeEventListener('abort', abort);
        resolve();
      });
      const abort = (): void => this.#handle({ type: 'close', deadlineMs: performance.now() });
      options?.signal?.addEventListener('abort', abort, { once: true });
      const timeoutMs = options?.signal?.aborted ? 0 : (options?.timeoutMs ?? this.#settings.closeTimeoutMs);
      this.#handle({ type: 'close', deadlineMs: performance.now() + timeoutMs });
      this.#pipeline.failWaiting((call) => this.#closedError(call));
    });
  }

  #onGiveUp = (call: Call): void => this.#pipeline.gaveUp(call);

  #closedError(call: Call): ZooKeeperError {
    const { path, maybeApplied, title } = call;
    return new ZooKeeperError('CLOSED', `${title}: the client was closed before an answer came`, {
      path,
      maybeApplied,
    });
  }

  // ---- events for the machine, and what it wants done ----

  #handle(event: SessionEvent): void {
    this.#refreshTraffic();
    const actions = this.#machine.handle(event, performance.now(), this.#traffic);
    for (const action of actions) this.#perform(action);
    this.#rearm();
  }

  #perform(action: SessionAction): void {
    switch (action.type) {
      case 'connect':
        return this.#connect(action);
      case 'send-handshake':
        writeConnectRequest(this.#writer, action.request);
        this.#handshakeSentAtMs = performance.now();
        return this.#flush();
      case 'authenticate':
        return this.#authenticate();
      case 'attached':
        return this.#onAttached();
      case 'send-ping':
        return this.#sendPing();
      case 'send-close':
        return this.#sendClose();
      case 'disconnect':
        return this.#disconnect(action);
      case 'change':
        return this.#onChange(action);
      case 'lease-ended':
        return this.#leaseListeners.emit();
    }
  }

  #connect({ host, attempt }: SessionAction & { type: 'connect' }): void {
    this.#decoder = new FrameDecoder(this.#settings.maxResponseBytes);
    const transport: Transport = new Transport(
      { host, attempt, tls: this.#settings.tls },
      {
        onOpen: () => this.#handle({ type: 'transport-open' }),
        onData: (chunk) => this.#onData(chunk),
        onLost: (reason) => {
          this.#transport = undefined;
          this.#handle({ type: 'transport-lost', reason: `${host.host}:${host.port}: ${reason}` });
        },
      },
    );
    this.#transport = transport;
  }

  #authenticate(): void {
    this.#sasl = new SaslExchange(this.#settings.sasl as SaslOptions);
    this.#sasl.start(this.#writer);
    this.#flush();
  }

  #onSaslAnswer(reader: JuteReader): void {
    const sasl = this.#sasl as SaslExchange;
    try {
      if (sasl.answer(reader, this.#writer)) this.#handle({ type: 'authenticated' });
      else this.#flush();
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      this.#fatal = error;
      this.#handle({ type: 'auth-refused', reason: error.message });
    }
  }

  #onAttached(): void {
    const now = performance.now();
    this.#traffic.lastReceivedAtMs = now;
    this.#traffic.lastAnsweredAtMs = now;
    this.#traffic.lastSentAtMs = this.#handshakeSentAtMs;
    this.#traffic.leaseFromMs = this.#handshakeSentAtMs;
    for (const credential of this.#credentials.all()) this.#sendCredential(credential);
    const watches = this.#owner.watchPaths();
    if (watches) this.setWatches(watches);
    this.#pump();
    this.#flush();
  }

  #sendCredential(credential: AuthEntry): void {
    this.#credentials.write(this.#writer, credential);
    this.#sideSent(Xid.auth);
  }

  #sideSent(xid: number): void {
    this.#sideRequests.push({ xid, sentAtMs: performance.now() });
    this.#scheduleFlush();
  }

  #sendPing(): void {
    const mark = this.#writer.beginFrame();
    this.#writer.int(Xid.ping);
    this.#writer.int(OpCode.ping);
    this.#writer.endFrame(mark);
    // The age of the oldest ping decides: a second one must not make a silent server look younger.
    this.#pingSentAtMs ??= performance.now();
    this.#flush();
  }

  #sendClose(): void {
    const done = (): void => this.#handle({ type: 'close-answered' });
    const call = new Call(closeSessionOperation, null, undefined, undefined, done, () => undefined);
    this.#pipeline.submitUrgent(call as Call, performance.now());
    this.#flush();
  }

  #disconnect({ reason, wasAttached }: SessionAction & { type: 'disconnect' }): void {
    this.#transport?.destroy();
    this.#transport = undefined;
    this.#writer.take();
    this.#pingSentAtMs = null;
    this.#sideRequests.drain();
    this.#credentials.connectionLost();
    // Requests made while there is no connection wait for the next one.
    if (wasAttached) {
      this.#pipeline.failAll((call) => this.#lossError(call, reason));
      this.#roomListeners.emit();
    }
  }

  #lossError(call: Call, reason: string): ZooKeeperError {
    const { path, maybeApplied, title } = call;
    if (this.#fatal) {
      return new ZooKeeperError(this.#fatal.code, `${title}: ${this.#fatal.message}`, { path, maybeApplied });
    }
    const fate = maybeApplied
      ? 'the server may have carried it out'
      : call.isSent
        ? 'nothing was changed'
        : 'it was not sent';
    return new ZooKeeperError('CONNECTION_LOSS', `${title}: the connection was lost (${reason}): ${fate}`, {
      path,
      maybeApplied,
    });
  }

  #onChange({ state, previous, reason }: SessionAction & { type: 'change' }): void {
    if (state === 'expired' || state === 'closed') {
      clearTimeout(this.#timer);
      clearImmediate(this.#timerCheck);
      this.#timer = undefined;
      const fail = (call: Call): ZooKeeperError =>
        this.refusal(call.title, call.path) ?? this.#closedError(call);
      this.#pipeline.failAll(fail);
      this.#credentials.end((title) => this.refusal(title, undefined));
      this.#roomListeners.emit();
      this.#owner.onEnd();
    }
    this.#stateListeners.emit({ state, previous, ...(reason === undefined ? {} : { reason }) });
  }

  // ---- bytes ----

  #onData(chunk: Buffer): void {
    const transport = this.#transport;
    this.#traffic.lastReceivedAtMs = performance.now();
    try {
      this.#decoder.push(chunk, (bytes, start, end) => {
        // A frame may end this connection; what follows it in the chunk concerns nobody.
        if (this.#transport === transport) this.#onFrame(bytes, start, end);
      });
    } catch (error) {
      if (!(error instanceof JuteError) && !(error instanceof RangeError)) throw error;
      if (this.#transport !== transport) return;
      transport?.destroy();
      this.#handle({ type: 'transport-lost', reason: `malformed data from the server: ${error.message}` });
      return;
    }
    if (this.#transport === transport && this.#machine.isAttached && this.#pipeline.waitingCount > 0)
      this.#pump();
  }

  #pump(): void {
    if (!this.#pipeline.pump(performance.now())) return;
    this.#scheduleFlush();
    this.#roomListeners.emit();
  }

  #onFrame(bytes: Buffer, start: number, end: number): void {
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    if (this.#machine.isAuthenticating) return this.#onSaslAnswer(reader);
    if (!this.#machine.isAttached) {
      this.#handle({ type: 'handshake', response: readConnectResponse(reader) });
      return;
    }
    const xid = reader.int();
    const zxid = reader.long();
    const error = reader.int();
    if (xid === Xid.notification) {
      const event = readWatcherEvent(reader);
      this.#seen(zxid);
      if (event) this.#owner.onWatchEvent(event);
      return;
    }
    this.#traffic.lastAnsweredAtMs = this.#traffic.lastReceivedAtMs;
    if (xid === Xid.ping) {
      if (this.#pingSentAtMs === null) throw new JuteError('an answer to a ping came that was not sent');
      this.#answered(this.#pingSentAtMs);
      this.#pingSentAtMs = null;
    } else if (xid === Xid.auth || xid === Xid.setWatches) {
      this.#onSideAnswer(xid, error);
    } else {
      this.#answered(this.#pipeline.answer(xid, error, reader));
    }
    this.#seen(zxid);
  }

  /** Only of frames that proved to be well-formed: with a wrong number here no server would take the session back. */
  #seen(zxid: bigint): void {
    if (zxid > 0n) this.#traffic.lastZxid = zxid;
  }

  #answered(sentAtMs: number): void {
    if (sentAtMs > this.#traffic.leaseFromMs) this.#traffic.leaseFromMs = sentAtMs;
  }

  #onSideAnswer(xid: number, error: number): void {
    const request = this.#sideRequests.shift();
    if (request?.xid !== xid) throw new JuteError(`an answer with the id ${xid} came that was not asked for`);
    if (error === 0) this.#answered(request.sentAtMs);
    if (xid === Xid.auth) {
      const refused = this.#credentials.answered(error);
      if (!refused) return;
      this.#fatal = refused;
      this.#handle({ type: 'auth-refused', reason: refused.message });
    } else if (error !== 0) {
      throw new JuteError(`the server refused to set the watches again (error ${error})`);
    }
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    process.nextTick(() => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#writer.length === 0 || !this.#transport) return;
    this.#traffic.lastSentAtMs = performance.now();
    this.#transport.write(this.#writer.take());
  }

  // ---- time ----

  #refreshTraffic(): void {
    let oldest = this.#pipeline.oldestSentAtMs ?? Infinity;
    oldest = Math.min(
      oldest,
      this.#pingSentAtMs ?? Infinity,
      this.#sideRequests.peek()?.sentAtMs ?? Infinity,
    );
    this.#traffic.oldestUnansweredSentAtMs = oldest === Infinity ? null : oldest;
  }

  /**
   * Sets the timer for when the machine wants to be asked next. Requests sent meanwhile need no new timer: nothing
   * they bring can be due before a third of the session timeout from now, and the timer is never set beyond that.
   */
  #rearm(): void {
    this.#refreshTraffic();
    const wakeAtMs = this.#machine.wakeAtMs(this.#traffic);
    if (wakeAtMs === null) return;
    if (this.#timer && this.#timerAtMs <= wakeAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = wakeAtMs;
    this.#timer = setTimeout(this.#onTimer, Math.max(0, Math.ceil(wakeAtMs - performance.now())));
  }

  /**
   * When this process was held up (frozen, or busy), answers may lie unread in the socket while the timer is due: they
   * are read first, so that a server is not left for a silence that was ours.
   */
  #onTimer = (): void => {
    this.#timer = undefined;
    this.#timerCheck = setImmediate(() => this.#handle({ type: 'timer' }));
  };
}

function abortedBefore(
  title: string,
  path: string | undefined,
  signal: AbortSignal | undefined,
): ZooKeeperError | undefined {
  if (!signal?.aborted) return undefined;
  return new ZooKeeperError('ABORTED', `${title}: aborted by its signal before it was sent`, {
    path,
    cause: signal.reason,
  });
}
