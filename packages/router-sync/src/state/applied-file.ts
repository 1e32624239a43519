import { mkdir, open, readFile, rename } from 'node:fs/promises';
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
 * is replaced whole (written beside, fsync, rename, fsync of the folder): it is the old one or the new one, never half.
 */
export class AppliedFile {
  readonly path: string;
  readonly #routes: Map<string, VersionedRoute>;
  #written: Promise<void> = Promise.resolve();
  #pending: Promise<void> | undefined;

  private constructor(path: string, routes: Map<string, VersionedRoute>) {
    this.path = path;
    this.#routes = routes;
  }

  /** A missing file is an empty one; its folder is made. @throws {StateFileError} */
  static async open(path: string): Promise<AppliedFile> {
    let text: string;
    try {
      await mkdir(dirname(path), { recursive: true });
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new AppliedFile(path, new Map());
      throw new StateFileError(path, `the state file ${path} cannot be read: ${message(error)}`, error);
    }
    try {
      const { groups } = fileSchema.parse(JSON.parse(text));
      const routes = Object.entries(groups).map(([group, route]): [string, VersionedRoute] => [
        group,
        { ...route, created: BigInt(route.created) },
      ]);
      return new AppliedFile(path, new Map(routes));
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

  /** Resolves once the route is on disk; routes of several groups that come at the same time share one write. */
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

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#pending?.catch(() => {});
    await this.#written;
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
      await writeDurably(beside, `${JSON.stringify({ format: 1, groups }, null, 2)}\n`);
      await rename(beside, this.path);
      await syncFolder(dirname(this.path));
    } catch (error) {
      throw new StateFileError(
        this.path,
        `the state file ${this.path} cannot be written: ${message(error)}`,
        error,
      );
    }
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
