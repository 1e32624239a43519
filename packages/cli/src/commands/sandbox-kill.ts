import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineCommand } from '../command/define-command.js';
import { sandboxName } from './sandbox-options.js';

const signals = {
  KILL: 'SIGKILL',
  TERM: 'SIGTERM',
  STOP: 'SIGSTOP',
  CONT: 'SIGCONT',
} as const satisfies Record<string, NodeJS.Signals>;

export const sandboxKillCommand = defineCommand({
  command: 'kill <server>',
  describe: 'send a signal to a server of a sandbox',
  builder: (yargs) =>
    sandboxName(yargs)
      .positional('server', {
        type: 'string',
        demandOption: true,
        describe: 'its name, its address, or "primary"',
      })
      .option('signal', {
        alias: 's',
        type: 'string',
        default: 'KILL',
        requiresArg: true,
        describe: `${Object.keys(signals).join(', ')} (STOP freezes, CONT thaws)`,
      }),
  run: async (args, context) => {
    const word = args.signal.toUpperCase().replace(/^SIG/, '');
    if (!(word in signals)) {
      throw new CliError(`--signal ${args.signal} is none that can be sent`, {
        expected: `expected one of ${Object.keys(signals).join(', ')}`,
        exitCode: ExitCode.usage,
      });
    }
    const signal = signals[word as keyof typeof signals];
    const { sandboxKill } = await import('@dcmha/sandbox');
    const killed = await sandboxKill(args.name, args.server, signal);
    context.result(
      { ok: true, ...killed, signal },
      () => `${signal} sent to ${killed.name} (pid ${killed.pid})`,
    );
  },
});
