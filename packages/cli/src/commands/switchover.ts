import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';
import { parseDuration } from '../output/time.js';

export const switchover = defineOperatorCommand({
  command: 'switchover <group>',
  describe: 'move the primary to another server, nothing being lost',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .option('to', { type: 'string', requiresArg: true, describe: 'host:port; default: the engine chooses' })
      .option('timeout', {
        type: 'string',
        default: '60s',
        requiresArg: true,
        describe: 'how long to wait for the result, such as 30s',
      }),
  check: async (args) => {
    const { isAddress } = await import('@dcmha/zk-schema');
    if (args.to !== undefined && !isAddress(args.to)) {
      throw new CliError(`--to ${args.to} names no server`, {
        expected: 'expected host:port',
        exitCode: ExitCode.usage,
      });
    }
    if ((parseDuration(args.timeout) ?? 0) <= 0) {
      throw new CliError(`--timeout ${args.timeout} is no time`, {
        expected: 'expected for example 30s',
        exitCode: ExitCode.usage,
      });
    }
  },
  run: async ({ args, context, store }) => {
    const [{ requestSwitchover, waitForResult }, { phasesText }] = await Promise.all([
      import('../group/request-switchover.js'),
      import('../group/history-view.js'),
    ]);
    const { group } = args;
    const timeoutMs = parseDuration(args.timeout)!;
    const request = await requestSwitchover(store, {
      group,
      target: args.to,
      env: context.env,
      timeoutMs,
    });
    context.progress(`asked for as ${request.task}; waiting for ${request.engine}`);
    const { result, reason, from, to, epoch, phasesMs } = await waitForResult(store, {
      group,
      task: request.task,
      timeoutMs,
      signal: context.signal,
      onStep: (step) => context.progress(`  ${step}`),
    });
    const ok = result === 'done';
    context.result({ ok, group, task: request.task, result, reason, from, to, epoch, phasesMs }, () =>
      ok
        ? `${group}: ${from ?? 'none'} -> ${to ?? 'none'}, epoch ${epoch} (${phasesText(phasesMs)} ms)`
        : `${group}: switchover ${result}`,
    );
    if (!ok && !context.json)
      context.progress(`dcmha: the switchover of "${group}" was ${result}: ${reason}`);
    return ok ? ExitCode.ok : ExitCode.failed;
  },
});
