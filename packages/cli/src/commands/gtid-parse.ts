import { defineCommand } from '../command/define-command.js';

export const gtidParse = defineCommand({
  command: 'parse <set>',
  describe: 'check a set and print it in order, intervals merged',
  builder: (yargs) =>
    yargs.positional('set', { type: 'string', demandOption: true, describe: 'a set, @FILE, or @-' }),
  run: async (args, context) => {
    const [{ GtidSet, parseAnyGtidSet }, { gtidText, withGtids }] = await Promise.all([
      import('@dcmha/binlog-reconcile/gtid'),
      import('../binlog/read-gtids.js'),
    ]);
    const text = await gtidText(args.set, context.stdin);
    const set = withGtids(() => parseAnyGtidSet(text));
    const flavor = set instanceof GtidSet ? 'mysql' : 'mariadb';
    context.result({ flavor, set: set.toString(), count: set.count }, () => set.toString());
  },
});
