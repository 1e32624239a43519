import { defineCommand, type Command } from '../command/define-command.js';

export const gtidAlgebra = (name: 'union' | 'subtract' | 'intersect', describe: string): Command =>
  defineCommand({
    command: `${name} <set> <other..>`,
    describe,
    builder: (yargs) =>
      yargs
        .positional('set', { type: 'string', demandOption: true, describe: 'a set, @FILE, or @-' })
        .positional('other', { type: 'string', array: true, demandOption: true, describe: 'more sets' }),
    run: async (args, context) => {
      const [{ parseGtidSetPair }, { gtidText, withGtids }] = await Promise.all([
        import('@dcmha/binlog-reconcile/gtid'),
        import('../binlog/read-gtids.js'),
      ]);
      let result = await gtidText(args.set, context.stdin);
      for (const argument of args.other) {
        const other = await gtidText(argument, context.stdin);
        result = withGtids(() => {
          const pair = parseGtidSetPair(result, other);
          return pair.flavor === 'mysql'
            ? pair.left[name](pair.right).toString()
            : pair.left[name](pair.right).toString();
        });
      }
      context.result({ set: result }, () => result);
    },
  });
