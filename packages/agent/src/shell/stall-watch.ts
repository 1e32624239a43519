import { readFile, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { MysqlInstance } from '@dcmha/mysql-instance';
import {
  judgeStall,
  noStall,
  type StallFacts,
  type StallMemory,
  type WriteStall,
} from '../core/write-stall.js';

export interface StallWatchOptions {
  readonly instance: MysqlInstance;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** The server answers and takes writes: otherwise there is nothing to watch. */
  readonly watched: () => boolean;
  readonly changed: () => void;
}

/** Statements younger than this are not waiting yet (the server counts in seconds). */
const youngMs = 1_000;
/** A server stops when less is left. */
const freeBytesMin = 64 * 1024;

interface Call {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Places {
  readonly data: string;
  readonly binlog: string | null;
}

/** Looks whether commits come back from the storage of a server that is open, while its reads answer. */
export class StallWatch {
  readonly #o: StallWatchOptions;
  readonly #closing = new AbortController();
  #memory: StallMemory = noStall;
  #places: Places | null = null;
  #wake: () => void = () => undefined;
  readonly #done: Promise<void>;

  constructor(options: StallWatchOptions) {
    this.#o = options;
    this.#done = this.#run();
  }

  get stall(): WriteStall | null {
    return this.#memory.stall;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const before = JSON.stringify(this.#memory.stall);
      this.#memory = this.#o.watched() ? await this.#look() : noStall;
      if (before !== JSON.stringify(this.#memory.stall)) this.#o.changed();
      await new Promise<void>((wake) => {
        const timer = setTimeout(wake, this.#o.intervalMs);
        this.#wake = () => {
          clearTimeout(timer);
          wake();
        };
        if (this.#closing.signal.aborted) this.#wake();
      });
    }
  }

  async #look(): Promise<StallMemory> {
    const call = { timeoutMs: this.#o.timeoutMs, signal: this.#closing.signal };
    try {
      const waiting = (await this.#o.instance.stalledCommits(youngMs, call)).map(({ reason, session }) => ({
        reason,
        forS: session.timeS,
      }));
      // Only where somebody waits is there more to ask.
      if (waiting.length === 0) return noStall;
      const facts: StallFacts = {
        waiting,
        progress: await this.#progress(call),
        fullFolders: await this.#fullFolders(call),
      };
      return judgeStall(this.#memory, facts);
    } catch {
      // A server that does not answer is somebody else's finding; what was found of its storage stays until it answers.
      return this.#memory;
    }
  }

  async #progress(call: Call): Promise<string> {
    const { gtidExecuted } = await this.#o.instance.status(call);
    const { binlog } = await this.#where(call);
    const size = binlog === null ? undefined : await inTime(newestSize(binlog), call.timeoutMs);
    return `${gtidExecuted} ${size ?? 'unknown'}`;
  }

  /** Where the server keeps its data and its binlog (without a number at its end). */
  async #where(call: Call): Promise<Places> {
    if (this.#places !== null) return this.#places;
    const [set] = await this.#o.instance.query(
      [
        {
          kind: 'find folders',
          sql: 'SELECT @@GLOBAL.datadir AS dir, @@GLOBAL.log_bin_basename AS base',
        },
      ],
      call,
    );
    const data = set?.rows[0]?.['dir'] ?? '/';
    const base = set?.rows[0]?.['base'] ?? null;
    this.#places = { data, binlog: base === null ? null : resolve(data, base) };
    return this.#places;
  }

  async #fullFolders(call: Call): Promise<string[]> {
    const { data, binlog } = await this.#where(call);
    const folders = new Set([data, ...(binlog === null ? [] : [dirname(binlog)])]);
    const full: string[] = [];
    for (const folder of folders) {
      try {
        const free = await inTime(statfs(folder), call.timeoutMs);
        if (free !== undefined && free.bavail * free.bsize < freeBytesMin) full.push(folder);
      } catch {
        // Not a folder of this host: the server is watched from elsewhere.
      }
    }
    return full;
  }
}

/** Bytes of the newest binlog file: a long transaction is written into it before it is executed. */
async function newestSize(base: string): Promise<number | undefined> {
  try {
    const index = await readFile(`${base}.index`, 'utf8');
    const last = index.trim().split('\n').at(-1) ?? '';
    return (await stat(resolve(dirname(base), last))).size;
  } catch {
    return undefined;
  }
}

/** A file system that hangs answers never. */
async function inTime<T>(asked: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((give) => {
    timer = setTimeout(() => give(undefined), timeoutMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
    asked.catch(() => undefined);
  }
}
