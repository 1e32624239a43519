import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const history = defineOperatorCommand({
  command: 'history <group>',
  describe: 'show what happened to a group, the newest last',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .option('limit', { alias: 'n', type: 'number', default: 20, requiresArg: true, describe: 'how many' })
      .option('phases', { type: 'boolean', default: false, describe: 'with the time of each phase' })
      .option('notes', {
        type: 'boolean',
        default: false,
        describe: 'with what was noted: hooks, members that were passed over, evidence',
      }),
  run: async ({ args, context, store }) => {
    const { historyText, readHistory } = await import('../group/history-view.js');
    const entries = await readHistory(store, args.group, Math.max(1, args.limit));
    context.result({ group: args.group, entries }, () => historyText(entries, args));
  },
});
