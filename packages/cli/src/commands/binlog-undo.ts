import { CliErrors } from '../errors/cli-error.js';
import { defineCommand } from '../command/define-command.js';
import { sqlOptions } from '../binlog/sql-options.js';

const reasonsShown = 20;

export const binlogUndo = defineCommand({
  command: 'undo [file..]',
  describe:
    'SQL that takes the transactions back, the newest first; refused, with the reason, when that cannot be whole',
  builder: sqlOptions,
  run: async (args, context) => {
    const [
      { TransactionIndex, UndoPlanner, UndoRefusedError, rowsJsonLines, undoSqlBytesFrom },
      { openBinlog },
      { Progress },
      { writeStream },
    ] = await Promise.all([
      import('@dcmha/binlog-reconcile'),
      import('../binlog/open-binlog.js'),
      import('../binlog/progress.js'),
      import('../binlog/write-stream.js'),
    ]);
    const binlog = await openBinlog(args, context);
    const looked = new Progress(context, 'looked at');
    const written = new Progress(context, 'taken back');
    let first = true;
    /** Everything is looked at before anything is written; then parts are read again, from the end. */
    const open: typeof binlog.open = (range) => {
      const progress = first ? looked : written;
      first = false;
      return progress.of(binlog.open(range));
    };
    try {
      if (args.summary) {
        const planner = new UndoPlanner({ signal: context.signal });
        for await (const transaction of open({ onTorn: (torn) => planner.addTorn(torn) })) {
          await planner.add(transaction);
        }
        const plan = planner.finish();
        const reasons = plan.refusals.map(({ message }) => message);
        context.result(
          {
            ok: plan.ok,
            transactionCount: plan.transactionCount,
            rowCount: plan.rowCount,
            refusalCount: plan.refusalCount,
            refusals: plan.refusals,
          },
          () => `${plan.transactionCount} transactions with ${plan.rowCount} rows can be taken back`,
        );
        if (!plan.ok) throw refused(reasons, plan.refusalCount);
        return;
      }
      if (context.json || args.format === 'json') {
        const index = new TransactionIndex();
        for await (const transaction of open({})) index.add(transaction);
        await writeStream(rowsJsonLines(index.newestFirst(open)), context.stdout);
        return;
      }
      await writeStream(
        undoSqlBytesFrom(open, {
          form: args.format === 'binlog' ? 'binlog' : 'sql',
          title: [`dcmha binlog undo ${binlog.description}`],
          signal: context.signal,
        }),
        context.stdout,
      );
    } catch (error) {
      if (!(error instanceof UndoRefusedError)) throw error;
      throw refused(
        error.refusals.map(({ message }) => message),
        error.refusals.length,
      );
    } finally {
      await binlog.close();
    }
  },
});

function refused(reasons: readonly string[], count: number): CliErrors {
  const more = count > reasonsShown ? [`and ${count - reasonsShown} more`] : [];
  return new CliErrors('the transactions cannot be taken back', [...reasons.slice(0, reasonsShown), ...more]);
}
