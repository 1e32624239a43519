/** Where a proxy shall send its clients. Servers are named `host:port` (IPv6: `[::1]:3306`). */
export interface RouteTarget {
  /** The one server that takes writes; `null` while there is none: the proxy takes no writes then. */
  readonly write: string | null;
  /** Servers that take reads, in no particular order. */
  readonly read: readonly string[];
}

export interface AdapterOptions {
  /** Gives up; what the proxy has afterwards is unknown until the next `apply` or `check`. */
  readonly signal?: AbortSignal;
}

/**
 * One group on one proxy. An adapter is driven by one caller, one call at a time.
 *
 * To carry another proxy: `apply` must first take the write traffic from a server that is no longer the target and cut
 * the sessions to it, and only then send it to the new one; it resolves when what the proxy says it has, read back,
 * equals the target.
 */
export interface RouteAdapter {
  /** What is driven, for logs: `HAProxy at /run/haproxy.sock`. */
  readonly description: string;
  /** @throws {RouteNotAppliedError} the proxy answers but does not have the target; other errors when it cannot be reached. */
  apply(target: RouteTarget, options?: AdapterOptions): Promise<void>;
  /** Differences between the target and what the proxy has now, in words; empty when there are none. Changes nothing. */
  check(target: RouteTarget, options?: AdapterOptions): Promise<string[]>;
  close(): Promise<void>;
}

/** The proxy was reached, but does not have what was asked of it. */
export class RouteNotAppliedError extends Error {
  override readonly name = 'RouteNotAppliedError';
  readonly differences: readonly string[];

  constructor(proxy: string, differences: readonly string[]) {
    super(`${proxy} does not have the route: ${differences.join('; ')}`);
    this.differences = differences;
  }
}
