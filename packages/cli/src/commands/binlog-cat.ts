import { defineCommand } from '../command/define-command.js';
import { binlogOptions } from '../binlog/binlog-options.js';

export const binlogCat = defineCommand({
  command: 'cat [file..]',
  describe: 'print transactions and their rows; --json: one object a line',
  builder: (yargs) =>
    binlogOptions(yargs).option('summary', {
      type: 'boolean',
      default: false,
      describe: 'a line for each transaction, without its rows',
    }),
  run: async (args, context) => {
    const [{ listTransactions, rowsJsonLines }, { openBinlog }, { Progress }, { writeStream }] =
      await Promise.all([
        import('@dcmha/binlog-reconcile'),
        import('../binlog/open-binlog.js'),
        import('../binlog/progress.js'),
        import('../binlog/write-stream.js'),
      ]);
    const binlog = await openBinlog(args, context);
    try {
      const source = new Progress(context).of(binlog.open({}));
      const text = context.json ? rowsJsonLines(source) : listTransactions(source, { rows: !args.summary });
      await writeStream(text, context.stdout);
    } finally {
      await binlog.close();
    }
  },
});
