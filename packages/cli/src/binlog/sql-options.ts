import type { Argv } from 'yargs';
import type { GlobalArgs } from '../command/define-command.js';
import { binlogOptions } from './binlog-options.js';

export const sqlOptions = (yargs: Argv<GlobalArgs>) =>
  binlogOptions(yargs)
    .option('format', {
      choices: ['sql', 'binlog', 'json'] as const,
      default: 'sql' as const,
      describe:
        'sql: statements to read; binlog: exact row events in BINLOG statements; json: one object a row',
    })
    .option('summary', { type: 'boolean', default: false, describe: 'only say what would be printed' });
