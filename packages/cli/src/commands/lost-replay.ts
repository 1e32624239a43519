import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineLostCommand } from '../lost/define-lost-command.js';
import { gtidsOption, oneLost } from '../lost/lost-options.js';

const conflictsTold = 20;

export const lostReplay = defineLostCommand({
  command: 'replay <id>',
  describe:
    'apply lost transactions on the primary, in one transaction; a row that differs is never overwritten',
  builder: (yargs) =>
    gtidsOption(oneLost(yargs), 'which ones')
      .option('all', { type: 'boolean', default: false, describe: 'all of them' })
      .option('on-conflict', {
        choices: ['stop', 'skip'] as const,
        default: 'stop' as const,
        describe: 'change nothing at all, or leave out the transactions that conflict',
      })
      .option('dry-run', { type: 'boolean', default: false, describe: 'try it, and roll it back' })
      .option('again', {
        type: 'boolean',
        default: false,
        describe: 'also what was replayed before, or may have been',
      }),
  check: ({ gtids, all }) => {
    if ((gtids !== undefined) !== all) return;
    throw new CliError(all ? '--gtids and --all exclude each other' : 'no transaction is chosen', {
      expected: 'expected --gtids SET or --all',
      exitCode: ExitCode.usage,
    });
  },
  run: async ({ args, context, files, registered, store, settings }) => {
    const { outcomeText, replay } = await import('../lost/replay.js');
    const report = await replay({
      store,
      settings,
      context,
      registered,
      files,
      gtids: args.gtids,
      onConflict: args.onConflict,
      dryRun: args.dryRun,
      again: args.again,
    });
    const reasons = [
      ...report.refusals,
      ...report.conflicts.map(({ gtid, message }) => `${gtid ?? 'one of them'}: ${message}`),
      ...report.skipped.map(
        ({ gtid, conflicts }) => `${gtid} skipped: ${conflicts[0]?.message ?? 'it conflicts'}`,
      ),
    ];
    context.result(report, () =>
      [
        `${report.group} ${report.id}: ${outcomeText(report)}`,
        ...reasons.slice(0, conflictsTold).map((reason) => `  - ${reason}`),
        ...(reasons.length > conflictsTold
          ? [`  - and ${reasons.length - conflictsTold} more (--json has all)`]
          : []),
      ].join('\n'),
    );
    return report.ok ? ExitCode.ok : ExitCode.failed;
  },
});
