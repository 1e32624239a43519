import {
  ApplyRefusedError,
  redoTransactions,
  SchemaMismatchError,
  ServerCatalog,
  type ApplyResult,
  type LostReviewEntry,
  type RowConflict,
} from '@dcmha/binlog-reconcile';
import { GtidParseError, GtidSet, GtidSetBuilder } from '@dcmha/binlog-reconcile/gtid';
import type { Store } from '@dcmha/zk-schema';
import type { Context } from '../command/context.js';
import { CliError } from '../errors/cli-error.js';
import { requestedBy } from '../operator/requested-by.js';
import type { OperatorSettings } from '../operator/operator-settings.js';
import { moment } from '../output/time.js';
import { chosenTransactions } from './chosen.js';
import type { RegisteredLost } from './find-lost.js';
import type { LostFiles } from './lost-files.js';
import { connectTo, currentPrimary } from './primary-connection.js';
import { writeReview } from './write-review.js';

export interface ReplayRequest {
  readonly store: Store;
  readonly settings: OperatorSettings;
  readonly context: Context;
  readonly registered: RegisteredLost;
  readonly files: LostFiles;
  /** As given on the command line; undefined: all. */
  readonly gtids: string | undefined;
  readonly onConflict: 'stop' | 'skip';
  readonly dryRun: boolean;
  /** Also what was replayed before, or may have been. */
  readonly again: boolean;
}

export interface ReplayReport {
  readonly ok: boolean;
  readonly group: string;
  readonly id: string;
  readonly primary: string;
  readonly dryRun: boolean;
  /** Transactions that were (in a dry run: could be) applied. */
  readonly replayed: string;
  readonly transactions: number;
  readonly rows: number;
  readonly skipped: readonly { readonly gtid: string; readonly conflicts: readonly RowConflict[] }[];
  /** Why nothing was done. */
  readonly conflicts: readonly RowConflict[];
  readonly refusals: readonly string[];
}

const queryTimeoutMs = 600_000;
const conflictsMax = 100;
const toldEveryMs = 1_000;

/**
 * Applies chosen transactions on the current primary, in one transaction of it, each row compared with what it must be.
 * What was begun is noted with the files before, what became of it after, there and in ZooKeeper.
 *
 * @throws CliError; nothing was changed then, unless it says so
 */
export async function replay(request: ReplayRequest): Promise<ReplayReport> {
  const { store, settings, context, registered, files, dryRun } = request;
  const { group, id } = registered;
  const primary = await currentPrimary(store, group);
  const server = primary.value.primary;
  const saved = await files.open();
  const connection = await connectTo(server, settings);
  try {
    const catalog = new ServerCatalog(connection, { signal: context.signal });
    const found = await chosenTransactions(saved, request.gtids, catalog, context);
    if (found.length === 0) throw new CliError('none of the transactions is chosen');
    const all = setOf(found.map(({ gtid }) => gtid));
    if (!request.again)
      checkEarlier(
        await files.review(),
        found.map(({ gtid }) => gtid ?? ''),
      );
    const by = requestedBy(context.env);
    const note = (action: LostReviewEntry['action'], more: Partial<LostReviewEntry> = {}): Promise<void> =>
      dryRun
        ? Promise.resolve()
        : files.addReview({ atMs: Date.now(), by, action, primary: server, ...more });

    context.progress(
      `${dryRun ? 'trying' : 'applying'} ${found.length} transactions on ${server}, the primary of ${group}`,
    );
    await note('replay-begun', { gtids: all, details: { onConflict: request.onConflict } });
    let result: ApplyResult;
    try {
      result = await apply(request, connection, catalog, found, primary.version);
    } catch (error) {
      // The server may have committed though its answer did not come: then the note stays without its end.
      if (!isUncertain(error)) await note('replay-ended', { gtids: all, note: text(error) });
      throw error;
    }
    const skipped = result.skipped.map(({ gtid, conflicts }) => ({ gtid: gtid ?? '', conflicts }));
    const without = new Set(skipped.map(({ gtid }) => gtid));
    const applied = result.applied ? found.filter(({ gtid }) => !without.has(gtid ?? '')) : [];
    const replayed = setOf(applied.map(({ gtid }) => gtid));
    const report: ReplayReport = {
      ok: result.applied,
      group,
      id,
      primary: server,
      dryRun,
      replayed,
      transactions: applied.length,
      rows: result.rowCount,
      skipped,
      conflicts: result.conflicts,
      refusals: result.refusals.map(({ message }) => message),
    };
    await note(result.applied ? 'replayed' : 'replay-ended', {
      gtids: replayed || all,
      note: outcomeText(report),
      details: { skipped: skipped.map(({ gtid }) => gtid), rows: result.rowCount },
    });
    if (!dryRun) await record(request, report, by);
    return report;
  } catch (error) {
    if (error instanceof ApplyRefusedError || error instanceof SchemaMismatchError) {
      throw new CliError(`these transactions do not fit the tables of ${server}: ${error.message}`, {
        expected: 'expected the definitions that they had',
        remedy: `choose others with --gtids, or take what is needed from redo.sql (${files.place})`,
        cause: error,
      });
    }
    throw error;
  } finally {
    connection.destroy();
  }
}

async function apply(
  { store, context, registered, onConflict, dryRun }: ReplayRequest,
  connection: Parameters<typeof redoTransactions>[0],
  catalog: ServerCatalog,
  found: Parameters<typeof redoTransactions>[1],
  masterVersion: number,
): Promise<ApplyResult> {
  let toldMs = performance.now();
  return redoTransactions(connection, found, {
    catalog,
    onConflict,
    dryRun,
    conflictsMax,
    queryTimeoutMs,
    signal: context.signal,
    onProgress: ({ rowCount }) => {
      if (performance.now() - toldMs < toldEveryMs) return;
      toldMs = performance.now();
      context.progress(`  ${rowCount} rows`);
    },
    beforeCommit: async () => {
      const now = await store.master.read({ group: registered.group });
      if (now?.version === masterVersion) return;
      throw new CliError(`another server became the primary of "${registered.group}" meanwhile`, {
        remedy: 'nothing was changed; try again',
      });
    },
  });
}

/** What was replayed, or may have been, is not replayed once more by accident. @throws CliError */
function checkEarlier(review: readonly LostReviewEntry[], gtids: readonly string[]): void {
  const remedy = 'look at dcmha lost diff, and give --again where it is meant';
  const last = review.findLast(({ action }) => action.startsWith('replay'));
  if (last?.action === 'replay-begun') {
    throw new CliError(
      `${last.by} began to replay ${last.gtids ?? 'some'} at ${moment(last.atMs)}, and it is not known how that ended`,
      { remedy },
    );
  }
  const wanted = setOf(gtids);
  for (const { action, gtids: done, by, atMs } of review) {
    if (action !== 'replayed' || done === undefined) continue;
    const twice = common(wanted, done);
    if (twice === '') continue;
    throw new CliError(`${twice} was replayed already, by ${by} at ${moment(atMs)}`, { remedy });
  }
}

/** One text for transactions: a GTID set, or (MariaDB) a list. */
function setOf(gtids: readonly (string | undefined)[]): string {
  const named = gtids.filter((gtid) => gtid !== undefined && gtid !== '');
  try {
    const builder = new GtidSetBuilder();
    for (const gtid of named) builder.add(gtid as string);
    return builder.build().toString();
  } catch (error) {
    if (error instanceof GtidParseError) return named.join(',');
    throw error;
  }
}

function common(a: string, b: string): string {
  try {
    return GtidSet.parse(a).intersect(GtidSet.parse(b)).toString();
  } catch (error) {
    if (!(error instanceof GtidParseError)) throw error;
    const known = new Set(b.split(','));
    return a
      .split(',')
      .filter((gtid) => known.has(gtid))
      .join(',');
  }
}

async function record(request: ReplayRequest, report: ReplayReport, by: string): Promise<void> {
  const { store, registered } = request;
  const before = registered.value.review;
  const note = outcomeText(report);
  await writeReview(
    store,
    registered,
    report.ok ? { state: 'replayed', by, atMs: Date.now(), note } : before,
    {
      kind: 'lost-replay',
      from: registered.value.server,
      to: report.primary,
      reason: `${registered.id}: ${note}, by ${by}`.slice(0, 4_000),
      result: report.ok ? 'done' : 'refused',
      detail: {
        id: registered.id,
        replayed: report.replayed,
        skipped: report.skipped.map(({ gtid }) => gtid),
        rows: report.rows,
      },
    },
  );
}

export function outcomeText({
  ok,
  dryRun,
  replayed,
  transactions,
  rows,
  skipped,
  conflicts,
  refusals,
}: ReplayReport): string {
  if (!ok) {
    const why = refusals[0] ?? conflicts[0]?.message ?? 'every one of them conflicts';
    return `nothing was replayed: ${why}`;
  }
  const left = skipped.length === 0 ? '' : `, ${skipped.length} skipped`;
  return `${dryRun ? 'would replay' : 'replayed'} ${transactions} transactions (${rows} rows)${left}: ${replayed}`.slice(
    0,
    8_000,
  );
}

/** The connection broke, or we gave up waiting, while a COMMIT may have been under way. */
function isUncertain(error: unknown): boolean {
  return !(
    error instanceof CliError ||
    (error instanceof Error && 'sqlState' in error) ||
    error instanceof ApplyRefusedError
  );
}

function text(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 4_000);
}
