import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

/**
 * What must be known of a server to serve its binlog when it is dead. Read while it lives and kept on disk, so that an
 * agent that was restarted meanwhile can serve it too.
 */
export const binlogFactsSchema = z.object({
  /** Path of the index file. */
  index: z.string().min(1),
  dataDir: z.string().min(1),
  flavor: z.enum(['mysql', 'mariadb']),
  serverId: z.int().min(0),
  /** Empty on MariaDB. */
  serverUuid: z.string(),
  /** No file tells what was put there by hand or by a clone. */
  gtidPurged: z.string(),
  pidFile: z.string(),
  /** Certificate and key that its replicas know already; empty without TLS. */
  sslCert: z.string(),
  sslKey: z.string(),
});
export type BinlogFacts = z.output<typeof binlogFactsSchema>;

/** The facts on disk. A file that cannot be read counts as none: a living server tells them again. */
export class BinlogFactsFile {
  constructor(private readonly path: string) {}

  async read(): Promise<BinlogFacts | null> {
    try {
      const parsed = binlogFactsSchema.safeParse(JSON.parse(await readFile(this.path, 'utf8')));
      return parsed.success ? parsed.data : null;
    } catch {
      return null;
    }
  }

  /** Whole or not at all, also when the machine dies. */
  async write(facts: BinlogFacts): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const draft = `${this.path}.new`;
    const handle = await open(draft, 'w', 0o640);
    try {
      await handle.writeFile(`${JSON.stringify(facts, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, this.path);
  }
}
