import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { VersionedRoute } from './applied-route.js';

const count = z.number().int().nonnegative();
const fileSchema = z.object({
  format: z.literal(1),
  groups: z.record(
    z.string(),
    z.object({
      created: z.string().regex(/^\d+$/),
      epoch: count,
      version: count,
      write: z.string().nullable(),
      read: z.array(z.string()),
    }),
  ),
});

export interface AppliedFileOptions {
  /** The file is written, but it may not survive a crash of the machine. */
  readonly onSyncError: (error: StateFileError) => void;
}

/** The state file cannot be read or written. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError';
  readonly path: string;

  constructor(path: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.path = path;
  }
}

/**
 * The routes that were applied last, kept on disk so that a restarted router-sync never goes back behind one. The file
 * is replaced whole (written beside, renamed), which survives the death of this process; then it is fsynced, so that it
 * survives that of the machine too. Nobody waits for the fsync: on a disk that is busy it takes longer than a failover.
 */
export class AppliedFile {
  readonly path: string;
  readonly #routes: Map<string, VersionedRoute>;
  readonly #onSyncError: (error: StateFileError) => void;
  #written: Promise<void> = Promise.resolve();
  #pending: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #unsynced = false;

  private constructor(path: string, routes: Map<string, VersionedRoute>, options: AppliedFileOptions) {
    this.path = path;
    this.#routes = routes;
    this.#onSyncError = options.onSyncError;
  }

  /** A missing file is an empty one; its folder is made. @throws {StateFileError} */
  static async open(path: string, options: AppliedFileOptions): Promise<AppliedFile> {
    let text: string;
    try {
      await mkdir(dirname(path), { recursive: true });
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        return new AppliedFile(path, new Map(), options);
      throw new StateFileError(path, `the state file ${path} cannot be read: ${message(error)}`, error);
    }
    // What a machine that lost its power may leave of a file that was not synced yet.
    if (/^[\s\0]*$/.test(text)) return new AppliedFile(path, new Map(), options);
    try {
      const { groups } = fileSchema.parse(JSON.parse(text));
      const routes = Object.entries(groups).map(([group, route]): [string, VersionedRoute] => [
        group,
        { ...route, created: BigInt(route.created) },
      ]);
      return new AppliedFile(path, new Map(routes), options);
    } catch (error) {
      throw new StateFileError(
        path,
        `the state file ${path} does not hold what router-sync writes; look at it, and move it away to start without ` +
          `the memory of what was applied last`,
        error,
      );
    }
  }

  get(group: string): VersionedRoute | undefined {
    return this.#routes.get(group);
  }

  /**
   * Resolves once the route would be found after a restart of this process; routes of several groups that come at the
   * same time share one write. @throws {StateFileError}
   */
  save(group: string, route: VersionedRoute): Promise<void> {
    this.#routes.set(group, route);
    this.#pending ??= this.#written.then(() => {
      this.#pending = undefined;
      const write = this.#write();
      this.#written = write.catch(() => {});
      return write;
    });
    return this.#pending;
  }

  /** Resolves when nothing is being written or synced any more. */
  async settled(): Promise<void> {
    await this.#pending?.catch(() => {});
    await this.#written;
    await this.#syncing;
  }

  async #write(): Promise<void> {
    const groups = Object.fromEntries(
      [...this.#routes].map(([group, { created, epoch, version, write, read }]) => [
        group,
        { created: created.toString(), epoch, version, write, read },
      ]),
    );
    const beside = `${this.path}.new`;
    try {
      await writeFile(beside, `${JSON.stringify({ format: 1, groups }, null, 2)}\n`, { mode: 0o644 });
      await rename(beside, this.path);
    } catch (error) {
      throw new StateFileError(
        this.path,
        `the state file ${this.path} cannot be written: ${message(error)}`,
        error,
      );
    }
    this.#unsynced = true;
    this.#startSync();
  }

  #startSync(): void {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined;
      if (this.#unsynced) this.#startSync();
    });
  }

  /** Until what was written last is synced; one fsync at a time. */
  async #sync(): Promise<void> {
    while (this.#unsynced) {
      this.#unsynced = false;
      try {
        await fsync(this.path);
        await fsync(dirname(this.path));
      } catch (error) {
        this.#onSyncError(
          new StateFileError(
            this.path,
            `the state file ${this.path} cannot be synced: ${message(error)}`,
            error,
          ),
        );
      }
    }
  }
}

async function fsync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
