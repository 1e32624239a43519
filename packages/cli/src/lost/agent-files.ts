import {
  LostTransactions,
  parseLostReview,
  type LostReviewEntry,
  type LostTransactionsManifest,
} from '@dcmha/binlog-reconcile';
import { lostPath } from '@dcmha/agent';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Store } from '@dcmha/zk-schema';
import type { Context } from '../command/context.js';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import type { OperatorSettings } from '../operator/operator-settings.js';
import type { RegisteredLost } from './find-lost.js';
import type { LostFiles } from './lost-files.js';
import { requireWhole } from './require-whole.js';

/** How long an agent may be silent while it sends a file. */
const silenceMsMax = 60_000;

/** Files that are on the host of an agent, asked for over HTTP with the token that agents and engines share. */
export class AgentFiles implements LostFiles {
  readonly place: string;
  #folder: string | null = null;

  private constructor(
    readonly manifest: LostTransactionsManifest,
    private readonly endpoint: string,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly context: Context,
  ) {
    this.place = `the agent of ${manifest.server} (${endpoint})`;
  }

  /** @throws CliError when no agent can be asked */
  static async of(
    lost: RegisteredLost,
    tools: { readonly store: Store; readonly settings: OperatorSettings; readonly context: Context },
  ): Promise<AgentFiles> {
    const { server, directory } = lost.value;
    const there = `the files are on the host of ${server}, in ${directory}`;
    const byHand = 'or copy the folder to this host and give --dir';
    const { agentToken } = tools.settings;
    if (agentToken === undefined) {
      throw new CliError(`${there}, and there is no token to ask its agent with`, {
        remedy: `set DCMHA_AGENT_TOKEN (or agentToken in the file of --config) to http.token of the agent, ${byHand}`,
        exitCode: ExitCode.usage,
      });
    }
    const endpoint = await endpointOf(tools.store, server);
    if (endpoint === null) {
      throw new CliError(`${there}, and no agent of it is up`, {
        remedy: `start it, ${byHand}`,
        exitCode: ExitCode.unreachable,
      });
    }
    const headers = { authorization: `Bearer ${agentToken}` };
    const files = (manifest: LostTransactionsManifest): AgentFiles =>
      new AgentFiles(manifest, endpoint, headers, tools.context);
    const asking = files({ id: lost.id, server } as LostTransactionsManifest);
    return files((await asking.#json('manifest.json')) as LostTransactionsManifest);
  }

  async review(): Promise<LostReviewEntry[]> {
    const response = await this.#ask('review.jsonl', { missing: true });
    return response === null ? [] : parseLostReview(await response.text());
  }

  async addReview(entry: LostReviewEntry): Promise<void> {
    await this.#ask('review', { post: JSON.stringify(entry) });
  }

  async open(): Promise<LostTransactions> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'dcmha-lost-'));
    const path = join(this.#folder, this.manifest.id);
    await mkdir(path, { recursive: true, mode: 0o700 });
    // The names come from outside: none may lead out of the folder.
    const { eventFiles } = new LostTransactions(path, this.manifest);
    for (const name of eventFiles.map((file) => basename(file))) {
      const response = await this.#ask(name);
      this.context.progress(`fetching ${name} from ${this.place}`);
      await pipeline(bodyOf(response), createWriteStream(join(path, name), { mode: 0o600 }));
    }
    await writeFile(join(path, 'manifest.json'), JSON.stringify(this.manifest));
    const saved = await LostTransactions.open(path);
    await requireWhole(saved);
    return saved;
  }

  async read(name: string): Promise<AsyncIterable<Uint8Array>> {
    return bodyOf(await this.#ask(name));
  }

  async close(): Promise<void> {
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }

  async #json(name: string): Promise<unknown> {
    return (await this.#ask(name)).json();
  }

  #ask(name: string, options?: { readonly post?: string }): Promise<Response>;
  #ask(name: string, options: { readonly missing: true }): Promise<Response | null>;
  async #ask(
    name: string,
    { post, missing }: { readonly post?: string; readonly missing?: true } = {},
  ): Promise<Response | null> {
    const url = `${this.endpoint}${lostPath}/${encodeURIComponent(this.manifest.id)}/${encodeURIComponent(name)}`;
    const silence = new AbortController();
    const signal = AbortSignal.any([this.context.signal, silence.signal]);
    const timer = setTimeout(
      () => silence.abort(new Error(`silent for ${silenceMsMax} ms`)),
      silenceMsMax,
    ).unref();
    let response: Response;
    try {
      const body = post === undefined ? {} : { method: 'POST', body: post };
      response = await fetch(url, { headers: this.headers, signal, ...body });
    } catch (error) {
      const why =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new CliError(`${this.place} cannot be asked: ${why}`, {
        remedy:
          'check that it can be reached from here (http.advertise), or give --dir with a copy of the files',
        exitCode: ExitCode.unreachable,
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return response;
    if (response.status === 404 && missing === true) return null;
    const text = await response.text();
    throw new CliError(`${this.place} answers ${response.status}: ${text.slice(0, 300)}`, {
      ...(response.status === 401
        ? { remedy: 'check DCMHA_AGENT_TOKEN: it is http.token of the agent', exitCode: ExitCode.usage }
        : {}),
    });
  }
}

/** What is sent, as long as something is. */
async function* bodyOf({ body }: Response): AsyncIterableIterator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`the agent was silent for ${silenceMsMax} ms`)),
          silenceMsMax,
        );
      });
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function endpointOf(store: Store, server: string): Promise<string | null> {
  const { nodes } = await store.onlineClients.list();
  for (const params of nodes) {
    const client = await store.onlineClients.read(params);
    if (client?.value.servers.includes(server)) return client.value.endpoint;
  }
  return null;
}
