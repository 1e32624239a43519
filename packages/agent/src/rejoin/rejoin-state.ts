import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const stateSchema = z.strictObject({
  /** Of the data that this is about: a server that was made anew under the same name has another one. */
  serverUuid: z.string(),
  /**
   * `save`: transactions are being saved and judged; nothing was done to the server. `undo`: the last of `undos` may or may not be committed; its marker in gtid_executed tells. `forget`: all of them are,
   * and the server's history is being reset. `clone`: its data is being replaced. `follow`: it follows; `compare` is left.
   */
  step: z.enum(['save', 'undo', 'forget', 'clone', 'follow']),
  /**
   * What is being saved, and the name of this attempt, which is in the manifest. GTIDs alone do not tell: a server whose
   * history was reset numbers its own transactions from the beginning again.
   */
  saving: z.strictObject({ errant: z.string(), attempt: z.string() }).nullable().default(null),
  /** gtid_executed when the step was begun (`forget`, `clone`). */
  executed: z.string().default(''),
  /** What the data holds once its own history is forgotten: becomes `gtid_purged` (`forget`). */
  purged: z.string().default(''),
  /** What is taken back, one transaction of the server each, in this order. */
  undos: z
    .array(
      z.strictObject({
        errant: z.string(),
        /** GTID under which the undo is committed. */
        marker: z.string(),
        /** Directory with the files of the transactions. */
        lost: z.string(),
      }),
    )
    .default([]),
  /** Directories of transactions that were taken back; their rows are yet to be compared with the primary's. */
  compare: z.array(z.string()).default([]),
});
export type RejoinState = z.output<typeof stateSchema>;
export type Undo = RejoinState['undos'][number];

/**
 * What a rejoin must know that is taken up again after the agent or the server died in it: RESET BINARY LOGS AND GTIDS takes
 * away every trace of what the server holds, a clone takes away the data. On disk (fsync, atomic rename) before each step
 * that needs it.
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

  async write(state: z.input<typeof stateSchema>): Promise<void> {
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
