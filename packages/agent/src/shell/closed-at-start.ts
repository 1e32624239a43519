import { isInstanceError, type MysqlInstance } from '@dcmha/mysql-instance';
import type { Logger } from '@dcmha/zk-schema';

export interface ClosedAtStartOptions {
  readonly instance: MysqlInstance;
  readonly server: string;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

const retryMs = 10_000;

/**
 * Sees to it that the server comes up closed after every restart (`super_read_only` persisted): a primary that crashed and
 * was replaced must not take a write before anybody looks at it. What it is now is not changed.
 */
export class ClosedAtStart {
  readonly #o: ClosedAtStartOptions;
  readonly #closing = new AbortController();
  /** Of the server that it was done for: a new data folder under the same name has another one. */
  #doneFor: string | null = null;
  #notBeforeMs = 0;
  #running: Promise<void> | null = null;
  #told = '';

  constructor(options: ClosedAtStartOptions) {
    this.#o = options;
  }

  /** Does it where it was not done yet; returns at once. */
  tend(serverUuid: string): void {
    if (this.#doneFor === serverUuid || this.#running !== null || this.#closing.signal.aborted) return;
    if (performance.now() < this.#notBeforeMs) return;
    this.#running = this.#persist(serverUuid).finally(() => (this.#running = null));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #persist(serverUuid: string): Promise<void> {
    const { instance, server, timeoutMs, logger } = this.#o;
    try {
      const changed = await instance.persistClosed({ timeoutMs, signal: this.#closing.signal });
      if (changed) logger.info(`${server} comes up closed from now on (super_read_only persisted)`);
      this.#doneFor = serverUuid;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const text = error instanceof Error ? error.message : String(error);
      if (text !== this.#told) logger.warn(`${server} may come up writable after a restart: ${text}`);
      this.#told = text;
      this.#notBeforeMs = performance.now() + retryMs;
      // Only its configuration file can do it: asking again changes nothing.
      if (isInstanceError(error, 'UNSUPPORTED')) this.#doneFor = serverUuid;
    }
  }
}
