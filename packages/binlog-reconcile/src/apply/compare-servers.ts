import type { RowImage, Transaction } from '../rows/model.js';
import type { TableCatalog } from '../sql/catalog/table-definition.js';
import { ServerCatalog } from './catalog/server-catalog.js';
import type { SqlConnection } from './connection/sql-connection.js';
import { fetchByKeys } from './rows/fetch-rows.js';
import type { ShownRow } from './rows/row-conflict.js';
import type { TableAccess } from './rows/table-access.js';
import { TableAccesses } from './rows/table-accesses.js';
import { ApplySession } from './session/apply-session.js';

/** A row that two servers do not have alike. */
export interface RowDifference {
  readonly schema: string;
  readonly table: string;
  readonly key: ShownRow | undefined;
  /** As the first server has it; undefined: not at all. */
  readonly first: ShownRow | undefined;
  /** As the second server has it. */
  readonly second: ShownRow | undefined;
}

/** How the rows that transactions touched compare on two servers. */
export interface ServerComparison {
  readonly rowCount: number;
  /** The first 100 of them. */
  readonly differences: readonly RowDifference[];
  readonly differenceCount: number;
  /** `schema.table` of tables without a key, whose rows cannot be found again one by one. */
  readonly notCompared: readonly string[];
}

const DIFFERENCES_MAX = 100;
const ROWS_AT_A_TIME = 1_000;

/**
 * Compares every row that the transactions touched (by its key before and after) on two servers, exactly. Reads only;
 * both must be at rest, or caught up with each other, for the answer to mean something.
 */
export async function compareTouchedRows(
  first: SqlConnection,
  second: SqlConnection,
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
  options: {
    /** Tables of the first server. */
    readonly catalog?: TableCatalog;
    readonly queryTimeoutMs?: number;
    readonly signal?: AbortSignal;
  } = {},
): Promise<ServerComparison> {
  const settings = {
    logged: false,
    queryTimeoutMs: options.queryTimeoutMs ?? 60_000,
    lockWaitTimeoutS: 1,
    signal: options.signal,
  };
  const firstSession = await ApplySession.open(first, settings);
  try {
    const secondSession = await ApplySession.open(second, settings);
    try {
      const accesses = new TableAccesses(options.catalog ?? new ServerCatalog(first, options));
      const comparison = new Comparison(firstSession, secondSession);
      for await (const transaction of transactions) {
        for (const { table, before, after } of transaction.rows()) {
          const access = await accesses.of(table, transaction.gtid);
          for (const image of [before, after]) if (image !== undefined) await comparison.add(access, image);
        }
      }
      return await comparison.finish();
    } finally {
      await secondSession.close();
    }
  } finally {
    await firstSession.close();
  }
}

class Comparison {
  readonly #waiting = new Map<TableAccess, Map<string, RowImage>>();
  readonly #notCompared = new Set<string>();
  readonly #differences: RowDifference[] = [];
  #rowCount = 0;
  #differenceCount = 0;

  constructor(
    private readonly first: ApplySession,
    private readonly second: ApplySession,
  ) {}

  async add(access: TableAccess, image: RowImage): Promise<void> {
    const { schema, table } = access.definition;
    if (!access.keyed) {
      this.#notCompared.add(`${schema}.${table}`);
      return;
    }
    const waiting = this.#waiting.get(access) ?? new Map<string, RowImage>();
    this.#waiting.set(access, waiting);
    waiting.set(access.keyOf(image), image);
    if (waiting.size >= ROWS_AT_A_TIME) await this.#compare(access, waiting);
  }

  async finish(): Promise<ServerComparison> {
    for (const [access, waiting] of this.#waiting) await this.#compare(access, waiting);
    return {
      rowCount: this.#rowCount,
      differences: this.#differences,
      differenceCount: this.#differenceCount,
      notCompared: [...this.#notCompared].sort(),
    };
  }

  async #compare(access: TableAccess, waiting: Map<string, RowImage>): Promise<void> {
    const images = [...waiting.values()];
    const [first, second] = await Promise.all([
      fetchByKeys(this.first.sql, access, images, false),
      fetchByKeys(this.second.sql, access, images, false),
    ]);
    for (const [key, image] of waiting) {
      const [a, b] = [first.get(key), second.get(key)];
      this.#rowCount++;
      if (
        a === undefined
          ? b === undefined
          : b !== undefined && access.contentOfRow(a) === access.contentOfRow(b)
      ) {
        continue;
      }
      this.#differenceCount++;
      if (this.#differences.length >= DIFFERENCES_MAX) continue;
      this.#differences.push({
        schema: access.definition.schema,
        table: access.definition.table,
        key: access.showKey(image),
        first: a === undefined ? undefined : access.showRow(a),
        second: b === undefined ? undefined : access.showRow(b),
      });
    }
    waiting.clear();
  }
}
