import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSource } from '../../reading/index.js';
import type { SchemaSource, Transaction } from '../../rows/model.js';
import type { OpenTransactions } from '../../sql/text/newest-first.js';
import { transactions, type TransactionOptions } from '../../transactions/index.js';
import {
  LostTransactionsError,
  lostTransactionsManifestVersion,
  type LostTransactionsManifest,
} from './manifest.js';

/** A directory of lost transactions, as {@link LostTransactionsWriter} leaves it. */
export class LostTransactions {
  constructor(
    readonly path: string,
    readonly manifest: LostTransactionsManifest,
  ) {}

  /** Opens a directory. Throws {@link LostTransactionsError} when it is none, or of a newer version. */
  static async open(path: string): Promise<LostTransactions> {
    let manifest: LostTransactionsManifest;
    try {
      manifest = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')) as LostTransactionsManifest;
    } catch (error) {
      throw new LostTransactionsError(path, 'holds no readable manifest.json', { cause: error });
    }
    if (manifest.version !== lostTransactionsManifestVersion || !Array.isArray(manifest.files)) {
      throw new LostTransactionsError(
        path,
        `manifest.json is of version ${String(manifest.version)}, not ${lostTransactionsManifestVersion}`,
      );
    }
    return new LostTransactions(path, manifest);
  }

  /** How the transactions in event files are read. */
  static openEvents(folder: string, names: readonly string[], schema?: SchemaSource): OpenTransactions {
    const files = names.map((name) => join(folder, name));
    return (range) =>
      files.length === 0
        ? nothing()
        : transactions(fileSource({ files, from: range.from }), { ...range, schema });
  }

  /** The transactions themselves, oldest first, from the saved events. */
  transactions(
    options: Pick<TransactionOptions, 'gtids' | 'tables' | 'schema' | 'signal'> = {},
  ): AsyncIterable<Transaction> {
    const files = this.eventFiles.map((name) => join(this.path, name));
    return files.length === 0
      ? nothing()
      : transactions(fileSource({ files, signal: options.signal }), options);
  }

  /** Names of files that are missing or not as they were written; of `names` where given, else of all. */
  async damagedFiles(names?: readonly string[]): Promise<string[]> {
    const damaged: string[] = [];
    for (const { name, sha256 } of this.manifest.files) {
      if (names !== undefined && !names.includes(name)) continue;
      const found = await sha256Of(join(this.path, name)).catch(() => undefined);
      if (found !== sha256) damaged.push(name);
    }
    return damaged;
  }

  /** Names of the files with the binlog events, in order: all that {@link transactions} reads. */
  get eventFiles(): string[] {
    return this.manifest.files
      .map(({ name }) => name)
      .filter((name) => /^events\.\d+$/.test(name))
      .sort();
  }
}

/** The directories of lost transactions under `root`, oldest first; unfinished ones are left out. */
export async function listLostTransactions(root: string): Promise<LostTransactions[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  return Promise.all(names.map((name) => LostTransactions.open(join(root, name))));
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function* nothing(): AsyncIterableIterator<Transaction> {
  // An empty directory has no events.
}
