import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MemberKey } from '../core/model.js';
import type { SwitchoverReport } from '../operations/check-switchover.js';
import type { Explanation } from './group-runner.js';

export interface EngineHttpHandlers {
  readonly engineId: string;
  readonly groups: () => readonly string[];
  /** `null` when this engine does not own the group. */
  readonly explain: (group: string) => Explanation | null;
  /** Writes nothing. `null` when this engine does not own the group. */
  readonly checkSwitchover: (group: string, target: MemberKey | null) => Promise<SwitchoverReport | null>;
  /** Names of the hooks in its configuration. */
  readonly hooks: readonly string[];
  readonly connected: () => boolean;
}

/**
 * What a person or a monitor may ask an engine: `/health`, `/groups`, `/groups/<group>/explain`,
 * `/groups/<group>/switchover?target=host:port` (the checks and the plan, nothing is done). Only GET; nothing is changed.
 */
export class EngineHttp {
  private constructor(private readonly server: Server) {}

  static async listen(
    at: { readonly host: string; readonly port: number },
    handlers: EngineHttpHandlers,
  ): Promise<EngineHttp> {
    const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
      void answer(request.url ?? '/', handlers)
        .catch((error: unknown): Answer => ({
          status: 500,
          body: { error: error instanceof Error ? error.message : String(error) },
        }))
        .then(({ status, body }) => {
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(JSON.stringify(body));
        });
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

interface Answer {
  readonly status: number;
  readonly body: object;
}

async function answer(url: string, handlers: EngineHttpHandlers): Promise<Answer> {
  if (!URL.canParse(url, 'http://engine')) return { status: 400, body: { error: 'no such address' } };
  const { pathname: path, searchParams } = new URL(url, 'http://engine');
  const { engineId, hooks } = handlers;
  if (path === '/health') {
    const ok = handlers.connected();
    return { status: ok ? 200 : 503, body: { ok, engineId, groups: handlers.groups(), hooks } };
  }
  if (path === '/groups') return { status: 200, body: { engineId, groups: handlers.groups() } };
  const [, name, what] = /^\/groups\/([^/]+)\/(explain|switchover)$/.exec(path) ?? [];
  if (name !== undefined) {
    const group = decode(name);
    const found =
      what === 'explain'
        ? handlers.explain(group)
        : await handlers.checkSwitchover(group, searchParams.get('target'));
    return found === null
      ? { status: 404, body: { error: `${engineId} does not own ${group}` } }
      : { status: 200, body: { engineId, group, ...found } };
  }
  const known = '/health, /groups, /groups/<group>/explain, /groups/<group>/switchover';
  return { status: 404, body: { error: `there is no ${path}; there are ${known}` } };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
