import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '@dcmha/zk-schema';
import { groupMemorySchema, type GroupMemory } from '../core/group-memory.js';

/** Keeps what is remembered of the group on disk: the newest, written one after the other, whole or not at all. */
export class MemoryFile {
  readonly #path: string;
  readonly #logger: Logger;
  #written = '';
  #wanted: GroupMemory | null = null;
  #writing: Promise<void> | null = null;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  /** `null` when there is nothing, or nothing that can be used: then ZooKeeper has to be asked first. */
  async read(server: string): Promise<GroupMemory | null> {
    try {
      const text = await readFile(this.#path, 'utf8');
      const memory = groupMemorySchema.parse(JSON.parse(text));
      if (memory.server !== server) return null;
      this.#written = JSON.stringify(memory);
      return memory;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#logger.warn(`${this.#path} is not used: what the group was is learned from ZooKeeper`, {
          error: String(error),
        });
      }
      return null;
    }
  }

  remember(memory: GroupMemory): void {
    if (JSON.stringify(memory) === this.#written && this.#wanted === null) return;
    this.#wanted = memory;
    this.#start();
  }

  #start(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
      // Remembered after the last look at what is wanted.
      if (this.#wanted !== null) this.#start();
    });
  }

  /** Resolves once everything is on disk that was to be remembered. */
  async flushed(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#wanted !== null) {
      const text = JSON.stringify(this.#wanted);
      this.#wanted = null;
      if (text === this.#written) continue;
      try {
        await this.#write(text);
        this.#written = text;
      } catch (error) {
        // Without it only an agent that restarts while ZooKeeper is away knows less.
        this.#logger.error(`${this.#path} cannot be written`, { error: String(error) });
      }
    }
  }

  async #write(text: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const temporary = `${this.#path}.new`;
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
  }
}
