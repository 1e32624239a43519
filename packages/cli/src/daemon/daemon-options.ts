import type { Argv } from 'yargs';
import type { GlobalArgs } from '../command/define-command.js';

const logLevels = ['error', 'warn', 'info', 'debug'] as const;
const logFormats = ['json', 'pretty'] as const;

export const daemonOptions = (yargs: Argv<GlobalArgs>) =>
  yargs
    .option('config', {
      alias: 'c',
      type: 'string',
      demandOption: true,
      requiresArg: true,
      global: false,
      describe: 'configuration file, YAML or JSON',
    })
    .option('log-level', {
      choices: logLevels,
      default: 'info' as const,
      describe: 'how much is logged, to stderr',
    })
    .option('log-format', {
      choices: logFormats,
      describe: 'default: pretty on a terminal, else json',
    });
