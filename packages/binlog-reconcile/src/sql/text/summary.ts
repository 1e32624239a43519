import { GtidSetBuilder, MariadbGtidSet, parseMariadbGtid, type MariadbGtid } from '../../gtid/index.js';
import type { Transaction } from '../../rows/model.js';

/** What a run of transactions holds. */
export interface BinlogSummary {
  readonly transactionCount: number;
  readonly rowCount: number;
  /** Bytes in the binlog. */
  readonly byteSize: number;
  /** Every GTID seen; of MariaDB the last one of each stream. `''` when there is none. */
  readonly gtids: string;
  readonly anonymousCount: number;
  /** Commit times; undefined when there is no transaction. */
  readonly firstTime: string | undefined;
  readonly lastTime: string | undefined;
  readonly ddlCount: number;
  /** Data changes that were logged as statements. */
  readonly statementCount: number;
  readonly largest: { readonly gtid: string | undefined; readonly byteSize: number } | undefined;
  /** By number of changed rows, most first. */
  readonly tables: readonly TableSummary[];
}

export interface TableSummary {
  readonly schema: string;
  readonly table: string;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
}

/** Counts what transactions hold, one after another. */
export class BinlogSummarizer {
  readonly #tables = new Map<string, { -readonly [K in keyof TableSummary]: TableSummary[K] }>();
  readonly #mysql = new GtidSetBuilder();
  #mariadb = new Map<string, MariadbGtid>();
  #transactionCount = 0;
  #rowCount = 0;
  #byteSize = 0;
  #anonymousCount = 0;
  #ddlCount = 0;
  #statementCount = 0;
  #first: number | undefined;
  #last: number | undefined;
  #largest: BinlogSummary['largest'];

  add(transaction: Transaction): void {
    const { gtid, byteSize, commitTimeUs } = transaction;
    this.#transactionCount++;
    this.#byteSize += byteSize;
    if (gtid === undefined) this.#anonymousCount++;
    else if (transaction.flavor === 'mysql') this.#mysql.add(gtid);
    else {
      const parsed = parseMariadbGtid(gtid);
      this.#mariadb.set(`${parsed.domainId}-${parsed.serverId}`, parsed);
    }
    this.#first = Math.min(this.#first ?? commitTimeUs, commitTimeUs);
    this.#last = Math.max(this.#last ?? commitTimeUs, commitTimeUs);
    if (this.#largest === undefined || byteSize > this.#largest.byteSize) this.#largest = { gtid, byteSize };
    for (const { kind } of transaction.statements) {
      if (kind === 'ddl') this.#ddlCount++;
      if (kind === 'dml') this.#statementCount++;
    }
    for (const { schema, table, inserts, updates, deletes } of transaction.tables) {
      const key = `${schema}\0${table}`;
      const known = this.#tables.get(key) ?? { schema, table, inserts: 0, updates: 0, deletes: 0 };
      known.inserts += inserts;
      known.updates += updates;
      known.deletes += deletes;
      this.#rowCount += inserts + updates + deletes;
      this.#tables.set(key, known);
    }
  }

  summary(): BinlogSummary {
    const mysql = this.#mysql.build();
    const mariadb = MariadbGtidSet.fromGtids(this.#mariadb.values());
    return {
      transactionCount: this.#transactionCount,
      rowCount: this.#rowCount,
      byteSize: this.#byteSize,
      gtids: [mysql.toString(), mariadb.toString()].filter((text) => text !== '').join(','),
      anonymousCount: this.#anonymousCount,
      firstTime: isoTime(this.#first),
      lastTime: isoTime(this.#last),
      ddlCount: this.#ddlCount,
      statementCount: this.#statementCount,
      largest: this.#largest,
      tables: [...this.#tables.values()].sort((a, b) => total(b) - total(a)),
    };
  }
}

/** {@link BinlogSummarizer} over all of them. */
export async function summarize(
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
): Promise<BinlogSummary> {
  const summarizer = new BinlogSummarizer();
  for await (const transaction of transactions) summarizer.add(transaction);
  return summarizer.summary();
}

function total({ inserts, updates, deletes }: TableSummary): number {
  return inserts + updates + deletes;
}

function isoTime(us: number | undefined): string | undefined {
  return us === undefined ? undefined : new Date(Math.floor(us / 1000)).toISOString();
}
