import type { BinlogSummary, TableSummary } from '../../sql/text/summary.js';
import type { Refusal } from '../../sql/undo-plan/index.js';

/** The layout that this version writes, and reads. */
export const lostTransactionsManifestVersion = 1;

/** Where lost transactions come from, as the caller knows it. */
export interface LostTransactionsInfo {
  readonly group: string;
  /** `host:port` of the server that had them. */
  readonly server: string;
  /** Why they were taken back: a sentence. */
  readonly reason: string;
  /** `host:port` of the primary that does not have them. */
  readonly primary?: string;
  /** Anything else worth keeping, as JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One file of the directory. */
export interface LostTransactionsFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** `manifest.json`: what the directory holds. Never changed once written. */
export interface LostTransactionsManifest extends LostTransactionsInfo {
  readonly version: typeof lostTransactionsManifestVersion;
  /** Name of the directory. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly gtids: string;
  readonly transactionCount: number;
  readonly rowCount: number;
  readonly byteSize: number;
  readonly firstTime: string | undefined;
  readonly lastTime: string | undefined;
  readonly ddlCount: number;
  readonly statementCount: number;
  readonly tables: readonly TableSummary[];
  /** Whether undo.sql takes them back. */
  readonly invertible: boolean;
  /** Why not. */
  readonly refusals: readonly Refusal[];
  /** Every file but this one. Binlog events are in those named `events.NNNNNN`, in order. */
  readonly files: readonly LostTransactionsFile[];
}

/** A directory is not one of lost transactions, or was damaged. */
export class LostTransactionsError extends Error {
  override readonly name = 'LostTransactionsError';

  constructor(
    readonly path: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${problem}`, options);
  }
}

/** The manifest's part that comes from counting. */
export function manifestCounts(
  summary: BinlogSummary,
): Pick<
  LostTransactionsManifest,
  | 'gtids'
  | 'transactionCount'
  | 'rowCount'
  | 'byteSize'
  | 'firstTime'
  | 'lastTime'
  | 'ddlCount'
  | 'statementCount'
  | 'tables'
> {
  const {
    gtids,
    transactionCount,
    rowCount,
    byteSize,
    firstTime,
    lastTime,
    ddlCount,
    statementCount,
    tables,
  } = summary;
  return {
    gtids,
    transactionCount,
    rowCount,
    byteSize,
    firstTime,
    lastTime,
    ddlCount,
    statementCount,
    tables,
  };
}
