import { defineCommand } from '../command/define-command.js';

export const sandboxStatusCommand = defineCommand({
  command: 'status',
  describe: 'show what runs',
  builder: (yargs) =>
    yargs.option('name', { type: 'string', requiresArg: true, describe: 'default: every sandbox' }),
  run: async (args, context) => {
    const [{ sandboxNames, sandboxStatus }, { sandboxText }] = await Promise.all([
      import('@dcmha/sandbox'),
      import('../output/sandbox-text.js'),
    ]);
    const names = args.name === undefined ? await sandboxNames() : [args.name];
    const sandboxes = await Promise.all(names.map((name) => sandboxStatus(name)));
    context.result({ sandboxes }, () =>
      sandboxes.length === 0 ? 'no sandbox is up; dcmha sandbox up' : sandboxes.map(sandboxText).join('\n\n'),
    );
  },
});
