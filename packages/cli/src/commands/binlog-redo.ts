import { defineCommand } from '../command/define-command.js';
import { sqlOptions } from '../binlog/sql-options.js';

export const binlogRedo = defineCommand({
  command: 'redo [file..]',
  describe: 'SQL that does the transactions again, the oldest first',
  builder: sqlOptions,
  run: async (args, context) => {
    const [
      { redoSqlBytes, rowsJsonLines, summarize },
      { openBinlog },
      { Progress },
      { writeStream },
      { summaryText },
    ] = await Promise.all([
      import('@dcmha/binlog-reconcile'),
      import('../binlog/open-binlog.js'),
      import('../binlog/progress.js'),
      import('../binlog/write-stream.js'),
      import('../binlog/summary-text.js'),
    ]);
    const binlog = await openBinlog(args, context);
    try {
      const source = new Progress(context).of(binlog.open({}));
      if (args.summary) {
        const summary = await summarize(source);
        context.result(summary, () => summaryText(summary));
      } else {
        const isJson = context.json || args.format === 'json';
        const title = [`dcmha binlog redo ${binlog.description}`];
        const form = args.format === 'binlog' ? 'binlog' : 'sql';
        await writeStream(
          isJson ? rowsJsonLines(source) : redoSqlBytes(source, { form, title }),
          context.stdout,
        );
      }
    } finally {
      await binlog.close();
    }
  },
});
