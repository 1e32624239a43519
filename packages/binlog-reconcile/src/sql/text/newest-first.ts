import type { BinlogPosition, TornTransaction, Transaction } from '../../rows/model.js';

/** A part of a binlog; both ends open when not given. */
export interface TransactionRange {
  /** The first transaction begins here. */
  readonly from?: BinlogPosition;
  /** Transactions that begin here or later are left out. */
  readonly to?: BinlogPosition;
  readonly onTorn?: (torn: TornTransaction) => void;
}

/**
 * Reads the wanted transactions of a binlog, oldest first; called again for parts of it. With files:
 *
 * ```ts
 * const open = (range) => transactions(fileSource({ files, from: range.from }), { ...wanted, ...range });
 * ```
 */
export type OpenTransactions = (range: TransactionRange) => AsyncIterable<Transaction>;

/**
 * Transactions of about this size together are held in memory at a time; larger ones come alone. Few enough that the
 * processor's cache still has them when the last one's turn comes.
 */
const SEGMENT_BYTES_MAX = 4 * 1024 * 1024;

interface Segment {
  readonly from: BinlogPosition;
  to: BinlogPosition | undefined;
  bytes: number;
  count: number;
}

/** Where in a binlog the wanted transactions are: small, whatever the size of the binlog. */
export class TransactionIndex {
  readonly #segments: Segment[] = [];
  #count = 0;

  /** Notes the next transaction, oldest first. */
  add({ start, byteSize }: Transaction): void {
    this.#count++;
    const last = this.#segments.at(-1);
    if (last !== undefined && last.from.file === start.file && last.bytes + byteSize <= SEGMENT_BYTES_MAX) {
      last.bytes += byteSize;
      last.count++;
      return;
    }
    if (last !== undefined) last.to = start;
    this.#segments.push({ from: start, to: undefined, bytes: byteSize, count: 1 });
  }

  get transactionCount(): number {
    return this.#count;
  }

  /** The transactions again, newest first, in bounded memory: the binlog is read backwards, part by part. */
  async *newestFirst(open: OpenTransactions): AsyncIterableIterator<Transaction> {
    for (const { from, to, count } of this.#segments.toReversed()) {
      // What the first pass did not see (a file that still grows) is not read now either.
      let left = count;
      const held: Transaction[] = [];
      for await (const transaction of open({ from, to, onTorn: () => undefined })) {
        if (left-- === 0) break;
        // A transaction that is alone may be larger than memory, and lives until the next one is asked for.
        if (count === 1) yield transaction;
        else held.push(transaction);
        if (left === 0) break;
      }
      yield* held.reverse();
    }
  }
}
