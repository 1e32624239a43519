import type { RowChange, RowChangeKind, RowImage, Transaction } from '../rows/model.js';
import type { TableCatalog } from '../sql/catalog/table-definition.js';
import { ServerCatalog } from './catalog/server-catalog.js';
import type { SqlConnection } from './connection/sql-connection.js';
import { countLike, fetchByKeys } from './rows/fetch-rows.js';
import type { ShownRow } from './rows/row-conflict.js';
import type { ServerRow, TableAccess } from './rows/table-access.js';
import { TableAccesses } from './rows/table-accesses.js';
import { ApplySession } from './session/apply-session.js';

/** A changed row beside what a server has now. */
export interface RowDiff {
  readonly gtid: string | undefined;
  readonly schema: string;
  readonly table: string;
  readonly kind: RowChangeKind;
  /** Undefined where the table has no key. */
  readonly key: ShownRow | undefined;
  /** As the change found the row; undefined for an insert. */
  readonly before: ShownRow | undefined;
  /** As the change left it; undefined for a delete. */
  readonly after: ShownRow | undefined;
  /** As the server has it now; undefined: it has no such row. */
  readonly now: ShownRow | undefined;
  /**
   * `as-before`: the change can be made again; `as-after`: it is there already; `differs`: the row is neither, or it is
   * gone.
   */
  readonly state: 'as-before' | 'as-after' | 'differs';
}

const ROWS_AT_A_TIME = 1_000;

/**
 * Each row that a transaction changed: before, after, and what a server has now. Each change is compared by itself, as
 * if it were the only one. Reads only.
 *
 * Throws {@link ApplyRefusedError} when the server has no such table, and what it answers.
 */
export async function* diffTransaction(
  connection: SqlConnection,
  transaction: Transaction,
  options: {
    readonly catalog?: TableCatalog;
    readonly queryTimeoutMs?: number;
    readonly signal?: AbortSignal;
  } = {},
): AsyncIterableIterator<RowDiff> {
  const session = await ApplySession.open(connection, {
    logged: false,
    queryTimeoutMs: options.queryTimeoutMs ?? 60_000,
    lockWaitTimeoutS: 1,
    signal: options.signal,
  });
  try {
    const accesses = new TableAccesses(options.catalog ?? new ServerCatalog(connection, options));
    let changes: { change: RowChange; access: TableAccess }[] = [];
    for (const change of transaction.rows()) {
      changes.push({ change, access: await accesses.of(change.table, transaction.gtid) });
      if (changes.length < ROWS_AT_A_TIME) continue;
      yield* await diffs(session, transaction.gtid, changes);
      changes = [];
    }
    yield* await diffs(session, transaction.gtid, changes);
  } finally {
    await session.close();
  }
}

async function diffs(
  session: ApplySession,
  gtid: string | undefined,
  changes: readonly { readonly change: RowChange; readonly access: TableAccess }[],
): Promise<RowDiff[]> {
  const rows = new Map<TableAccess, Map<string, ServerRow>>();
  for (const access of new Set(changes.map((each) => each.access))) {
    if (!access.keyed) continue;
    const images = changes
      .filter((each) => each.access === access)
      .flatMap(({ change }) => [change.after, change.before].filter((image) => image !== undefined));
    rows.set(access, await fetchByKeys(session.sql, access, images, false));
  }
  const result: RowDiff[] = [];
  for (const { change, access } of changes) {
    const found = access.keyed
      ? byKey(access, change, rows.get(access) ?? new Map<string, ServerRow>())
      : await byContent(session, access, change);
    const image = change.after ?? change.before;
    result.push({
      gtid,
      schema: access.definition.schema,
      table: access.definition.table,
      kind: change.kind,
      key: image === undefined ? undefined : access.showKey(image),
      before: change.before === undefined ? undefined : access.showImage(change.before),
      after: change.after === undefined ? undefined : access.showImage(change.after),
      ...found,
    });
  }
  return result;
}

function byKey(
  access: TableAccess,
  { before, after }: RowChange,
  rows: ReadonlyMap<string, ServerRow>,
): Pick<RowDiff, 'now' | 'state'> {
  const rowOf = (image: RowImage | undefined) =>
    image === undefined ? undefined : rows.get(access.keyOf(image));
  const isLike = (image: RowImage | undefined, row: ServerRow | undefined) =>
    image === undefined || row === undefined
      ? image === undefined && row === undefined
      : access.differing(image, row).length === 0;
  const [atAfter, atBefore] = [rowOf(after), rowOf(before)];
  const row = atAfter ?? atBefore;
  const moved = before !== undefined && after !== undefined && access.keyOf(before) !== access.keyOf(after);
  // An update of the key is done when the new key is there and the old one is not.
  const asAfter =
    isLike(after, after === undefined ? atBefore : atAfter) && (!moved || atBefore === undefined);
  const asBefore =
    isLike(before, before === undefined ? atAfter : atBefore) && (!moved || atAfter === undefined);
  return {
    now: row === undefined ? undefined : access.showRow(row),
    state: asAfter ? 'as-after' : asBefore ? 'as-before' : 'differs',
  };
}

async function byContent(
  session: ApplySession,
  access: TableAccess,
  { before, after }: RowChange,
): Promise<Pick<RowDiff, 'now' | 'state'>> {
  const has = async (image: RowImage | undefined) =>
    image !== undefined && (await countLike(session.sql, access, image, false)) > 0;
  if (await has(after))
    return { now: after === undefined ? undefined : access.showImage(after), state: 'as-after' };
  if (await has(before))
    return { now: before === undefined ? undefined : access.showImage(before), state: 'as-before' };
  return {
    now: undefined,
    state: after === undefined ? 'as-after' : before === undefined ? 'as-before' : 'differs',
  };
}
