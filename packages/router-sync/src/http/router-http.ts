import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { routerMetrics, type RouterFacts } from './router-metrics.js';

/** The address for `/health` and `/metrics` cannot be had. */
export class RouterHttpError extends Error {
  override readonly name = 'RouterHttpError';
  readonly host: string;
  readonly port: number;

  constructor(at: { readonly host: string; readonly port: number }, cause: NodeJS.ErrnoException) {
    super(
      cause.code === 'EADDRINUSE'
        ? `router-sync cannot listen on ${at.host}:${at.port}: the port is taken; set http.port`
        : `router-sync cannot listen on ${at.host}:${at.port}: ${cause.message}; set http.host and http.port`,
      { cause },
    );
    this.host = at.host;
    this.port = at.port;
  }
}

/** What a monitor may ask a router-sync: `/health` (200 or 503, JSON) and `/metrics` (Prometheus text). */
export class RouterHttp {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws {RouterHttpError} */
  static async listen(
    at: { readonly host: string; readonly port: number },
    facts: () => RouterFacts,
  ): Promise<RouterHttp> {
    const server = createServer({ requestTimeout: 5000, headersTimeout: 5000 }, (request, response) => {
      const { status, type, body } = answer(request.url?.split('?')[0], facts());
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new RouterHttpError(at, error)));
      server.listen(at.port, at.host, resolve);
    });
    return new RouterHttp(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function answer(
  path: string | undefined,
  facts: RouterFacts,
): { status: number; type: string; body: string } {
  const json = 'application/json';
  if (path === '/metrics') {
    return { status: 200, type: 'text/plain; version=0.0.4', body: routerMetrics(facts) };
  }
  if (path === '/health') {
    const ok = facts.connected && facts.groups.every(({ error }) => error === null);
    return { status: ok ? 200 : 503, type: json, body: JSON.stringify({ ok, ...facts }) };
  }
  const error = `there is no ${path ?? 'such path'}; there are /health and /metrics`;
  return { status: 404, type: json, body: JSON.stringify({ error }) };
}
