import { resolve } from 'node:path';
import type { InstanceStatus, MysqlInstance } from '@dcmha/mysql-instance';
import type { Logger } from '@dcmha/zk-schema';
import { initialView, nextView, type LocalNews, type LocalView } from '../core/mysqld-state.js';
import { ProcessWatch, type ProcessIdentity } from '../process/process-watch.js';

export interface LocalServerOptions {
  readonly instance: MysqlInstance;
  readonly pidFile: string | undefined;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly hungAfterMs: number;
  readonly processPollMs: number;
  readonly logger: Logger;
  /** The view or the status changed. */
  readonly changed: () => void;
}

/** The mysqld beside the agent: its process, its answers, its last status. */
export class LocalServer {
  readonly #o: LocalServerOptions;
  readonly #stopped = new AbortController();
  #view: LocalView = initialView;
  #status: InstanceStatus | null = null;
  #watch: ProcessWatch | null = null;
  #wake: () => void = () => {};
  #waiting: { readonly sinceMs: number; readonly resolve: () => void }[] = [];
  readonly #done: Promise<void>;

  constructor(options: LocalServerOptions) {
    this.#o = options;
    if (options.pidFile !== undefined) this.#watchProcess(options.pidFile);
    this.#done = this.#run();
  }

  get view(): LocalView {
    return this.#view;
  }

  /** As last read; `null` while it does not answer. */
  get status(): InstanceStatus | null {
    return this.#status;
  }

  get pid(): number | null {
    return this.#watch?.pid ?? null;
  }

  /** The process that is watched; `null` when there is none, or none can be seen. */
  get process(): ProcessIdentity | null {
    return this.#watch?.process ?? null;
  }

  /** Reads the status now instead of at the next interval. */
  lookNow(): void {
    this.#wake();
  }

  /** Resolves once a reading that began after this call has ended. */
  async fresh(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    const looked = new Promise<void>((resolve) =>
      this.#waiting.push({ sinceMs: performance.now(), resolve }),
    );
    this.#wake();
    await looked;
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#watch?.close();
    this.#wake();
    await this.#done;
  }

  #watchProcess(pidFile: string): void {
    this.#watch = new ProcessWatch({
      pidFile,
      pollMs: this.#o.processPollMs,
      gone: (pid, how) => {
        this.#status = null;
        this.#news({ kind: 'process-gone', pid, how });
      },
      found: (pid) => this.#o.logger.info('watching mysqld', { pid, pidFile }),
    });
  }

  #news(news: LocalNews): void {
    const before = this.#view;
    const now = { wallMs: Date.now(), monotonicMs: performance.now() };
    this.#view = nextView(before, news, now, this.#o.hungAfterMs);
    if (before.state !== this.#view.state) {
      const level = this.#view.state === 'up' ? 'info' : 'warn';
      this.#o.logger[level](`mysqld is ${this.#view.state}`, { detail: this.#view.detail });
      this.#o.changed();
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const startedAtMs = performance.now();
      await this.#look();
      this.#waiting = this.#waiting.filter(({ sinceMs, resolve }) => {
        if (sinceMs > startedAtMs) return true;
        resolve();
        return false;
      });
      if (this.#waiting.length > 0) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#o.intervalMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (this.#stopped.signal.aborted) this.#wake();
      });
    }
    for (const { resolve } of this.#waiting) resolve();
  }

  async #look(): Promise<void> {
    const { instance, timeoutMs } = this.#o;
    const { signal } = this.#stopped;
    const pidBefore = this.pid;
    const now = (): number => performance.now();
    const askedAtMs = now();
    try {
      const status = await instance.status({ timeoutMs, signal });
      // The process that answered is gone meanwhile: what it said counts no more.
      if (this.#watch !== null && this.pid !== pidBefore && this.pid === null) return;
      const before = this.#status;
      this.#status = status;
      this.#news({ kind: 'probed', outcome: 'alive', detail: '' });
      if (this.#watch === null) await this.#findPidFile();
      if (
        JSON.stringify(before?.channels) !== JSON.stringify(status.channels) ||
        before?.readOnly !== status.readOnly
      ) {
        this.#o.changed();
      }
    } catch {
      if (signal.aborted) return;
      // It had its time already: whether anybody is there takes less.
      const { verdict, evidence } = await instance.probe({ timeoutMs: timeoutMs / 2, signal });
      if (signal.aborted || verdict === 'alive') return;
      this.#status = null;
      const detail = evidence.map((e) => e.detail).join('; ');
      this.#news({
        kind: 'probed',
        outcome: verdict,
        detail,
        askedAtMs: Math.max(askedAtMs, now() - 2 * timeoutMs),
      });
    }
  }

  /** Where the configuration names no pid file, the server itself knows where it wrote one. */
  async #findPidFile(): Promise<void> {
    const [set] = await this.#o.instance.query(
      [{ kind: 'find pid file', sql: 'SELECT @@pid_file AS file, @@datadir AS dir' }],
      {
        timeoutMs: this.#o.timeoutMs,
        signal: this.#stopped.signal,
      },
    );
    const row = set?.rows[0];
    if (this.#stopped.signal.aborted || !row?.['file']) return;
    this.#watchProcess(resolve(row['dir'] ?? '/', row['file']));
  }
}
