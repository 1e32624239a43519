import { defineOperatorCommand } from '../operator/define-operator-command.js';
import { requireAddress, requireDuration, timeoutOption } from '../operator/timeout-option.js';

export const failover = defineOperatorCommand({
  command: 'failover <group>',
  describe: 'promote a replica of a primary that does not answer, also where the engine would not by itself',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .option('target', {
        alias: 'to',
        type: 'string',
        requiresArg: true,
        describe: 'host:port; default: the engine chooses',
      })
      .option('allow-data-loss', {
        type: 'boolean',
        default: false,
        describe:
          'go on although transactions of the old primary are known to be missing, or its disk cannot be read',
      })
      .option('timeout', timeoutOption),
  check: async (args) => {
    await requireAddress('target', args.target);
    requireDuration('timeout', args.timeout);
  },
  run: async ({ args, context, store }) => {
    const { carryOut } = await import('../group/carry-out.js');
    const { group, target, allowDataLoss } = args;
    const request = { group, kind: 'failover', target, args: { allowDataLoss } } as const;
    return carryOut(store, context, request, requireDuration('timeout', args.timeout));
  },
});
