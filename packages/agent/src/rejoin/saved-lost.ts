import {
  listLostTransactions,
  LostTransactions,
  LostTransactionsError,
  type LostTransactionsManifest,
} from '@dcmha/binlog-reconcile/apply';
import { join } from 'node:path';
import type { SavedTransactions } from './rejoin-options.js';

const whyLengthMax = 4_000;

/** What ZooKeeper is told of a directory of lost transactions. */
export function describeSaved({ path, manifest }: LostTransactions): Omit<SavedTransactions, 'undone'> {
  return {
    id: manifest.id,
    directory: path,
    gtids: manifest.gtids,
    transactions: manifest.transactionCount,
    rows: manifest.rowCount,
    tables: manifest.tables.map(({ schema, table }) => `${schema}.${table}`),
    why: manifest.invertible
      ? manifest.reason
      : manifest.refusals
          .map(({ message }) => message)
          .join('; ')
          .slice(0, whyLengthMax),
  };
}

/** The GTIDs for which it was saved; also those that are in none of the files. */
export function errantOf({ details, gtids }: LostTransactionsManifest): string {
  const errant = details?.['errant'];
  return typeof errant === 'string' ? errant : gtids;
}

/** Directories of this server, oldest first. */
export async function savedOf(lostDir: string, server: string): Promise<LostTransactions[]> {
  return (await listLostTransactions(lostDir)).filter(({ manifest }) => manifest.server === server);
}

/** `null` when it is not there any more: a person may have moved it away. */
export async function openSaved(lostDir: string, id: string): Promise<LostTransactions | null> {
  try {
    return await LostTransactions.open(join(lostDir, id));
  } catch (error) {
    if (error instanceof LostTransactionsError) return null;
    throw error;
  }
}
