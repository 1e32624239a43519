import { SchemaMismatchError } from '../../rows/errors.js';
import type { SchemaSource, TornTransaction, Transaction } from '../../rows/model.js';
import type { UndoPlan } from '../../sql/undo-plan/index.js';
import type { LostTransactions } from './lost-transactions.js';
import { LostTransactionsWriter, type LostTransactionsOptions } from './lost-transactions-writer.js';
import type { LostTransactionsInfo } from './manifest.js';

/** What was saved, and whether it can be undone. */
export interface SavedLostTransactions {
  readonly saved: LostTransactions;
  readonly plan: UndoPlan;
}

/**
 * Saves transactions to a directory of their own, and decides whether they can be undone, in one pass. The tables are
 * described by `options.catalog`; where it does not fit the binlog (a table was altered meanwhile), the transactions are
 * read again without it, and rows whose columns have no names then are saved in the `BINLOG` form.
 *
 * `open` reads the transactions, oldest first, with the schema and the torn-transaction handler that it is given.
 */
export async function saveLostTransactions(
  root: string,
  info: LostTransactionsInfo,
  open: (options: {
    readonly schema: SchemaSource | undefined;
    readonly onTorn: (torn: TornTransaction) => void;
  }) => AsyncIterable<Transaction>,
  options: Omit<LostTransactionsOptions, 'schema'> = {},
): Promise<SavedLostTransactions> {
  try {
    return await save(root, info, open, options, options.catalog);
  } catch (error) {
    if (!(error instanceof SchemaMismatchError) || options.catalog === undefined) throw error;
    return save(root, info, open, options, undefined);
  }
}

async function save(
  root: string,
  info: LostTransactionsInfo,
  open: Parameters<typeof saveLostTransactions>[2],
  options: Omit<LostTransactionsOptions, 'schema'>,
  schema: SchemaSource | undefined,
): Promise<SavedLostTransactions> {
  const writer = await LostTransactionsWriter.create(root, info, { ...options, schema });
  try {
    for await (const transaction of open({ schema, onTorn: (torn) => writer.addTorn(torn) })) {
      await writer.add(transaction);
    }
    return await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
