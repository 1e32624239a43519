import { statement, type ResultSet, type Statement } from '../connection/statement.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Operation } from '../instance/operation.js';
import { toNumber } from '../status/parse-values.js';

/**
 * Begins a new binlog file when the one being written is larger than `bytes`.
 *
 * A source reads its newest suitable file from the beginning to find where a replica goes on. With 300 MB in it, the first
 * acknowledgement after a promotion came 0.5 to 1 s late (MySQL 9.7); with a new file it came at once. So do this on a
 * candidate before replicas follow it. Written to no binlog; also possible on a closed server.
 *
 * @returns whether a new file was begun
 */
export async function rotateBinlogAbove(op: Operation, bytes: number): Promise<boolean> {
  if (bytes === Infinity) return false;
  const [set] = await op.session.run([binlogSizeStatement(op.dialect)]);
  if (binlogBytesOf(set) <= bytes) return false;
  await op.session.run([rotateBinlogStatement(op.dialect)]);
  return true;
}

export function binlogSizeStatement(dialect: Dialect): Statement {
  return statement('read binlog position', dialect.statements.binlogStatus);
}

/** Size of the binlog file being written; 0 when the binlog is off. */
export function binlogBytesOf(set: ResultSet | undefined): number {
  return toNumber(set?.rows[0]?.['Position']);
}

export function rotateBinlogStatement(dialect: Dialect): Statement {
  return statement('begin a new binlog file', dialect.statements.rotateBinlog);
}
