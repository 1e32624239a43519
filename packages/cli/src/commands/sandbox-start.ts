import { defineCommand } from '../command/define-command.js';
import { sandboxName } from './sandbox-options.js';

export const sandboxStartCommand = defineCommand({
  command: 'start <server>',
  describe: 'start a server of a sandbox again that has ended',
  builder: (yargs) =>
    sandboxName(yargs).positional('server', {
      type: 'string',
      demandOption: true,
      describe: 'its name or address',
    }),
  run: async (args, context) => {
    const { sandboxStart } = await import('@dcmha/sandbox');
    const started = await sandboxStart(args.name, args.server);
    context.result({ ok: true, ...started }, () => `${started.name} runs (pid ${started.pid})`);
  },
});
