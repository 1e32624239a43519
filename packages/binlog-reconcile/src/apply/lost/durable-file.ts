import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LostTransactionsFile } from './manifest.js';

const BUFFER_BYTES = 256 * 1024;

/** A new file that is on disk once {@link close} resolves. */
export class DurableFile {
  readonly #hash = createHash('sha256');
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #bytes = 0;

  private constructor(
    readonly name: string,
    private readonly handle: FileHandle,
  ) {}

  /** Creates the file; it must not exist. */
  static async create(folder: string, name: string): Promise<DurableFile> {
    return new DurableFile(name, await open(join(folder, name), 'wx', 0o600));
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds to the end; a buffer is copied before this returns. */
  async write(data: string | Buffer): Promise<void> {
    const bytes = Buffer.from(data as string);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= BUFFER_BYTES) await this.flush();
  }

  /** Flushes to disk and closes. */
  async close(): Promise<LostTransactionsFile> {
    await this.flush();
    await this.handle.sync();
    await this.handle.close();
    return { name: this.name, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Closes without caring what is on disk. */
  async abandon(): Promise<void> {
    await this.handle.close().catch(() => undefined);
  }

  /** Hands over to the operating system what was written so far: others can read it. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    // One call may write less than it was given.
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at);
      at += bytesWritten;
    }
  }
}

/** Makes the entries of a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
