import type { BinlogPosition, SchemaSource, TornTransaction } from '../rows/model.js';

/** A set of GTIDs as this package needs it; the GTID sets of `./gtid` fit. */
export interface GtidFilter {
  /** Whether the transaction named like {@link Transaction.gtid} is wanted. */
  has(gtid: string): boolean;
}

/** Which transactions, and how to read them. */
export interface TransactionOptions {
  /** Only transactions with these GTIDs; anonymous ones are left out when given. */
  readonly gtids?: GtidFilter;
  /** Only transactions that change one of these tables (`db.table`, `db.*`) or that hold SQL as text; rows() gives only theirs. */
  readonly tables?: readonly string[] | ((schema: string, table: string) => boolean);
  /** Start at this position or commit time (inclusive). */
  readonly from?: BinlogPosition | Date;
  /** Stop before the first transaction that begins at this position or was committed at this time or later. */
  readonly to?: BinlogPosition | Date;
  /** Tells names, signedness and character sets where the file does not. */
  readonly schema?: SchemaSource;
  /** Called with a transaction that is cut off at the end of the source. Without it that is a `TornTransactionError`. */
  readonly onTorn?: (torn: TornTransaction) => void;
  /** A transaction larger than this is read again from its file, or kept in a temporary file, instead of in memory. Default 32 MiB. */
  readonly memoryBytesMax?: number;
  readonly signal?: AbortSignal;
}
