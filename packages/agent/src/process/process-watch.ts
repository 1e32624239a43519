import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { readProcStat, type ProcessStat } from './proc-stat.js';

/** One process for good: its pid may be another one's later. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

export interface ProcessWatchOptions {
  readonly pidFile: string;
  readonly pollMs: number;
  readonly gone: (pid: number, how: string) => void;
  readonly found: (pid: number) => void;
}

/** How often the pid file is read while no process is known. */
const searchMs = 100;

/**
 * Watches the process that a pid file names. The kernel closes the sockets of a killed server only after it has torn
 * its memory down (100 ms and more); the state of its process says so at once, so that is what is polled (about
 * 20 microseconds a time). On systems without /proc it sees nothing, and probes have to do.
 */
export class ProcessWatch {
  #known: ProcessIdentity | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(private readonly options: ProcessWatchOptions) {
    if (existsSync('/proc/self/stat')) void this.#search();
  }

  get pid(): number | null {
    return this.#known?.pid ?? null;
  }

  /** The process that is watched; `null` when there is none. */
  get process(): ProcessIdentity | null {
    return this.#known;
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #again(ms: number, what: () => void): void {
    if (!this.#closed) this.#timer = setTimeout(what, ms);
  }

  async #search(): Promise<void> {
    const pid = Number((await readFile(this.options.pidFile, 'utf8').catch(() => '')).trim());
    if (this.#closed) return;
    const stat = Number.isInteger(pid) && pid > 1 ? readProcStat(pid) : null;
    if (stat === null || hasEnded(stat)) {
      this.#again(searchMs, () => void this.#search());
      return;
    }
    this.#known = { pid, startTicks: stat.startTicks };
    this.options.found(pid);
    this.#poll();
  }

  #poll(): void {
    if (this.#known === null) return;
    const { pid, startTicks } = this.#known;
    const stat = readProcStat(pid);
    const how =
      stat === null
        ? 'there is no such process any more'
        : stat.startTicks !== startTicks
          ? 'the pid is another process now'
          : hasEnded(stat)
            ? `it has ended (state ${stat.state})`
            : null;
    if (how === null) {
      this.#again(this.options.pollMs, () => this.#poll());
      return;
    }
    this.#known = null;
    this.options.gone(pid, how);
    this.#again(searchMs, () => void this.#search());
  }
}

function hasEnded(stat: ProcessStat): boolean {
  return stat.state === 'Z' || stat.state === 'X' || stat.state === 'x';
}
