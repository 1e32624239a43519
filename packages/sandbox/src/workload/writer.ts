import { Client, type ClientTarget } from './client.js';
import type { WriteLedger } from './write-ledger.js';

export interface WriterOptions {
  readonly target: ClientTarget;
  /** Connections at work at the same time; default 4. */
  readonly connections?: number;
  /** Pause of a connection after each acknowledged write; default 2. */
  readonly pauseMs?: number;
}

/** Where the workload writes: one row a write, its number is the key. */
export const writesTable = 'dcmha_writes';
export const createWritesTable = `CREATE TABLE IF NOT EXISTS ${writesTable} (id BIGINT PRIMARY KEY, worker INT NOT NULL)`;

const connectTimeoutMs = 3_000;
/** Longer than any pause here is meant to last: semi-sync may make a write wait for a replica. */
const writeTimeoutMs = 15_000;

/** Writes without end over several connections and remembers what was acknowledged; reconnects when cut off. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #ledger: WriteLedger;
  readonly #workers: Promise<void>[] = [];
  #stopping = false;
  #lastError = '';

  constructor(options: WriterOptions, ledger: WriteLedger) {
    this.#options = options;
    this.#ledger = ledger;
  }

  /** Why the last attempt failed, for messages. */
  get lastError(): string {
    return this.#lastError;
  }

  start(): void {
    const connections = this.#options.connections ?? 4;
    for (let worker = 1; worker <= connections; worker++) this.#workers.push(this.#work(worker));
  }

  /** Lets every write under way end and closes the connections. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
  }

  async #work(worker: number): Promise<void> {
    while (!this.#stopping) {
      let client: Client | undefined;
      try {
        client = await Client.connect(this.#options.target, connectTimeoutMs);
        // Which server answers is asked once a connection: HAProxy keeps a session on one server.
        const [row] = await client.query<{ id: number }[]>('SELECT @@server_id AS id', connectTimeoutMs);
        const serverId = row!.id;
        while (!this.#stopping) {
          const id = this.#ledger.nextId();
          const sentAtMs = performance.now();
          await client.query(
            `INSERT INTO ${writesTable} (id, worker) VALUES (${id}, ${worker})`,
            writeTimeoutMs,
          );
          this.#ledger.acknowledged({ id, sentAtMs, atMs: performance.now(), serverId });
          await pause(this.#options.pauseMs ?? 2);
        }
      } catch (error) {
        this.#lastError = (error as Error).message;
        this.#ledger.failed();
        // What an application does that is in a hurry: short, and not all at the same moment.
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
