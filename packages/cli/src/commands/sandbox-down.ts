import { defineCommand } from '../command/define-command.js';
import { sandboxName } from './sandbox-options.js';

export const sandboxDownCommand = defineCommand({
  command: 'down',
  describe: 'end a sandbox and throw its data away',
  builder: sandboxName,
  run: async (args, context) => {
    const { sandboxDown } = await import('@dcmha/sandbox');
    const { ended } = await sandboxDown(args.name);
    context.result(
      { ok: true, name: args.name, ended },
      () => `sandbox ${args.name}: ${ended} processes ended`,
    );
  },
});
