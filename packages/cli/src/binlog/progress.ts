import type { Transaction } from '@dcmha/binlog-reconcile';
import type { Context } from '../command/context.js';

const INTERVAL_MS = 1000;

/** Tells on a terminal now and then how far reading is; `doing` says what is done with the transactions. */
export class Progress {
  #count = 0;
  #bytes = 0;
  #toldMs = performance.now();
  readonly #isTerminal: boolean;

  constructor(
    private readonly context: Pick<Context, 'stderr' | 'progress'>,
    private readonly doing = 'read',
    private readonly intervalMs = INTERVAL_MS,
  ) {
    this.#isTerminal = (context.stderr as { isTTY?: boolean }).isTTY === true;
  }

  /** The same transactions, counted; may be called again for the next ones. */
  async *of(source: AsyncIterable<Transaction>): AsyncIterableIterator<Transaction> {
    for await (const transaction of source) {
      this.#count += 1;
      this.#bytes += transaction.byteSize;
      if (this.#isTerminal && performance.now() - this.#toldMs >= this.intervalMs) {
        this.#toldMs = performance.now();
        this.context.progress(
          `  ${this.#count} transactions, ${(this.#bytes / 1e6).toFixed(0)} MB ${this.doing}`,
        );
      }
      yield transaction;
    }
  }
}
