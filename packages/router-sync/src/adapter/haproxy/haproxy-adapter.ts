import { setTimeout as delay } from 'node:timers/promises';
import {
  RouteNotAppliedError,
  type AdapterOptions,
  type RouteAdapter,
  type RouteTarget,
} from '../route-adapter.js';
import { differences, planClose, planOpen, type ProxyState, type ResolvedTarget } from './plan.js';
import { ProxyAnswerError, parseServersState, parseSessions, type BackendState } from './proxy-state.js';
import { RuntimeSocket, type RuntimeAddress } from './runtime-socket.js';
import { ServerResolver, type HostLookup } from './server-resolver.js';

export interface HaproxyAdapterOptions {
  /** Runtime socket: absolute path, or `host:port`. It needs `level admin`. */
  readonly socket: RuntimeAddress;
  /** Backend with exactly one server slot. */
  readonly writeBackend: string;
  /** Backend with as many slots as there can be read servers. */
  readonly readBackend: string;
  /** For one exchange with HAProxy, and for resolving one host name. Default 1000. */
  readonly timeoutMs?: number;
  /** Default: the system's resolver. */
  readonly lookup?: HostLookup;
}

/** Rounds of "send, read back" in one `apply`; the caller tries again later. */
const roundsMax = 5;
/** HAProxy ends the sessions it was told to cut in its next scheduling rounds, within a millisecond or two. */
const roundPauseMs = 2;
const readAttemptsMax = 3;

/** Drives one group on HAProxy 2.0 or later through its runtime socket: no reload, no restart. */
export class HaproxyAdapter implements RouteAdapter {
  readonly #socket: RuntimeSocket;
  readonly #resolver: ServerResolver;
  readonly #writeBackend: string;
  readonly #readBackend: string;
  /** What HAProxy had when it was last read: saves a round trip at a switch. Every `apply` ends with a fresh reading. */
  #known: ProxyState | undefined;
  #ids: { readonly write: number; readonly read: number } | undefined;

  constructor(options: HaproxyAdapterOptions) {
    const timeoutMs = options.timeoutMs ?? 1000;
    this.#socket = new RuntimeSocket({ address: options.socket, timeoutMs });
    this.#resolver = new ServerResolver({ timeoutMs, lookup: options.lookup });
    this.#writeBackend = options.writeBackend;
    this.#readBackend = options.readBackend;
  }

  get description(): string {
    return `HAProxy at ${this.#socket.address}`;
  }

  async apply(route: RouteTarget, options: AdapterOptions = {}): Promise<void> {
    const { signal } = options;
    const target = await this.#resolve(route);
    let actual = this.#known ?? (await this.#read([], signal));
    this.#known = undefined;
    let left: string[] = [];
    for (let round = 1; round <= roundsMax; round += 1) {
      const close = planClose(target, actual);
      // What is not closed yet, sessions included, is closed before anything is opened.
      const commands = close.length > 0 ? close : planOpen(target, actual);
      actual = await this.#read(commands, signal);
      left = differences(target, actual);
      if (left.length === 0) {
        this.#known = actual;
        return;
      }
      if (planClose(target, actual).length === 0 && planOpen(target, actual).length === 0) break;
      if (round > 1) await delay(roundPauseMs, undefined, { signal });
    }
    throw new RouteNotAppliedError(this.description, left);
  }

  async check(route: RouteTarget, options: AdapterOptions = {}): Promise<string[]> {
    await this.#resolver.refresh([...(route.write === null ? [] : [route.write]), ...route.read]);
    const target = await this.#resolve(route);
    this.#known = undefined;
    const actual = await this.#read([], options.signal);
    this.#known = actual;
    return differences(target, actual);
  }

  async close(): Promise<void> {}

  async #resolve(route: RouteTarget): Promise<ResolvedTarget> {
    const [write, ...read] = await Promise.all([
      route.write === null ? null : this.#resolver.resolve(route.write),
      ...route.read.map((server) => this.#resolver.resolve(server)),
    ]);
    return { write: write ?? null, read: read.filter((server) => server !== null) };
  }

  /** Carries the commands out and reads back, in one exchange, what HAProxy has after them. */
  async #read(commands: readonly string[], signal?: AbortSignal): Promise<ProxyState> {
    let unsent = commands;
    for (let attempt = 1; attempt <= readAttemptsMax; attempt += 1) {
      const ids = this.#ids;
      const answers = await this.#socket.run(
        [
          ...unsent,
          `show servers state ${this.#writeBackend}`,
          `show servers state ${this.#readBackend}`,
          ...(ids ? [`show stat ${ids.write} 4 -1`, `show stat ${ids.read} 4 -1`] : []),
        ],
        signal,
      );
      unsent.forEach((command, index) => refuseDenied(this.#socket.address, command, answers[index] ?? []));
      const [writeLines, readLines, writeStat, readStat] = answers.slice(unsent.length);
      const write = parseServersState(this.#writeBackend, writeLines ?? []);
      const read = parseServersState(this.#readBackend, readLines ?? []);
      if (ids?.write === write.id && ids.read === read.id) {
        return { write: withSessions(write, writeStat ?? []), read: withSessions(read, readStat ?? []) };
      }
      // The first reading, or HAProxy was started anew with other ids: sessions are counted by backend id.
      this.#ids = { write: write.id, read: read.id };
      unsent = [];
    }
    throw new ProxyAnswerError(
      'show servers state',
      `${this.description} changes its backend ids all the time`,
    );
  }
}

/** `level operator` may look but not touch. */
function refuseDenied(address: RuntimeAddress, command: string, answer: readonly string[]): void {
  if (!answer.some((line) => /permission denied/i.test(line))) return;
  throw new ProxyAnswerError(
    command,
    `HAProxy refuses "${command}" on its runtime socket ${address}; the socket needs "level admin"`,
  );
}

function withSessions(backend: BackendState, stat: readonly string[]): BackendState {
  const sessions = parseSessions(backend.name, stat);
  return {
    ...backend,
    slots: backend.slots.map((slot) => ({ ...slot, sessions: sessions.get(slot.name) ?? null })),
  };
}
