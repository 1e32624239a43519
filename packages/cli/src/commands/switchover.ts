import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';
import { requireAddress, requireDuration, requireMoment, timeoutOption } from '../operator/timeout-option.js';

export const switchover = defineOperatorCommand({
  command: 'switchover <group>',
  describe: 'move the primary to another server, nothing being lost',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .option('to', {
        alias: 'target',
        type: 'string',
        requiresArg: true,
        describe: 'host:port; default: the engine chooses',
      })
      .option('dry-run', {
        type: 'boolean',
        default: false,
        describe: 'print the checks and the plan; nothing is changed',
      })
      .option('at', {
        type: 'string',
        requiresArg: true,
        describe: 'later: 03:00, 2026-11-24T03:00 or +2h; begun then if the group is healthy',
      })
      .option('within', {
        type: 'string',
        requiresArg: true,
        describe: 'with --at: until when it may be begun, such as 10min; default 1min',
      })
      .option('timeout', timeoutOption)
      .example('$0 switchover orders --dry-run', '')
      .example('$0 switchover orders --at 03:00 --within 30min', ''),
  check: async (args) => {
    await requireAddress('to', args.to);
    requireDuration('timeout', args.timeout);
    if (args.at !== undefined) await requireMoment('at', args.at);
    if (args.within !== undefined) {
      requireDuration('within', args.within);
      if (args.at === undefined) {
        throw new CliError('--within is for --at only', {
          expected: 'expected --at TIME with it',
          exitCode: ExitCode.usage,
        });
      }
    }
    if (args.dryRun && args.at !== undefined) {
      throw new CliError('--dry-run and --at exclude each other', {
        expected: 'expected one of them: what will be at that time is not known',
        exitCode: ExitCode.usage,
      });
    }
  },
  run: async ({ args, context, settings, store }) => {
    const { group, to: target } = args;
    if (args.dryRun) {
      const { askSwitchover } = await import('../group/ask-engine.js');
      const { switchoverText } = await import('../group/switchover-text.js');
      const report = await askSwitchover(store, group, target, {
        timeoutMs: settings.timeoutMs,
        signal: context.signal,
      });
      context.result({ ok: report.possible, ...report }, () => switchoverText(report));
      return report.possible ? ExitCode.ok : ExitCode.failed;
    }
    if (args.at !== undefined) {
      const [{ requestTask }, { moment }] = await Promise.all([
        import('../group/request-task.js'),
        import('../output/time.js'),
      ]);
      const notBeforeMs = await requireMoment('at', args.at);
      const notAfterMs = notBeforeMs + requireDuration('within', args.within ?? '1min');
      const { task } = await requestTask(store, {
        group,
        kind: 'switchover',
        target,
        args: { notBeforeMs },
        env: context.env,
        notAfterMs,
        later: true,
      });
      context.result({ ok: true, group, task, notBeforeMs, notAfterMs }, () =>
        [
          `${group}: a switchover between ${moment(notBeforeMs)} and ${moment(notAfterMs)}, as ${task}`,
          `take it back with dcmha task cancel ${task}; its result: dcmha history ${group}`,
        ].join('\n'),
      );
      return ExitCode.ok;
    }
    const { carryOut } = await import('../group/carry-out.js');
    const timeoutMs = requireDuration('timeout', args.timeout);
    return carryOut(store, context, { group, kind: 'switchover', target }, timeoutMs);
  },
});
