import { Client, type ClientTarget } from './client.js';
import { writesTable } from './writer.js';

export interface ReaderOptions {
  readonly target: ClientTarget;
  /** Pause after each read; default 10. */
  readonly pauseMs?: number;
  /** A new connection after so many reads, as a pool would; default 50. */
  readonly readsPerConnection?: number;
}

const timeoutMs = 3_000;

/** Reads without end; counts what was answered and what was not. */
export class Reader {
  readonly #options: ReaderOptions;
  #work: Promise<void> | undefined;
  #stopping = false;
  #reads = 0;
  #failures = 0;
  readonly #servers = new Set<number>();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get readCount(): number {
    return this.#reads;
  }

  get failureCount(): number {
    return this.#failures;
  }

  /** `server_id` of every server that answered. */
  get servers(): ReadonlySet<number> {
    return this.#servers;
  }

  start(): void {
    this.#work ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#work;
  }

  async #run(): Promise<void> {
    const { target, pauseMs = 10, readsPerConnection = 50 } = this.#options;
    while (!this.#stopping) {
      let client: Client | undefined;
      try {
        client = await Client.connect(target, timeoutMs);
        const [server] = await client.query<{ id: number }[]>('SELECT @@server_id AS id', timeoutMs);
        this.#servers.add(server!.id);
        for (let i = 0; i < readsPerConnection && !this.#stopping; i++) {
          await client.query(`SELECT MAX(id) AS newest FROM ${writesTable}`, timeoutMs);
          this.#reads++;
          await pause(pauseMs);
        }
      } catch {
        this.#failures++;
        if (!this.#stopping) await pause(2 + Math.random() * 3);
      } finally {
        client?.destroy();
      }
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
