import type { Argv } from 'yargs';
import type { GlobalArgs } from '../command/define-command.js';
import { mysqlOptions, operatorOptions } from '../operator/operator-options.js';

/** Which lost transactions, and where their files are. */
export const lostOptions = <Args extends GlobalArgs>(yargs: Argv<Args>) =>
  mysqlOptions(operatorOptions(yargs as unknown as Argv<GlobalArgs>))
    .option('group', {
      alias: 'g',
      type: 'string',
      requiresArg: true,
      describe: 'name of the group; default: look in all of them',
    })
    .option('dir', {
      type: 'string',
      requiresArg: true,
      describe:
        'folder with the files, of an agent (stateDir/lost) or a copy; default: ask the agent that has them',
    });

/** An id, with {@link lostOptions}. */
export const oneLost = (yargs: Argv<GlobalArgs>) =>
  lostOptions(yargs).positional('id', {
    type: 'string',
    demandOption: true,
    describe: 'as dcmha lost list tells it, or enough of its beginning',
  });

export const gtidsOption = <Args>(yargs: Argv<Args>, describe: string) =>
  yargs.option('gtids', { type: 'string', requiresArg: true, describe: `${describe}: a set, @FILE, or @-` });
