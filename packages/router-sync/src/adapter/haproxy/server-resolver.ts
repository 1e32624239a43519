import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parseAddress } from '@dcmha/zk-schema';
import { formatAddress } from './proxy-state.js';
import type { ResolvedServer } from './plan.js';

export type HostLookup = (host: string) => Promise<string>;

/** A server of the route cannot be turned into an address. */
export class ServerAddressError extends Error {
  override readonly name = 'ServerAddressError';
  readonly server: string;

  constructor(server: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.server = server;
  }
}

const rememberedMax = 10_000;

/**
 * Turns `host:port` into an IP address, which is all that HAProxy's runtime socket takes. Names once resolved are
 * remembered, so that a failover does not wait for DNS; `refresh` looks them up again.
 */
export class ServerResolver {
  readonly #lookup: HostLookup;
  readonly #timeoutMs: number;
  readonly #addresses = new Map<string, string>();

  constructor(options: { readonly timeoutMs: number; readonly lookup?: HostLookup }) {
    this.#timeoutMs = options.timeoutMs;
    this.#lookup = options.lookup ?? (async (host) => (await lookup(host)).address);
  }

  /** @throws {ServerAddressError} */
  async resolve(server: string): Promise<ResolvedServer> {
    const { host, port } = parseServer(server);
    const ip = isIP(host) ? host : (this.#addresses.get(host) ?? (await this.#lookUp(server, host)));
    return { name: server, ip, port, address: formatAddress(ip, port) };
  }

  /** Looks the names of these servers up again; a name that cannot be resolved now keeps its address. */
  async refresh(servers: readonly string[]): Promise<void> {
    for (const server of servers) {
      const { host } = parseServer(server);
      if (!isIP(host)) await this.#lookUp(server, host).catch(() => {});
    }
  }

  async #lookUp(server: string, host: string): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.#timeoutMs} ms`)), this.#timeoutMs);
    });
    try {
      const ip = await Promise.race([this.#lookup(host), deadline]);
      if (this.#addresses.size >= rememberedMax) this.#addresses.clear();
      this.#addresses.set(host, ip);
      return ip;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ServerAddressError(
        server,
        `the host name of ${server} cannot be resolved here: ${reason}`,
        error,
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @throws {ServerAddressError} */
function parseServer(server: string): { host: string; port: number } {
  try {
    return parseAddress(server);
  } catch (error) {
    throw new ServerAddressError(server, error instanceof Error ? error.message : String(error), error);
  }
}
