import type { Argv } from 'yargs';
import type { GlobalArgs } from '../command/define-command.js';

export const sandboxName = (yargs: Argv<GlobalArgs>) =>
  yargs.option('name', { type: 'string', default: 'default', requiresArg: true, describe: 'which sandbox' });
