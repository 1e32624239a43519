import { expect, it } from 'vitest';
import { mysql84 } from '../dialect/mysql-8.4/index.js';
import { durabilityStatement } from './durability.js';

it.each([
  ['durable', 1, 1],
  ['crash-safe', 0, 2],
  ['relaxed', 0, 0],
] as const)('%s sets sync_binlog=%i and innodb_flush_log_at_trx_commit=%i', (durability, binlog, redo) => {
  expect(durabilityStatement(mysql84, durability).sql).toBe(
    `SET GLOBAL sync_binlog = ${binlog}, GLOBAL innodb_flush_log_at_trx_commit = ${redo}`,
  );
});
