import type { Argv } from 'yargs';
import type { GlobalArgs } from '../command/define-command.js';

const group = 'Connection:';

/** How a command finds ZooKeeper; all of it can also stand in a file or in the environment. */
export const operatorOptions = (yargs: Argv<GlobalArgs>) =>
  yargs
    .option('config', {
      alias: 'c',
      type: 'string',
      requiresArg: true,
      group,
      describe: 'file with zookeeper: and mysql: (or DCMHA_CONFIG)',
    })
    .option('zookeeper', {
      type: 'string',
      requiresArg: true,
      group,
      describe: 'host:port,host:port (or DCMHA_ZOOKEEPER)',
    })
    .option('root', {
      type: 'string',
      requiresArg: true,
      group,
      describe: 'root of the tree, default /mysql (or DCMHA_ZOOKEEPER_ROOT)',
    })
    .option('connect-timeout', {
      type: 'number',
      requiresArg: true,
      group,
      describe: 'milliseconds to wait for ZooKeeper and for each server, default 5000',
    });

/** For commands that also look at the servers. The password comes from a file or the environment, never from here. */
export const mysqlOptions = <Args>(yargs: Argv<Args>) =>
  yargs.option('mysql-user', {
    type: 'string',
    requiresArg: true,
    group,
    describe: 'account on the servers (or DCMHA_MYSQL_USER; its password: DCMHA_MYSQL_PASSWORD)',
  });

export interface OperatorArgs {
  readonly config?: string | undefined;
  readonly zookeeper?: string | undefined;
  readonly root?: string | undefined;
  readonly connectTimeout?: number | undefined;
  readonly mysqlUser?: string | undefined;
}
