import type { Logger } from '@dcmha/zk-schema';
import type { RouteAdapter } from '../adapter/route-adapter.js';
import { compareAge, describeAge, type VersionedRoute } from '../state/applied-route.js';
import { Latest } from './latest.js';

/** What a router tells the engines about one group. */
export interface Ack {
  /** Of the route that was applied last. */
  readonly version: number;
  readonly epoch: number;
  /** When it was applied, milliseconds since 1970 by this host's clock. */
  readonly appliedAtMs: number;
  /** Why the proxy does not have the newest route, or not this one any more. */
  readonly error?: string;
}

export interface GroupSyncOptions {
  readonly group: string;
  readonly adapter: RouteAdapter;
  /** What was applied before this process started. */
  readonly retained?: VersionedRoute;
  /** Resolves when a restart would find the route. */
  readonly retain: (route: VersionedRoute) => Promise<void>;
  /** Publishes an acknowledgement; called with the newest one, never twice at the same time. */
  readonly acknowledge: (ack: Ack, signal: AbortSignal) => Promise<void>;
  /** How often the proxy is compared with the route. */
  readonly checkIntervalMs: number;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface Wanted {
  readonly route: VersionedRoute;
  /** `performance.now()` when the news of it came. */
  readonly newsAtMs: number;
}

interface Applied {
  readonly route: VersionedRoute;
  readonly atMs: number;
}

const retryShortestMs = 20;
const retryLongestMs = 1000;
const acknowledgeRetryMs = 200;

/**
 * Keeps one group of one proxy at the newest route: applies it, tries again when that fails, repairs what drifts, and
 * acknowledges. Acknowledging and writing the state file never hold the next route up.
 */
export class GroupSync {
  readonly #options: GroupSyncOptions;
  readonly #now: () => number;
  readonly #acks: Latest<undefined>;
  /** The newest route ever seen: nothing older is applied. */
  #newest: VersionedRoute | undefined;
  /** What the proxy shall have; none until ZooKeeper said so, or `applyRetained`. */
  #wanted: Wanted | undefined;
  #applied: Applied | undefined;
  /** The route that the state file holds. */
  #onDisk: VersionedRoute | undefined;
  #applyError: string | undefined;
  #retainError: string | undefined;
  #refusal: string | undefined;
  #interrupt = new AbortController();
  #wake: () => void = () => {};
  #closed = false;
  readonly #loop: Promise<void>;

  constructor(options: GroupSyncOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#newest = options.retained;
    this.#onDisk = options.retained;
    this.#acks = new Latest({
      carryOut: (_value, signal) => this.#acknowledge(signal),
      onError: (error) =>
        options.logger.debug('acknowledgement not written yet', { group: options.group, error: text(error) }),
      retryMs: acknowledgeRetryMs,
    });
    this.#loop = this.#run();
  }

  /** The route that the proxy had when it was last read back. */
  get applied(): VersionedRoute | undefined {
    return this.#applied?.route;
  }

  /** What is wrong now; `undefined` when the proxy has the newest route. */
  get error(): string | undefined {
    return this.#refusal ?? this.#applyError ?? this.#retainError;
  }

  /**
   * A route was read. An older one than the newest seen is refused; anything else is applied, in place of one that is
   * being applied at the moment.
   */
  offer(route: VersionedRoute, newsAtMs = performance.now()): void {
    const { group, logger } = this.#options;
    if (this.#newest !== undefined && compareAge(route, this.#newest) < 0) {
      this.#refusal =
        `refused the route of ${describeAge(route)}: it is older than ${describeAge(this.#newest)}, which this router ` +
        `had already; publish one with a higher epoch and version`;
      logger.error('older route refused', {
        group,
        route: describeAge(route),
        newest: describeAge(this.#newest),
      });
      this.acknowledge();
      return;
    }
    this.#refusal = undefined;
    this.#newest = route;
    if (this.#wanted !== undefined && sameRoute(route, this.#wanted.route)) {
      this.acknowledge();
      return;
    }
    this.#want({ route, newsAtMs });
  }

  /** What stands in ZooKeeper is no route: it is told, and the last route stays. */
  refuse(reason: string): void {
    if (this.#refusal === reason) return;
    this.#refusal = reason;
    this.#options.logger.error('route refused', { group: this.#options.group, reason });
    this.acknowledge();
  }

  /** For a start without ZooKeeper: what was applied last is applied again, unless a route was read meanwhile. */
  applyRetained(): void {
    if (this.#wanted !== undefined || this.#newest === undefined) return;
    this.#want({ route: this.#newest, newsAtMs: performance.now() });
  }

  /** Publishes the acknowledgement again, for a new ZooKeeper session. */
  acknowledge(): void {
    this.#acks.offer(undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#interrupt.abort();
    this.#wake();
    await this.#loop;
    await this.#acks.close();
    if (this.#applied !== undefined) await this.#retain(this.#applied.route);
    await this.#options.adapter.close();
  }

  #want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#interrupt.abort();
    this.#wake();
  }

  async #run(): Promise<void> {
    let retryMs = retryShortestMs;
    while (!this.#closed) {
      const wanted = this.#wanted;
      this.#interrupt = new AbortController();
      const { signal } = this.#interrupt;
      const right = wanted === undefined || (await this.#bring(wanted, signal));
      retryMs = right ? retryShortestMs : Math.min(retryMs * 2, retryLongestMs);
      if (!this.#closed && wanted === this.#wanted) {
        await this.#sleep(
          right ? this.#options.checkIntervalMs : Math.min(retryMs, this.#options.checkIntervalMs),
        );
      }
    }
  }

  /** Brings the proxy to the route, or makes sure that it still has it. Never rejects; false when it does not. */
  async #bring(wanted: Wanted, signal: AbortSignal): Promise<boolean> {
    const { adapter } = this.#options;
    const isNew = wanted.route !== this.#applied?.route;
    try {
      if (!isNew) {
        const drift = await adapter.check(wanted.route, { signal });
        if (drift.length === 0) {
          this.#settle(undefined);
          if (this.#retainError !== undefined) this.acknowledge();
          return true;
        }
        this.#options.logger.warn('proxy drifted from the route', { ...this.#facts(wanted), drift });
      }
      await adapter.apply(wanted.route, { signal });
    } catch (error) {
      // A newer route came, or we are closing: nothing is wrong.
      if (signal.aborted) return true;
      if (this.#applyError === undefined) {
        this.#options.logger.error('route not applied', { ...this.#facts(wanted), error: text(error) });
      }
      this.#settle(text(error));
      return false;
    }
    this.#applied = { route: wanted.route, atMs: this.#now() };
    this.#options.logger.info(isNew ? 'route applied' : 'proxy repaired', {
      ...this.#facts(wanted),
      ...(isNew ? { tookMs: round(performance.now() - wanted.newsAtMs) } : {}),
    });
    this.#applyError = undefined;
    this.acknowledge();
    return true;
  }

  #settle(error: string | undefined): void {
    if (this.#applyError === error) return;
    this.#applyError = error;
    this.acknowledge();
  }

  /** What was acknowledged must be remembered by a restart: first the state file, then ZooKeeper. */
  async #acknowledge(signal: AbortSignal): Promise<void> {
    const applied = this.#applied;
    if (applied === undefined) {
      if (this.error === undefined) return;
      const known = this.#onDisk;
      await this.#options.acknowledge(
        { version: known?.version ?? 0, epoch: known?.epoch ?? 0, appliedAtMs: 0, error: this.error },
        signal,
      );
      return;
    }
    const startMs = performance.now();
    await this.#retain(applied.route);
    const retainedMs = performance.now();
    const { version, epoch } = applied.route;
    const ack = { version, epoch, appliedAtMs: applied.atMs };
    await this.#options.acknowledge(this.error === undefined ? ack : { ...ack, error: this.error }, signal);
    this.#options.logger.debug('acknowledged', {
      group: this.#options.group,
      epoch,
      version,
      retainMs: round(retainedMs - startMs),
      acknowledgeMs: round(performance.now() - retainedMs),
    });
  }

  async #retain(route: VersionedRoute): Promise<void> {
    if (this.#onDisk !== undefined && sameRoute(this.#onDisk, route)) return;
    try {
      await this.#options.retain(route);
      this.#onDisk = route;
      this.#retainError = undefined;
    } catch (error) {
      if (this.#retainError === undefined) {
        this.#options.logger.error('applied route not remembered', {
          group: this.#options.group,
          error: text(error),
        });
      }
      this.#retainError = text(error);
    }
  }

  #facts({ route }: Wanted): object {
    const { write, read, epoch, version } = route;
    return {
      group: this.#options.group,
      epoch,
      version,
      write,
      read,
      proxy: this.#options.adapter.description,
    };
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function sameRoute(a: VersionedRoute, b: VersionedRoute): boolean {
  return (
    compareAge(a, b) === 0 &&
    a.write === b.write &&
    a.read.length === b.read.length &&
    a.read.every((server, index) => server === b.read[index])
  );
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const round = (ms: number): number => Math.round(ms * 100) / 100;
