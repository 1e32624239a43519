import { statement, type Statement } from '../connection/statement.js';
import type { Dialect } from '../dialect/dialect.js';

/**
 * `durable`: every commit is on disk before it is answered (`sync_binlog` and `innodb_flush_log_at_trx_commit` 1 and 1).
 * `crash-safe`: every commit is with the operating system before it is answered (0 and 2): a server that is killed has lost
 * nothing, a machine that loses power may have. `relaxed`: written once a second (0 and 0); a server that is killed may have
 * transactions in its binlog, and so in `gtid_executed`, whose rows InnoDB has lost: seen on 9.7.
 */
export type Durability = 'durable' | 'crash-safe' | 'relaxed';

const flushing = { durable: [1, 1], 'crash-safe': [0, 2], relaxed: [0, 0] } as const;

export function durabilityStatement(dialect: Dialect, durability: Durability): Statement {
  const [binlog, redo] = flushing[durability];
  const { syncBinlog, flushLogAtTrxCommit } = dialect.variables;
  return statement(
    `make commits ${durability}`,
    `SET GLOBAL ${syncBinlog} = ${binlog}, GLOBAL ${flushLogAtTrxCommit} = ${redo}`,
  );
}
