import {
  planUndo,
  removeUnfinishedLostTransactions,
  saveLostTransactions,
  ServerCatalog,
  undoState,
  undoTransactions,
  type LostTransactions,
} from '@dcmha/binlog-reconcile/apply';
import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import { fileSource, transactions, type Transaction } from '@dcmha/binlog-reconcile';
import { quote, statement } from '@dcmha/mysql-instance';
import { createConnection, type Connection } from 'mysql2/promise';
import { resolve } from 'node:path';
import type { RejoinOptions } from './rejoin-options.js';
import { describeSaved, errantOf, savedOf } from './saved-lost.js';

/** What is to be undone, and under which GTID. */
export interface Flashback {
  readonly errant: string;
  readonly marker: string;
  /** Of this try and those that take it up: what it has saved is not saved again. */
  readonly attempt: string;
  /** Called when it is known that all can be undone, before anything is: makes a note of it on disk. */
  readonly begin: (lost: string) => Promise<void>;
}

export type UndoResult = { readonly kind: 'undone' } | { readonly kind: 'blocked'; readonly detail: string };

const timeoutMs = 10_000;
const undoTimeoutMs = 600_000;
/** How long the flashback of an agent that died may go on in the server before it notices. */
const lockTimeoutS = 60;
const lockName = 'dcmha_flashback';
/** Reasons that are told in one sentence; the manifest has all of them. */
const reasonsTold = 5;

/**
 * Saves errant transactions of this server to files, then takes them back, newest first, in one transaction that is
 * committed under `marker`. Every row is compared with what the binlog says it was left as. Nothing is undone by halves:
 * where one transaction cannot be undone, nothing is, and it is named; the files hold all of them.
 */
export async function undoErrant(options: RejoinOptions, flashback: Flashback): Promise<UndoResult> {
  const { mysql, address, progress } = options;
  const { errant } = flashback;
  const connection = await createConnection({ ...address, ...mysql, connectTimeout: timeoutMs });
  // A server that dies is reported by the statement that it leaves without an answer.
  connection.on('error', () => undefined);
  try {
    const catalog = new ServerCatalog(connection);
    progress(`saving ${GtidSet.parse(errant).count} transactions that the primary has not`);
    const saved = await save(options, flashback, catalog);
    await options.onStage?.('saved');
    await options.saved({ ...describeSaved(saved), undone: false });
    await options.onStage?.('registered');
    // Judged when they were saved: with a table altered meanwhile they cannot be read again with its definition.
    if (!saved.manifest.invertible) {
      return blocked(
        saved,
        saved.manifest.refusals.map(({ message }) => message),
      );
    }
    await waitForOthers(connection, options.signal);
    if (await isCommitted(connection, flashback.marker, options.signal)) return { kind: 'undone' };
    return await undo(options, flashback, saved, connection, catalog);
  } finally {
    connection.destroy();
  }
}

async function undo(
  options: RejoinOptions,
  { errant, marker, begin }: Flashback,
  saved: LostTransactions,
  connection: Connection,
  catalog: ServerCatalog,
): Promise<UndoResult> {
  const { instance, signal, logger, progress, onStage } = options;
  const found: Transaction[] = [];
  for await (const transaction of saved.transactions({ schema: catalog, signal })) found.push(transaction);
  const plan = await planUndo(found, { catalog, expected: GtidSet.parse(errant), signal });
  const reasons = (texts: readonly { readonly message: string }[]) => texts.map(({ message }) => message);
  if (!plan.ok) return blocked(saved, reasons(plan.refusals));
  await begin(saved.manifest.id);
  await onStage?.('undo-noted');
  try {
    // A replica may lose its last commits in a crash: not this one, on which the state on disk builds.
    await instance.setDurability('durable', { timeoutMs, signal });
    // Its clients stay out (read_only); this account may write.
    await instance.query([statement('let the undo write', 'SET GLOBAL super_read_only = OFF')], {
      timeoutMs,
      signal,
    });
    await onStage?.('opened');
    const result = await undoTransactions(connection, found, {
      catalog,
      plan,
      gtid: marker,
      queryTimeoutMs: undoTimeoutMs,
      signal,
      onProgress: ({ rowCount }) => progress(`taking back row ${rowCount} of ${plan.rowCount}`),
      beforeCommit: async () => onStage?.('undo-ready'),
    });
    if (!result.applied) {
      if (await areGone(connection, found, { catalog, plan, signal })) {
        logger.warn('the rows are as they were before these transactions: there is nothing to undo', {
          errant,
        });
        await noteGone(connection, marker);
        return { kind: 'undone' };
      }
      return blocked(saved, [
        ...reasons(result.refusals),
        ...result.conflicts.map(({ message }) => `a row is not as it was left: ${message}`),
      ]);
    }
    await onStage?.('undo-committed');
    logger.warn(`undid ${result.transactionCount} transactions, ${result.rowCount} rows`, {
      errant,
      files: saved.path,
    });
    return { kind: 'undone' };
  } finally {
    // Also when something failed: only the undo itself may write.
    await instance.query([statement('close', 'SET GLOBAL super_read_only = ON')], { timeoutMs });
    await onStage?.('closed');
  }
}

/**
 * Whether no row shows that these transactions were ever there: a crash of a server that does not flush each commit loses
 * them and keeps its binlog, or a person was quicker.
 */
async function areGone(
  connection: Connection,
  found: readonly Transaction[],
  options: Parameters<typeof undoState>[2],
): Promise<boolean> {
  const { state } = await undoState(connection, found, options);
  return state === 'undone';
}

/** The marker of an undo that had nothing to do. */
async function noteGone(connection: Connection, marker: string): Promise<void> {
  for (const sql of [
    'SET sql_log_bin = 0',
    `SET gtid_next = ${quote(marker)}`,
    'BEGIN',
    'COMMIT',
    "SET gtid_next = 'AUTOMATIC'",
  ]) {
    await connection.query(sql);
  }
}

function blocked({ path }: LostTransactions, reasons: readonly string[]): UndoResult {
  const told = reasons.slice(0, reasonsTold).join('; ');
  const more = reasons.length > reasonsTold ? ` (and ${reasons.length - reasonsTold} more reasons)` : '';
  return { kind: 'blocked', detail: `nothing was undone: ${told}${more}; all is saved in ${path}` };
}

/**
 * An agent that was killed leaves its connection to the server, which goes on with the statement it is at, a COMMIT perhaps.
 * Whoever undoes holds this lock until its session has ended, so what is read afterwards is final.
 */
async function waitForOthers(connection: Connection, signal: AbortSignal): Promise<void> {
  const locked = await ask(connection, `SELECT GET_LOCK('${lockName}', ${lockTimeoutS}) AS value`, signal);
  if (locked !== 1) {
    throw new Error(
      `an earlier flashback has not ended in the server after ${lockTimeoutS} s; SHOW PROCESSLIST tells which session it is`,
    );
  }
}

async function isCommitted(connection: Connection, marker: string, signal: AbortSignal): Promise<boolean> {
  const sql = `SELECT GTID_SUBSET(${quote(marker)}, @@GLOBAL.gtid_executed) AS value`;
  return (await ask(connection, sql, signal)) === 1;
}

/** One value. Where no answer comes in time the connection is cut: the server may hang. */
function ask(connection: Connection, sql: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(lockTimeoutS * 1000 + timeoutMs)]);
    const giveUp = (): void => {
      connection.destroy();
      reject(deadline.reason instanceof Error ? deadline.reason : new Error(String(deadline.reason)));
    };
    if (deadline.aborted) return giveUp();
    deadline.addEventListener('abort', giveUp, { once: true });
    const done = (): void => deadline.removeEventListener('abort', giveUp);
    connection.query(sql).then(
      ([rows]) => {
        done();
        resolve((rows as unknown as readonly { readonly value: unknown }[])[0]?.value);
      },
      (error: unknown) => {
        done();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

/** Saves them once: a rejoin that is taken up again finds the directory of its first try. */
async function save(
  options: RejoinOptions,
  { errant, attempt }: Flashback,
  catalog: ServerCatalog,
): Promise<LostTransactions> {
  const { lostDir, server, group, primary, signal } = options;
  const expected = GtidSet.parse(errant);
  await removeUnfinishedLostTransactions(lostDir);
  const earlier = (await savedOf(lostDir, server)).findLast(
    ({ manifest }) => manifest.details?.['attempt'] === attempt && errantOf(manifest) === errant,
  );
  if (earlier !== undefined) return earlier;
  const index = await binlogIndex(options);
  const { saved } = await saveLostTransactions(
    lostDir,
    {
      group,
      server,
      primary,
      reason: `committed on ${server} and not on its successor ${primary}`,
      details: { errant, attempt },
    },
    (reading) => transactions(fileSource({ index, signal }), { ...reading, gtids: expected, signal }),
    { catalog, expected, signal },
  );
  return saved;
}

async function binlogIndex({ instance, signal }: RejoinOptions): Promise<string> {
  const [set] = await instance.query(
    [statement('find binlog', 'SELECT @@log_bin_index AS file, @@datadir AS dir')],
    { timeoutMs, signal },
  );
  const row = set?.rows[0];
  return resolve(row?.['dir'] ?? '/', row?.['file'] ?? '');
}
