import { ServerCatalog, undoTransactions } from '@dcmha/binlog-reconcile/apply';
import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import { fileSource, planUndo, transactions, type Refusal, type Transaction } from '@dcmha/binlog-reconcile';
import { statement } from '@dcmha/mysql-instance';
import { createConnection } from 'mysql2/promise';
import { resolve } from 'node:path';
import type { RejoinOptions } from './rejoin.js';
import { saveLost } from './save-lost.js';

/** What was saved and, where `undone`, taken back. */
export interface UndoneTransactions {
  readonly id: string;
  readonly directory: string;
  readonly gtids: string;
  readonly transactions: number;
  readonly rows: number;
  readonly tables: readonly string[];
  readonly why: string;
  readonly undone: boolean;
}

export type UndoResult = { readonly kind: 'undone' } | { readonly kind: 'blocked'; readonly detail: string };

const timeoutMs = 10_000;
const undoTimeoutMs = 600_000;
/** More than fit in memory at once are refused here and must be rebuilt. */
const transactionsMax = 100_000;

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
  const { instance, mysql, address, signal, primary, server, logger } = options;
  const connection = await createConnection({
    ...address,
    ...mysql,
    connectTimeout: timeoutMs,
    supportBigNumbers: true,
  });
  try {
    const catalog = new ServerCatalog(connection);
    const { found, torn } = await readErrant(options, errant, catalog);
    const plan = await planUndo(found, { catalog, expected: GtidSet.parse(errant), signal });
    const refusals = [...plan.refusals.map(refusalText), ...torn];
    const ok = plan.ok && torn.length === 0;
    const why = ok
      ? `committed on ${server} and not on its successor ${primary}`
      : `cannot be undone: ${refusals.join('; ')}`;
    const lost = await saveLost({
      folder: options.lostDir,
      server,
      group: options.group,
      primary,
      why,
      errant,
      found,
      plan,
    });
    await options.saved({ ...lost, undone: false });
    if (!ok) {
      return {
        kind: 'blocked',
        detail: `${refusals.join('; ')}; the transactions are saved in ${lost.directory}: rebuild the server`,
      };
    }
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
      const reasons = [
        ...result.refusals.map(refusalText),
        ...result.conflicts.map((c) => JSON.stringify(c)),
      ];
      return {
        kind: 'blocked',
        detail: `${reasons.join('; ')}; the transactions are saved in ${lost.directory}: rebuild the server`,
      };
    }
    logger.warn(`undid ${result.transactionCount} transactions, ${result.rowCount} rows`, {
      gtids: errant,
      files: lost.directory,
    });
    await options.saved({ ...lost, undone: true });
    return { kind: 'undone' };
  } finally {
    connection.destroy();
    // Also when something failed: only the undo itself may write.
    await instance.query([statement('close', 'SET GLOBAL super_read_only = ON')], { timeoutMs });
  }
}

async function readErrant(
  { instance, signal }: RejoinOptions,
  errant: string,
  catalog: ServerCatalog,
): Promise<{ found: Transaction[]; torn: string[] }> {
  const [set] = await instance.query(
    [statement('find binlog', 'SELECT @@log_bin_index AS file, @@datadir AS dir')],
    {
      timeoutMs,
      signal,
    },
  );
  const row = set?.rows[0];
  const index = resolve(row?.['dir'] ?? '/', row?.['file'] ?? '');
  const found: Transaction[] = [];
  const torn: string[] = [];
  const source = fileSource({ index, signal });
  const all = transactions(source, {
    gtids: GtidSet.parse(errant),
    schema: catalog,
    signal,
    onTorn: ({ gtid, start }) =>
      torn.push(`${gtid ?? 'a transaction'} at ${start.file}:${start.position} is cut off`),
  });
  for await (const transaction of all) {
    if (found.length >= transactionsMax)
      throw new Error(`more than ${transactionsMax} errant transactions: rebuild the server`);
    found.push(transaction);
  }
  return { found, torn };
}

function refusalText({ message }: Refusal): string {
  return message;
}
