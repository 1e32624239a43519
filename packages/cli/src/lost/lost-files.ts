import type { LostReviewEntry, LostTransactions, LostTransactionsManifest } from '@dcmha/binlog-reconcile';

/** The files of one event, wherever they are. */
export interface LostFiles {
  /** In words: a folder, or which agent has them. */
  readonly place: string;
  readonly manifest: LostTransactionsManifest;
  review(): Promise<readonly LostReviewEntry[]>;
  addReview(entry: LostReviewEntry): Promise<void>;
  /** With the transactions themselves: the events are checked, and fetched where they are on another host. */
  open(): Promise<LostTransactions>;
  /** A file of the directory, as it is. */
  read(name: string): Promise<AsyncIterable<Uint8Array>>;
  /** Removes what was fetched. */
  close(): Promise<void>;
}
