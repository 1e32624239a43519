import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Evaluation } from '../core/decide.js';

export interface EngineHttpHandlers {
  readonly engineId: string;
  readonly groups: () => readonly string[];
  /** Newest first; `null` when this engine does not own the group. */
  readonly evaluations: (group: string) => readonly Evaluation[] | null;
  readonly connected: () => boolean;
}

/** What a person or a monitor may ask an engine: `/health`, `/groups`, `/groups/<group>/explain`. */
export class EngineHttp {
  private constructor(private readonly server: Server) {}

  static async listen(
    at: { readonly host: string; readonly port: number },
    handlers: EngineHttpHandlers,
  ): Promise<EngineHttp> {
    const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
      const { status, body } = answer(new URL(request.url ?? '/', 'http://engine').pathname, handlers);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'EADDRINUSE'
            ? new Error(`the engine cannot listen on ${at.host}:${at.port}: the port is taken; set http.port`)
            : error,
        ),
      );
      server.listen(at.port, at.host, resolve);
    });
    return new EngineHttp(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

function answer(path: string, handlers: EngineHttpHandlers): { status: number; body: object } {
  if (path === '/health') {
    const ok = handlers.connected();
    return { status: ok ? 200 : 503, body: { ok, engineId: handlers.engineId, groups: handlers.groups() } };
  }
  if (path === '/groups')
    return { status: 200, body: { engineId: handlers.engineId, groups: handlers.groups() } };
  const explain = /^\/groups\/([^/]+)\/explain$/.exec(path);
  if (explain?.[1] !== undefined) {
    const group = decodeURIComponent(explain[1]);
    const evaluations = handlers.evaluations(group);
    return evaluations === null
      ? { status: 404, body: { error: `${handlers.engineId} does not own ${group}` } }
      : { status: 200, body: { group, engineId: handlers.engineId, evaluations } };
  }
  return {
    status: 404,
    body: { error: `there is no ${path}; there are /health, /groups, /groups/<group>/explain` },
  };
}
