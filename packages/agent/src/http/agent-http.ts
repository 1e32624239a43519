import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  agentPaths,
  closeRequestSchema,
  opinionRequestSchema,
  tailStartRequestSchema,
  tailStopRequestSchema,
  vouchRequestSchema,
  type AgentStatus,
  type CloseAnswer,
  type CloseRequest,
  type OpinionAnswer,
  type OpinionRequest,
  type TailAnswer,
  type TailStartRequest,
  type TailStopRequest,
  type VouchAnswer,
  type VouchRequest,
} from '@dcmha/zk-schema';
import { answerLost, isLostPath, lostPath } from '../rejoin/lost-http.js';
import { RefusedError } from './refused-error.js';

export interface AgentHttpHandlers {
  readonly status: () => AgentStatus;
  /** @throws RefusedError */
  readonly close: (request: CloseRequest) => Promise<CloseAnswer>;
  /** @throws RefusedError */
  readonly tailStart: (request: TailStartRequest) => Promise<TailAnswer>;
  /** @throws RefusedError */
  readonly tailStop: (request: TailStopRequest) => Promise<object>;
  /** Tries another member of the group. @throws RefusedError for one that is none */
  readonly opinion: (request: OpinionRequest) => Promise<OpinionAnswer>;
  /** Whether the asker is the primary, by all that is known here. */
  readonly vouch: (request: VouchRequest) => Promise<VouchAnswer>;
  readonly isOpenPrimary: () => boolean;
  /** May be read from within the lag limit, milliseconds (`null`: any lag). */
  readonly isReadable: (lagMsMax: number | null) => boolean;
  readonly metrics: () => Promise<string>;
  /** Folder with the files of lost transactions. */
  readonly lostDir: string;
}

const bodyBytesMax = 16_384;
const tokenError = 'the token is missing or wrong; engines and agents must share http.token';

/** HTTP face of the agent: status for people and load balancers, and the requests of engines. */
export class AgentHttp {
  readonly #server: Server;
  readonly #handlers: AgentHttpHandlers;
  readonly #token: string | undefined;

  private constructor(handlers: AgentHttpHandlers, token: string | undefined) {
    this.#handlers = handlers;
    this.#token = token;
    this.#server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        send(response, 500, { error: error instanceof Error ? error.message : String(error) });
      });
    });
  }

  static async listen(
    at: { readonly host: string; readonly port: number; readonly token: string | undefined },
    handlers: AgentHttpHandlers,
  ): Promise<AgentHttp> {
    const http = new AgentHttp(handlers, at.token);
    await new Promise<void>((resolve, reject) => {
      http.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'EADDRINUSE'
            ? new Error(`the agent cannot listen on ${at.host}:${at.port}: the port is taken; set http.port`)
            : error,
        ),
      );
      http.#server.listen(at.port, at.host, resolve);
    });
    return http;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://agent');
    switch (url.pathname) {
      case agentPaths.health:
        return send(response, 200, { ok: true });
      case agentPaths.status:
        return send(response, 200, this.#handlers.status());
      case agentPaths.metrics:
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
        response.end(await this.#handlers.metrics());
        return;
      case agentPaths.primary: {
        const yes = this.#handlers.isOpenPrimary();
        return send(response, yes ? 200 : 503, { primary: yes });
      }
      case agentPaths.replica: {
        const lag = url.searchParams.get('lag');
        if (lag !== null && !/^\d+$/.test(lag))
          return send(response, 400, { error: 'lag is a number of milliseconds' });
        const yes = this.#handlers.isReadable(lag === null ? null : Number(lag));
        return send(response, yes ? 200 : 503, { replica: yes });
      }
      case agentPaths.close:
        return this.#asked(request, response, (body) => {
          const parsed = closeRequestSchema.safeParse(body);
          return parsed.success ? this.#handlers.close(parsed.data) : parsed.error;
        });
      case agentPaths.tailStart:
        return this.#asked(request, response, (body) => {
          const parsed = tailStartRequestSchema.safeParse(body);
          return parsed.success ? this.#handlers.tailStart(parsed.data) : parsed.error;
        });
      case agentPaths.tailStop:
        return this.#asked(request, response, (body) => {
          const parsed = tailStopRequestSchema.safeParse(body);
          return parsed.success ? this.#handlers.tailStop(parsed.data) : parsed.error;
        });
      case agentPaths.opinion:
        return this.#asked(request, response, (body) => {
          const parsed = opinionRequestSchema.safeParse(body);
          return parsed.success ? this.#handlers.opinion(parsed.data) : parsed.error;
        });
      case agentPaths.vouch:
        return this.#asked(request, response, (body) => {
          const parsed = vouchRequestSchema.safeParse(body);
          return parsed.success ? this.#handlers.vouch(parsed.data) : parsed.error;
        });
      default:
        if (isLostPath(url.pathname)) return this.#lost(request, response, url);
        return send(response, 404, {
          error: `there is no ${url.pathname}; there are ${Object.values(agentPaths).join(', ')}, ${lostPath}`,
        });
    }
  }

  /** A request that only those who share the token may make. `act` gives an error for a body that is not understood. */
  async #asked(
    request: IncomingMessage,
    response: ServerResponse,
    act: (body: unknown) => Promise<object> | Error,
  ): Promise<void> {
    if (request.method !== 'POST') return send(response, 405, { error: 'use POST' });
    if (!this.#mayAsk(request.headers.authorization)) {
      return send(response, 401, { error: tokenError });
    }
    try {
      const done = act(await readJson(request));
      if (done instanceof Error) return send(response, 400, { error: done.message });
      return send(response, 200, await done);
    } catch (error) {
      if (error instanceof RefusedError) return send(response, 409, { error: error.message });
      throw error;
    }
  }

  async #lost(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (!this.#mayAsk(request.headers.authorization)) return send(response, 401, { error: tokenError });
    await answerLost(request, response, url.pathname, this.#handlers.lostDir);
  }

  #mayAsk(header: string | undefined): boolean {
    if (this.#token === undefined || header === undefined) return false;
    const given = Buffer.from(header);
    const wanted = Buffer.from(`Bearer ${this.#token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
