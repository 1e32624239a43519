import { systemClock } from '../clock/index.js';
import type { Clock } from '../clock/index.js';
import type { Interceptor } from './client/fault.js';
import { MemoryClient } from './client/memory-client.js';
import type { MemoryClientOptions } from './client/memory-client.js';
import { Ensemble } from './ensemble/ensemble.js';

export interface MemoryZooKeeperOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** How long a message is under way, one direction; a function is asked for each. Default 0. */
  readonly latencyMs?: number | (() => number);
  /** How long a client waits before it connects again. Default 0. */
  readonly reconnectDelayMs?: number;
  /**
   * How much later than the session timeout a session is expired: real servers look in steps of their tick, so
   * always later than a client that counts for itself. Default 1.
   */
  readonly expiryLagMs?: number;
  /** Largest value of a node; default that of ZooKeeper (`jute.maxbuffer`) less the frame around it. */
  readonly dataBytesMax?: number;
}

/**
 * A ZooKeeper ensemble in memory, for tests and simulation: sessions, ephemeral and sequential nodes, versions,
 * watches, multi, ACLs, expiry. Deterministic: with the same clock, latencies and calls it does the same. Nothing
 * is kept on disk and nothing listens on a socket.
 */
export class MemoryZooKeeper {
  /** Asked about each request that arrives; what it returns happens to the request. */
  intercept: Interceptor | undefined;
  readonly #clock: Clock;
  readonly #options: MemoryZooKeeperOptions;
  readonly #ensemble: Ensemble;
  readonly #clients = new Set<MemoryClient>();

  constructor(options: MemoryZooKeeperOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#ensemble = new Ensemble(this.#clock, options.expiryLagMs ?? 1);
  }

  /** A new session, connecting. */
  connect(options: MemoryClientOptions = {}): MemoryClient {
    const { latencyMs } = this.#options;
    const client = new MemoryClient(
      {
        clock: this.#clock,
        ensemble: this.#ensemble,
        dataBytesMax: this.#options.dataBytesMax ?? 1_048_000,
        reconnectDelayMs: this.#options.reconnectDelayMs ?? 0,
        latencyMs: () => (typeof latencyMs === 'function' ? latencyMs() : (latencyMs ?? 0)),
        interceptor: () => this.intercept,
        forget: (gone) => this.#clients.delete(gone),
      },
      options,
    );
    this.#clients.add(client);
    return client;
  }

  /** All servers down: clients are disconnected, nothing is answered, no session expires. */
  stop(): void {
    this.#ensemble.stop();
  }

  /** Servers up again, with all they had; each session has its whole timeout to come back. */
  start(): void {
    this.#ensemble.start();
    for (const client of this.#clients) client.ensembleStarted();
  }

  get running(): boolean {
    return this.#ensemble.running;
  }

  /** What the tree holds below (and with) a path, sorted: for checks and for looking at, through no session. */
  dump(path = '/'): { path: string; data: Buffer; ephemeralOwner: bigint }[] {
    return this.#ensemble.dump(path);
  }

  /** Sessions that are alive at the ensemble. */
  sessions(): { id: bigint; timeoutMs: number; connected: boolean; ephemerals: string[] }[] {
    return this.#ensemble.sessions().map((session) => ({
      id: session.id,
      timeoutMs: session.timeoutMs,
      connected: session.connection !== null,
      ephemerals: [...session.ephemerals],
    }));
  }
}
