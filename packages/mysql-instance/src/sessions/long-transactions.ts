import { numeral } from '../connection/quote.js';
import { statement } from '../connection/statement.js';
import type { Operation } from '../instance/operation.js';
import { toNumber } from '../status/parse-values.js';

/** An InnoDB transaction that is open for longer than wanted. */
export interface LongTransaction {
  readonly sessionId: number;
  readonly user: string;
  readonly host: string;
  readonly ageMs: number;
  readonly rowsModified: number;
  readonly rowsLocked: number;
  /** State of the transaction: `RUNNING`, `LOCK WAIT`, `ROLLING BACK` or `COMMITTING`. */
  readonly state: string;
  /** What the session does now, such as `Sleep` or `Query`. */
  readonly command: string;
  /** First 200 characters of the running statement. */
  readonly query: string | null;
}

/** `trx_started` is in the time zone of the host, whatever the session's time zone is (seen on MySQL 9.7). */
const AGE_S = "TIMESTAMPDIFF(SECOND, t.trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM'))";

/** Open transactions older than `thresholdMs`, oldest first; at most 1,000. Ages are in steps of 1 s. */
export async function longTransactions(
  op: Operation,
  thresholdMs: number,
): Promise<readonly LongTransaction[]> {
  const [set] = await op.session.run([
    statement(
      'list long transactions',
      `SELECT t.trx_mysql_thread_id AS id, p.USER AS user, p.HOST AS host, p.COMMAND AS command,
         ${AGE_S} AS ageS,
         t.trx_rows_modified AS modified, t.trx_rows_locked AS locked, t.trx_state AS state, LEFT(t.trx_query, 200) AS query
       FROM information_schema.INNODB_TRX t LEFT JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
       WHERE t.trx_mysql_thread_id <> CONNECTION_ID()
         AND ${AGE_S} * 1000 >= ${numeral(thresholdMs)}
       ORDER BY t.trx_started LIMIT 1000`,
    ),
  ]);
  return (set?.rows ?? []).map((row) => ({
    sessionId: toNumber(row['id']),
    user: row['user'] ?? '',
    host: row['host'] ?? '',
    ageMs: toNumber(row['ageS']) * 1000,
    rowsModified: toNumber(row['modified']),
    rowsLocked: toNumber(row['locked']),
    state: row['state'] ?? '',
    command: row['command'] ?? '',
    query: row['query'] ?? null,
  }));
}
