import { UndoPlanner, UndoRefusedError, type UndoPlan, type UndoPlanOptions } from '../undo-plan/index.js';
import type { Transaction } from '../../rows/model.js';
import { TransactionIndex, type OpenTransactions } from './newest-first.js';
import { asText, undoSqlBytes, type SqlTextOptions } from './sql-text.js';

export interface UndoFromOptions extends SqlTextOptions, UndoPlanOptions {
  /** Called once all was read and judged, before anything is written. */
  readonly onPlan?: (plan: UndoPlan) => void;
}

/**
 * SQL that takes back every transaction of a binlog (or of the wanted part of it), newest first, in bounded memory: one
 * pass to judge and to note where transactions are, a second one backwards.
 *
 * Throws {@link UndoRefusedError} before anything is written when something of it cannot be undone.
 */
export async function* undoSqlBytesFrom(
  open: OpenTransactions,
  options: UndoFromOptions = {},
): AsyncIterableIterator<Buffer> {
  const planner = new UndoPlanner(options);
  const index = new TransactionIndex();
  for await (const transaction of open({ onTorn: (torn) => planner.addTorn(torn) })) {
    await planner.add(transaction);
    index.add(transaction);
  }
  const plan = planner.finish();
  options.onPlan?.(plan);
  if (!plan.ok) throw new UndoRefusedError(plan.refusals);
  yield* undoSqlBytes(only(index.newestFirst(open), plan), options);
}

/** {@link undoSqlBytesFrom} as strings. */
export function undoSqlFrom(
  open: OpenTransactions,
  options: UndoFromOptions = {},
): AsyncIterableIterator<string> {
  return asText(undoSqlBytesFrom(open, options));
}

async function* only(
  transactions: AsyncIterable<Transaction>,
  plan: UndoPlan,
): AsyncIterableIterator<Transaction> {
  for await (const transaction of transactions) if (plan.undoes(transaction)) yield transaction;
}
