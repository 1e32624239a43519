import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const lostList = defineOperatorCommand({
  command: 'list [group]',
  describe: 'list lost transactions that nobody has judged yet, the oldest first',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', describe: 'name of the group; default: all' })
      .option('all', { alias: 'a', type: 'boolean', default: false, describe: 'also those that are judged' }),
  run: async ({ args, context, store }) => {
    const [{ listRegistered }, { listText }] = await Promise.all([
      import('../lost/find-lost.js'),
      import('../lost/lost-text.js'),
    ]);
    const all = await listRegistered(store, args.group, (message) => context.progress(`dcmha: ${message}`));
    const events = args.all ? all : all.filter(({ value }) => value.review.state !== 'resolved');
    const hidden = all.length - events.length;
    context.result(
      { lost: events.map(({ group, id, value }) => ({ group, id, ...value })), resolved: hidden },
      () => {
        const rest = hidden === 0 ? '' : `${hidden} resolved (--all shows them)`;
        if (events.length === 0) return rest === '' ? 'no transaction was lost' : `nothing to judge; ${rest}`;
        return rest === '' ? listText(events) : `${listText(events)}\n${rest}`;
      },
    );
  },
});
