import { defineCommand } from '../command/define-command.js';
import { binlogOptions } from '../binlog/binlog-options.js';

export const binlogInfo = defineCommand({
  command: 'info [file..]',
  describe: 'transactions, times, GTIDs, rows by table',
  builder: binlogOptions,
  run: async (args, context) => {
    const [{ summarize }, { openBinlog }, { Progress }, { summaryText }] = await Promise.all([
      import('@dcmha/binlog-reconcile'),
      import('../binlog/open-binlog.js'),
      import('../binlog/progress.js'),
      import('../binlog/summary-text.js'),
    ]);
    const binlog = await openBinlog(args, context);
    try {
      const summary = await summarize(new Progress(context).of(binlog.open({})));
      context.result({ from: binlog.description, ...summary }, () => summaryText(summary));
    } finally {
      await binlog.close();
    }
  },
});
