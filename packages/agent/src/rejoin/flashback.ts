import {
  listLostTransactions,
  planUndo,
  removeUnfinishedLostTransactions,
  saveLostTransactions,
  ServerCatalog,
  undoTransactions,
  type LostTransactions,
} from '@dcmha/binlog-reconcile/apply';
import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import { fileSource, transactions, type Transaction } from '@dcmha/binlog-reconcile';
import { statement } from '@dcmha/mysql-instance';
import { createConnection } from 'mysql2/promise';
import { resolve } from 'node:path';
import type { RejoinOptions, SavedTransactions } from './rejoin-options.js';

export type UndoResult = { readonly kind: 'undone' } | { readonly kind: 'blocked'; readonly detail: string };

const timeoutMs = 10_000;
const undoTimeoutMs = 600_000;
/** Reasons that are told in one sentence; the manifest has all of them. */
const reasonsTold = 5;

/**
 * Saves errant transactions of this server to files, then takes them back, newest first, in one transaction that is
 * committed under `marker`. Every row is compared with what the binlog says it was left as. Nothing is undone by halves:
 * where one transaction cannot be undone, nothing is, and it is named; the files hold all of them.
 */
export async function undoErrant(
  options: RejoinOptions,
  errant: string,
  marker: string,
): Promise<UndoResult> {
  const { instance, mysql, address, signal, logger } = options;
  const connection = await createConnection({ ...address, ...mysql, connectTimeout: timeoutMs });
  try {
    const catalog = new ServerCatalog(connection);
    const saved = await save(options, errant, catalog);
    const lost = describe(saved);
    const blocked = (reasons: readonly string[]): UndoResult => ({
      kind: 'blocked',
      detail: `${reasons.slice(0, reasonsTold).join('; ')}; they are saved in ${saved.path}: judge them, then rebuild this server`,
    });
    await options.saved({ ...lost, undone: false });
    // Judged when they were saved: with a table altered meanwhile they cannot be read again with its definition.
    if (!saved.manifest.invertible) return blocked(saved.manifest.refusals.map(({ message }) => message));

    const found: Transaction[] = [];
    for await (const transaction of saved.transactions({ schema: catalog, signal })) found.push(transaction);
    const plan = await planUndo(found, { catalog, expected: GtidSet.parse(errant), signal });
    if (!plan.ok) return blocked(plan.refusals.map(({ message }) => message));
    // Its clients stay out (read_only); this account may write.
    await instance.query([statement('let the undo write', 'SET GLOBAL super_read_only = OFF')], {
      timeoutMs,
      signal,
    });
    const result = await undoTransactions(connection, found, {
      catalog,
      plan,
      gtid: marker,
      queryTimeoutMs: undoTimeoutMs,
      signal,
    });
    if (!result.applied) {
      return blocked([
        ...result.refusals.map(({ message }) => message),
        ...result.conflicts.map((conflict) => `a row is not as it was left: ${JSON.stringify(conflict)}`),
      ]);
    }
    logger.warn(`undid ${result.transactionCount} transactions, ${result.rowCount} rows`, {
      errant,
      files: saved.path,
    });
    await options.saved({ ...lost, undone: true });
    return { kind: 'undone' };
  } finally {
    connection.destroy();
    // Also when something failed: only the undo itself may write.
    await instance.query([statement('close', 'SET GLOBAL super_read_only = ON')], { timeoutMs });
  }
}

/** Saves them once: a rejoin that is taken up again finds the directory of its first try. */
async function save(
  options: RejoinOptions,
  errant: string,
  catalog: ServerCatalog,
): Promise<LostTransactions> {
  const { lostDir, server, group, primary, signal } = options;
  const expected = GtidSet.parse(errant);
  await removeUnfinishedLostTransactions(lostDir);
  const earlier = await listLostTransactions(lostDir);
  const earlierOne = earlier.findLast(
    ({ manifest }) => manifest.server === server && manifest.details?.['errant'] === errant,
  );
  if (earlierOne !== undefined) return earlierOne;
  const index = await binlogIndex(options);
  const { saved } = await saveLostTransactions(
    lostDir,
    {
      group,
      server,
      primary,
      reason: `committed on ${server} and not on its successor ${primary}`,
      details: { errant },
    },
    (reading) => transactions(fileSource({ index, signal }), { ...reading, gtids: expected, signal }),
    { catalog, expected, signal },
  );
  return saved;
}

function describe({ path, manifest }: LostTransactions): Omit<SavedTransactions, 'undone'> {
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
          .slice(0, 4_000),
  };
}

async function binlogIndex({ instance, signal }: RejoinOptions): Promise<string> {
  const [set] = await instance.query(
    [statement('find binlog', 'SELECT @@log_bin_index AS file, @@datadir AS dir')],
    {
      timeoutMs,
      signal,
    },
  );
  const row = set?.rows[0];
  return resolve(row?.['dir'] ?? '/', row?.['file'] ?? '');
}
