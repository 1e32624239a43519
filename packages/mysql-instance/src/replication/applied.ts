import type { ResultSet, SqlRunner, Statement } from '../connection/statement.js';
import type { Dialect } from '../dialect/dialect.js';
import { fill } from '../dialect/fill-template.js';
import { isOn } from '../status/parse-values.js';

/** Asks whether a GTID set is executed (MariaDB: a position is reached). */
export function isAppliedStatement(dialect: Dialect, set: string): Statement {
  return fill(dialect, 'isApplied', 'look whether applied', { set });
}

/** Reads the answer of `isAppliedStatement` and of `waitApplied`. */
export function saysApplied(set: ResultSet | undefined): boolean {
  return isOn(set?.rows[0]?.['applied']);
}

export async function isApplied(dialect: Dialect, runner: SqlRunner, set: string): Promise<boolean> {
  const [answer] = await runner.run([isAppliedStatement(dialect, set)]);
  return saysApplied(answer);
}
