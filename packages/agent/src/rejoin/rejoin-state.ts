import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const stateSchema = z.strictObject({
  /** What the server's data holds once its own history is forgotten: becomes `gtid_purged`. */
  purged: z.string(),
  errant: z.string(),
});
export type RejoinState = z.output<typeof stateSchema>;

/**
 * What a rejoin must know if it dies after the undo: RESET BINARY LOGS AND GTIDS takes away every trace of what the server
 * holds, and `gtid_purged` is set only after it. On disk (fsync, atomic rename) before the reset, removed after following.
 */
export class RejoinStateFile {
  constructor(readonly path: string) {}

  /** @throws Error when there is a file that is not one of ours. */
  async read(): Promise<RejoinState | null> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      return stateSchema.parse(JSON.parse(text));
    } catch (error) {
      throw new Error(
        `${this.path} is no state of a rejoin (${String(error)}); look at it before you remove it`,
        { cause: error },
      );
    }
  }

  async write(state: RejoinState): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const temporary = `${this.path}.new`;
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(state));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.path);
    await syncFolder(dirname(this.path));
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
