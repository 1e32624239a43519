import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const maintenanceOff = defineOperatorCommand({
  command: 'off <group>',
  describe: 'the engine looks after the group again',
  builder: (yargs) =>
    yargs.positional('group', { type: 'string', demandOption: true, describe: 'name of the group' }),
  run: async ({ args, context, store }) => {
    const { requireGroup } = await import('../group/require-group.js');
    const { group } = args;
    await requireGroup(store, group);
    const was = await store.white.delete({ group }, { version: 'any' });
    context.result({ ok: true, group, was }, () =>
      was ? `${group} is out of maintenance` : `${group} was not in maintenance`,
    );
  },
});
