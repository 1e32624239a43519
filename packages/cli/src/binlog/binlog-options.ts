import type { Argv } from 'yargs';
import type { GlobalArgs } from '../command/define-command.js';

/** Which binlog, and which part of it. */
export const binlogOptions = (yargs: Argv<GlobalArgs>) =>
  yargs
    .positional('file', { type: 'string', array: true, describe: 'binlog files, the oldest first' })
    .option('index', {
      type: 'string',
      requiresArg: true,
      describe: 'index of a server (binlog.index): all files that it names',
    })
    .option('host', {
      type: 'string',
      requiresArg: true,
      describe: 'read from this server, host:port (DCMHA_MYSQL_USER, DCMHA_MYSQL_PASSWORD)',
    })
    .option('gtids', {
      type: 'string',
      requiresArg: true,
      describe: 'only these transactions: a set, @FILE, or @-',
    })
    .option('table', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'only transactions that change this table: db.table or db.*',
    })
    .option('start', {
      type: 'string',
      requiresArg: true,
      describe: 'begin at a time (UTC unless it says) or FILE:POSITION',
    })
    .option('stop', { type: 'string', requiresArg: true, describe: 'end before a time or FILE:POSITION' })
    .option('schema-from', {
      type: 'string',
      requiresArg: true,
      describe: 'ask this server, host:port, for column names that the binlog does not hold',
    })
    .option('config', {
      alias: 'c',
      type: 'string',
      requiresArg: true,
      describe: 'file with mysql: user and password',
    })
    .option('mysql-user', { type: 'string', requiresArg: true, describe: 'account on the servers' })
    .option('verify', { type: 'boolean', default: true, describe: 'verify checksums' });

export interface BinlogArgs {
  readonly file?: readonly string[] | undefined;
  readonly index?: string | undefined;
  readonly host?: string | undefined;
  readonly gtids?: string | undefined;
  readonly table?: readonly string[] | undefined;
  readonly start?: string | undefined;
  readonly stop?: string | undefined;
  readonly schemaFrom?: string | undefined;
  readonly config?: string | undefined;
  readonly mysqlUser?: string | undefined;
  readonly verify: boolean;
}
