import type { Transaction } from '../rows/model.js';
import { ServerCatalog } from './catalog/server-catalog.js';
import type { SqlConnection } from './connection/sql-connection.js';
import type { ApplyOptions } from './apply-transactions.js';
import { plannedChange, RowCheck, type Direction } from './rows/row-check.js';
import type { RowConflict } from './rows/row-conflict.js';
import { TableAccesses } from './rows/table-accesses.js';
import { ApplySession } from './session/apply-session.js';

/** How the rows of a server stand to transactions that were, or were not, undone. */
export interface UndoState {
  /**
   * `applied`: every row is as the transactions left it; `undone`: as it was before them; `neither`: some rows are
   * neither. Where both hold (the transactions changed nothing in the end), `applied`.
   */
  readonly state: 'applied' | 'undone' | 'neither';
  /** What `applied` fails at. */
  readonly conflicts: readonly RowConflict[];
}

/**
 * Finds out whether an undo that was interrupted was committed: reads only, locks nothing, changes nothing.
 *
 * A table without any key in which identical rows may occur cannot tell: give undo a GTID (`ApplyOptions.gtid`) and look
 * for that instead. All rows' keys are kept in memory.
 */
export async function undoState(
  connection: SqlConnection,
  transactions: readonly Transaction[],
  options: Pick<ApplyOptions, 'catalog' | 'plan' | 'conflictsMax' | 'queryTimeoutMs' | 'signal'> = {},
): Promise<UndoState> {
  const session = await ApplySession.open(connection, {
    logged: false,
    queryTimeoutMs: options.queryTimeoutMs ?? 60_000,
    lockWaitTimeoutS: 1,
    signal: options.signal,
  });
  try {
    const accesses = new TableAccesses(options.catalog ?? new ServerCatalog(connection, options));
    const wanted = transactions.filter((transaction) => options.plan?.undoes(transaction) ?? true);
    const conflicts = await conflictsOf(session, accesses, wanted, 'undo', options.conflictsMax ?? 100);
    if (conflicts.length === 0) return { state: 'applied', conflicts };
    const others = await conflictsOf(session, accesses, wanted, 'redo', 1);
    return { state: others.length === 0 ? 'undone' : 'neither', conflicts };
  } finally {
    await session.close();
  }
}

async function conflictsOf(
  session: ApplySession,
  accesses: TableAccesses,
  transactions: readonly Transaction[],
  direction: Direction,
  conflictsMax: number,
): Promise<RowConflict[]> {
  const check = new RowCheck(session.sql, { lock: false, conflictsMax });
  const conflicts: RowConflict[] = [];
  for (const transaction of direction === 'undo' ? transactions.toReversed() : transactions) {
    let planned = [];
    for (const change of direction === 'undo' ? transaction.rowsReversed() : transaction.rows()) {
      const access = await accesses.of(change.table, transaction.gtid);
      planned.push(plannedChange(transaction.gtid, access, change, direction));
      if (planned.length < 2_000) continue;
      conflicts.push(...(await check.check(planned)));
      planned = [];
    }
    conflicts.push(...(await check.check(planned)));
    if (conflicts.length >= conflictsMax) break;
  }
  return conflicts.slice(0, conflictsMax);
}
