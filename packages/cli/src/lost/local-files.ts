import {
  appendLostReview,
  listLostTransactions,
  LostTransactions,
  readLostReview,
  type LostReviewEntry,
  type LostTransactionsManifest,
} from '@dcmha/binlog-reconcile';
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pickOne } from './find-lost.js';
import type { LostFiles } from './lost-files.js';
import { requireWhole } from './require-whole.js';

/** Files in a folder of this host. */
export class LocalFiles implements LostFiles {
  readonly place: string;
  readonly manifest: LostTransactionsManifest;

  constructor(private readonly saved: LostTransactions) {
    this.place = saved.path;
    this.manifest = saved.manifest;
  }

  review(): Promise<LostReviewEntry[]> {
    return readLostReview(this.saved.path);
  }

  addReview(entry: LostReviewEntry): Promise<void> {
    return appendLostReview(this.saved.path, entry);
  }

  async open(): Promise<LostTransactions> {
    await requireWhole(this.saved);
    return this.saved;
  }

  async read(name: string): Promise<AsyncIterable<Uint8Array>> {
    return createReadStream(join(this.saved.path, name));
  }

  async close(): Promise<void> {
    // Nothing was fetched.
  }
}

/** An event in a folder: of many, or the folder itself. @throws CliError */
export async function localFiles(dir: string, id: string): Promise<LocalFiles> {
  const isOne = await access(join(dir, 'manifest.json')).then(
    () => true,
    () => false,
  );
  const all = isOne ? [await LostTransactions.open(dir)] : await listLostTransactions(dir);
  const found = all.filter(({ manifest }) => manifest.id.startsWith(id));
  return new LocalFiles(pickOne(found, id, ({ manifest }) => manifest.id));
}
