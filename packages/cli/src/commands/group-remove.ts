import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const groupRemove = defineOperatorCommand({
  command: 'remove <group>',
  describe: 'stop looking after a group; its servers and routers go on as they are',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .option('yes', { alias: 'y', type: 'boolean', default: false, describe: 'really' }),
  run: async ({ args, context, store }) => {
    const { removeGroup } = await import('../group/remove-group.js');
    const removed = await removeGroup(store, args.group, { confirmed: args.yes });
    context.result(removed, () => `group ${removed.group} removed; its history is kept`);
  },
});
