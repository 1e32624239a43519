import type { HostPort } from '../address/connect-string.js';
import type { SessionState } from '../api.js';
import { Backoff } from './backoff.js';
import { HostRing } from './host-ring.js';
import type { SessionAction } from './session-action.js';
import type { SessionEvent } from './session-event.js';
import type { Traffic } from './traffic.js';

export interface SessionSettings {
  readonly hosts: readonly HostPort[];
  readonly requestedTimeoutMs: number;
  /** Bound on one attempt (name resolution, TCP, TLS and handshake together); doubled per round in vain, see below. */
  readonly connectTimeoutMs: number;
  /** Connections begin with an exchange of credentials (SASL). */
  readonly authenticates: boolean;
  /** Declare the session expired when our own clock says it may be and no server is connected. */
  readonly expireByOwnClock: boolean;
  /** Taken off what remains of the lease. */
  readonly leaseReserveMs: number;
  /** Uniform in [0, 1): shuffles hosts and spreads retries. */
  readonly random: () => number;
}

type Phase =
  | { readonly name: 'idle' }
  | { readonly name: 'waiting'; readonly untilMs: number }
  | { readonly name: 'connecting'; readonly untilMs: number; readonly host: HostPort }
  | {
      readonly name: 'handshaking';
      readonly untilMs: number;
      readonly host: HostPort;
      readonly sentAtMs: number;
    }
  | { readonly name: 'authenticating'; readonly untilMs: number; readonly host: HostPort }
  | { readonly name: 'attached'; readonly host: HostPort; readonly sinceMs: number }
  | { readonly name: 'ended' };

const noPassword = Buffer.alloc(16);

/** A connection that lasted so long is one that works. */
const provenAfterMs = 1_000;

/**
 * The life of a session: which server to try when, when to ping, when to leave a silent server, when the session is
 * over. It owns no socket, timer or clock: it takes an event, the time and the traffic of the present connection, and
 * returns what to do; then `wakeAtMs` says when it wants a `timer` event.
 *
 * Times, as fractions of the negotiated session timeout T: a ping goes out when nothing was sent for T/3. A server
 * that leaves something unanswered and sends nothing at all for T/3 is left, so that an idle connection to a frozen
 * server is left after 2T/3 and a busy one after T/3; one that sends bytes but no answer is left after 2T/3.
 */
export class SessionMachine {
  readonly #settings: SessionSettings;
  readonly #ring: HostRing;
  readonly #backoff: Backoff;
  #phase: Phase = { name: 'idle' };
  #state: SessionState = 'connecting';
  #sessionId = 0n;
  #password: Buffer = noPassword;
  #timeoutMs: number;
  readonly #attempts = new Map<HostPort, number>();
  #closing: { deadlineMs: number } | null = null;
  #leaseReported = false;
  #lastReason: string | undefined;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#ring = new HostRing(settings.hosts, settings.random);
    this.#backoff = new Backoff(settings.requestedTimeoutMs, settings.random);
    this.#timeoutMs = settings.requestedTimeoutMs;
  }

  get state(): SessionState {
    return this.#state;
  }

  get sessionId(): bigint {
    return this.#sessionId;
  }

  /** What a reattach has to prove. */
  get password(): Buffer {
    return this.#password;
  }

  /** Negotiated, or the requested one before the first connection. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get isAttached(): boolean {
    return this.#phase.name === 'attached';
  }

  get isAuthenticating(): boolean {
    return this.#phase.name === 'authenticating';
  }

  /** The server that carries the session now. */
  get server(): HostPort | null {
    return this.#phase.name === 'attached' ? this.#phase.host : null;
  }

  get isClosing(): boolean {
    return this.#closing !== null;
  }

  /** Why the last attempt or connection failed. */
  get lastReason(): string | undefined {
    return this.#lastReason;
  }

  /** Milliseconds until the session may be expired at the server; 0 before there is one, and after its end. */
  remainingMs(nowMs: number, traffic: Readonly<Traffic>): number {
    if (this.#phase.name === 'ended') return 0;
    if (this.#sessionId === 0n) return 0;
    return Math.max(0, this.#leaseEndMs(traffic) - nowMs);
  }

  #leaseEndMs(traffic: Readonly<Traffic>): number {
    return traffic.leaseFromMs + this.#timeoutMs - this.#settings.leaseReserveMs;
  }

  /** When the next `timer` event is due; `null` when none is. */
  wakeAtMs(traffic: Readonly<Traffic>): number | null {
    const own = this.#phaseWakeAtMs(traffic);
    if (own === null) return null;
    let wake = own;
    if (this.#closing) wake = Math.min(wake, this.#closing.deadlineMs);
    if (this.#sessionId !== 0n && !this.#leaseReported) {
      wake = Math.min(wake, this.#leaseEndMs(traffic));
    }
    return wake;
  }

  handle(event: SessionEvent, nowMs: number, traffic: Readonly<Traffic>): SessionAction[] {
    const actions: SessionAction[] = [];
    if (this.#phase.name === 'ended') return actions;
    switch (event.type) {
      case 'start':
        if (this.#phase.name === 'idle') this.#connect(nowMs, actions);
        break;
      case 'transport-open':
        this.#onOpen(nowMs, traffic, actions);
        break;
      case 'handshake':
        this.#onHandshake(event.response, nowMs, actions);
        break;
      case 'authenticated':
        this.#onAuthenticated(nowMs, actions);
        break;
      case 'transport-lost':
        this.#onLost(event.reason, nowMs, actions);
        break;
      case 'timer':
        this.#onTimer(nowMs, traffic, actions);
        break;
      case 'close':
        this.#onClose(event.deadlineMs, nowMs, actions);
        break;
      case 'close-answered':
        this.#end('closed', undefined, actions);
        break;
      case 'auth-refused':
        this.#end('closed', event.reason, actions);
        break;
    }
    return actions;
  }

  #phaseWakeAtMs(traffic: Readonly<Traffic>): number | null {
    switch (this.#phase.name) {
      case 'idle':
      case 'ended':
        return null;
      case 'waiting':
      case 'connecting':
      case 'handshaking':
      case 'authenticating':
        return this.#phase.untilMs;
      case 'attached':
        return Math.min(this.#pingAtMs(traffic), this.#leaveAt(traffic).atMs);
    }
  }

  #pingAtMs(traffic: Readonly<Traffic>): number {
    return traffic.lastSentAtMs + this.#timeoutMs / 3;
  }

  #leaveAt(traffic: Readonly<Traffic>): { atMs: number; reason: string } {
    const oldest = traffic.oldestUnansweredSentAtMs;
    if (oldest === null) return { atMs: Infinity, reason: '' };
    const third = this.#timeoutMs / 3;
    const silent = Math.max(oldest, traffic.lastReceivedAtMs) + third;
    const answerless = Math.max(oldest, traffic.lastAnsweredAtMs) + 2 * third;
    return silent <= answerless
      ? { atMs: silent, reason: `the server was silent for ${Math.round(third)} ms with requests unanswered` }
      : { atMs: answerless, reason: `the server answered nothing for ${Math.round(2 * third)} ms` };
  }

  #connect(nowMs: number, actions: SessionAction[]): void {
    const host = this.#ring.next();
    const untilMs = nowMs + this.#backoff.attemptTimeoutMs(this.#settings.connectTimeoutMs);
    this.#phase = { name: 'connecting', untilMs, host };
    const attempt = this.#attempts.get(host) ?? 0;
    this.#attempts.set(host, attempt + 1);
    actions.push({ type: 'connect', host, attempt });
  }

  #onOpen(nowMs: number, traffic: Readonly<Traffic>, actions: SessionAction[]): void {
    if (this.#phase.name !== 'connecting') return;
    this.#phase = {
      name: 'handshaking',
      untilMs: this.#phase.untilMs,
      host: this.#phase.host,
      sentAtMs: nowMs,
    };
    actions.push({
      type: 'send-handshake',
      request: {
        lastZxid: traffic.lastZxid,
        timeoutMs: this.#settings.requestedTimeoutMs,
        sessionId: this.#sessionId,
        password: this.#password,
      },
    });
  }

  #onHandshake(
    response: { timeoutMs: number; sessionId: bigint; password: Buffer },
    nowMs: number,
    actions: SessionAction[],
  ): void {
    if (this.#phase.name !== 'handshaking') return;
    if (response.timeoutMs <= 0 || response.sessionId === 0n) {
      if (this.#sessionId !== 0n) {
        this.#end('expired', 'the server says the session has expired', actions);
      } else {
        this.#onLost('the server gave no session', nowMs, actions);
      }
      return;
    }
    if (this.#sessionId !== 0n && response.sessionId !== this.#sessionId) {
      this.#onLost('the server answered with another session than the one asked for', nowMs, actions);
      return;
    }
    this.#sessionId = response.sessionId;
    this.#password = response.password;
    this.#timeoutMs = response.timeoutMs;
    this.#leaseReported = false;
    const { host, untilMs } = this.#phase;
    if (this.#settings.authenticates) {
      this.#phase = { name: 'authenticating', untilMs, host };
      actions.push({ type: 'authenticate' });
    } else this.#attach(host, nowMs, actions);
  }

  #onAuthenticated(nowMs: number, actions: SessionAction[]): void {
    if (this.#phase.name === 'authenticating') this.#attach(this.#phase.host, nowMs, actions);
  }

  #attach(host: HostPort, nowMs: number, actions: SessionAction[]): void {
    this.#phase = { name: 'attached', host, sinceMs: nowMs };
    actions.push({ type: 'attached' });
    this.#change('connected', undefined, actions);
    if (this.#closing) actions.push({ type: 'send-close' });
  }

  #onLost(reason: string, nowMs: number, actions: SessionAction[]): void {
    const phase = this.#phase.name;
    if (phase === 'idle' || phase === 'waiting' || phase === 'ended') return;
    this.#lastReason = reason;
    actions.push({ type: 'disconnect', reason, wasAttached: phase === 'attached' });
    if (this.#phase.name === 'attached') {
      const { host, sinceMs } = this.#phase;
      this.#change('disconnected', reason, actions);
      this.#ring.putLast(host);
      this.#ring.startRound();
      // A server that attaches the session only to drop it counts as a round in vain, else this would spin.
      if (nowMs - sinceMs < provenAfterMs) return this.#wait(nowMs);
      this.#backoff.reset();
    }
    if (this.#ring.isRoundOver) this.#wait(nowMs);
    else this.#connect(nowMs, actions);
  }

  #wait(nowMs: number): void {
    this.#ring.startRound();
    this.#phase = { name: 'waiting', untilMs: nowMs + this.#backoff.nextDelayMs() };
  }

  #onTimer(nowMs: number, traffic: Readonly<Traffic>, actions: SessionAction[]): void {
    if (this.#closing && nowMs >= this.#closing.deadlineMs) {
      this.#end('closed', 'the deadline of close() passed before a server answered', actions);
      return;
    }
    if (this.#sessionId !== 0n && !this.#leaseReported && this.remainingMs(nowMs, traffic) === 0) {
      this.#leaseReported = true;
      actions.push({ type: 'lease-ended' });
      if (this.#settings.expireByOwnClock && this.#phase.name !== 'attached') {
        this.#end('expired', 'no server was reached within the session timeout (own clock)', actions);
        return;
      }
    } else if (this.#leaseReported && this.remainingMs(nowMs, traffic) > 0) {
      this.#leaseReported = false;
    }
    switch (this.#phase.name) {
      case 'waiting':
        if (nowMs >= this.#phase.untilMs) this.#connect(nowMs, actions);
        break;
      case 'connecting':
      case 'handshaking':
      case 'authenticating':
        if (nowMs >= this.#phase.untilMs) {
          const { host, name } = this.#phase;
          const doing = name === 'connecting' ? 'accept a connection' : 'answer the handshake';
          this.#onLost(`${host.host}:${host.port} did not ${doing} in time`, nowMs, actions);
        }
        break;
      case 'attached': {
        const leave = this.#leaveAt(traffic);
        if (nowMs >= leave.atMs) this.#onLost(leave.reason, nowMs, actions);
        else if (nowMs >= this.#pingAtMs(traffic)) actions.push({ type: 'send-ping' });
        break;
      }
      case 'idle':
      case 'ended':
        break;
    }
  }

  #onClose(deadlineMs: number, nowMs: number, actions: SessionAction[]): void {
    if (this.#closing) {
      this.#closing = { deadlineMs: Math.min(deadlineMs, this.#closing.deadlineMs) };
      return;
    }
    this.#closing = { deadlineMs };
    // Without a session there is nothing to end at a server; one being made dies with its connection.
    if (this.#sessionId === 0n || nowMs >= deadlineMs) this.#end('closed', undefined, actions);
    else if (this.#phase.name === 'attached') actions.push({ type: 'send-close' });
  }

  #end(how: 'expired' | 'closed', reason: string | undefined, actions: SessionAction[]): void {
    const { name } = this.#phase;
    // A session that expires while it is being closed has ended as was asked for.
    const state = this.#closing ? 'closed' : how;
    this.#phase = { name: 'ended' };
    if (name !== 'idle' && name !== 'waiting') {
      actions.push({
        type: 'disconnect',
        reason: reason ?? `the session is ${state}`,
        wasAttached: name === 'attached',
      });
    }
    this.#change(state, reason, actions);
  }

  #change(state: SessionState, reason: string | undefined, actions: SessionAction[]): void {
    if (state === this.#state) return;
    actions.push({ type: 'change', state, previous: this.#state, reason });
    this.#state = state;
  }
}
