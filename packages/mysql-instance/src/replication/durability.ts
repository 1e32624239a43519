import { statement, type Statement } from '../connection/statement.js';
import type { Dialect } from '../dialect/dialect.js';

/**
 * `durable`: every commit is on disk before it is answered (1 and 1). `relaxed`: the operating system writes when it
 * likes (0 and 0); good for replicas, whose transactions can be fetched again.
 */
export type Durability = 'durable' | 'relaxed';

export function durabilityStatement(dialect: Dialect, durability: Durability): Statement {
  const value = durability === 'durable' ? 1 : 0;
  const { syncBinlog, flushLogAtTrxCommit } = dialect.variables;
  return statement(
    `make commits ${durability}`,
    `SET GLOBAL ${syncBinlog} = ${value}, GLOBAL ${flushLogAtTrxCommit} = ${value}`,
  );
}
