import { defineCommand } from '../command/define-command.js';
import { ExitCode } from '../exit-code.js';

export const gtidContains = defineCommand({
  command: 'contains <set> <other>',
  describe: 'whether all of the other set is in the first one; exit code 1 when not',
  builder: (yargs) =>
    yargs
      .positional('set', { type: 'string', demandOption: true, describe: 'a set, @FILE, or @-' })
      .positional('other', { type: 'string', demandOption: true, describe: 'a set, @FILE, or @-' }),
  run: async (args, context) => {
    const [{ parseGtidSetPair }, { gtidText, withGtids }] = await Promise.all([
      import('@dcmha/binlog-reconcile/gtid'),
      import('../binlog/read-gtids.js'),
    ]);
    const set = await gtidText(args.set, context.stdin);
    const other = await gtidText(args.other, context.stdin);
    const { contains, missing } = withGtids(() => {
      const pair = parseGtidSetPair(set, other);
      return pair.flavor === 'mysql'
        ? { contains: pair.left.contains(pair.right), missing: pair.right.subtract(pair.left).toString() }
        : { contains: pair.left.contains(pair.right), missing: pair.right.subtract(pair.left).toString() };
    });
    context.result({ contains, missing }, () => (contains ? 'yes' : `no: ${missing}`));
    return contains ? ExitCode.ok : ExitCode.failed;
  },
});
