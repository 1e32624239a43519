import { statement } from '../connection/statement.js';
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
  const { binlogStatus, rotateBinlog } = op.dialect.statements;
  const [set] = await op.session.run([statement('read binlog position', binlogStatus)]);
  if (toNumber(set?.rows[0]?.['Position']) <= bytes) return false;
  await op.session.run([statement('begin a new binlog file', rotateBinlog)]);
  return true;
}
