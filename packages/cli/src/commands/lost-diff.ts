import type { RowDiff } from '@dcmha/binlog-reconcile';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineLostCommand } from '../lost/define-lost-command.js';
import { gtidsOption, oneLost } from '../lost/lost-options.js';

export const lostDiff = defineLostCommand({
  command: 'diff <id>',
  describe: 'each lost row before, after, and as the primary has it now; reads only',
  builder: (yargs) =>
    gtidsOption(oneLost(yargs), 'only these transactions')
      .option('server', {
        type: 'string',
        requiresArg: true,
        describe: 'host:port to compare with; default: the primary',
      })
      .option('conflicts', { type: 'boolean', default: false, describe: 'only rows that conflict' })
      .option('limit', {
        alias: 'n',
        type: 'number',
        default: 1000,
        requiresArg: true,
        describe: 'how many rows are shown; all are counted',
      }),
  check: ({ limit }) => {
    if (Number.isInteger(limit) && limit >= 0) return;
    throw new CliError(`--limit ${limit} is no number of rows`, { exitCode: ExitCode.usage });
  },
  run: async ({ args, context, files, registered, store, settings }) => {
    const [
      { ApplyRefusedError, diffTransaction, SchemaMismatchError, ServerCatalog },
      { chosenTransactions },
      { connectTo, currentPrimary },
      { rowDiffText },
    ] = await Promise.all([
      import('@dcmha/binlog-reconcile'),
      import('../lost/chosen.js'),
      import('../lost/primary-connection.js'),
      import('../lost/lost-text.js'),
    ]);
    const { group, id } = registered;
    const server = args.server ?? (await currentPrimary(store, group)).value.primary;
    const saved = await files.open();
    const connection = await connectTo(server, settings);
    try {
      const catalog = new ServerCatalog(connection, { signal: context.signal });
      const found = await chosenTransactions(saved, args.gtids, catalog, context);
      const counts = { 'as-before': 0, 'as-after': 0, differs: 0 };
      const rows: RowDiff[] = [];
      const withoutRows: string[] = [];
      for (const transaction of found) {
        const ddl = transaction.statements.filter(({ kind }) => kind !== 'control');
        for (const { sql } of ddl) withoutRows.push(`${transaction.gtid ?? 'without GTID'}  ${sql}`);
        for await (const row of diffTransaction(connection, transaction, {
          catalog,
          signal: context.signal,
        })) {
          counts[row.state] += 1;
          if (args.conflicts && row.state !== 'differs') continue;
          if (rows.length < args.limit) rows.push(row);
        }
      }
      const total = counts['as-before'] + counts['as-after'] + counts.differs;
      context.result(
        { group, id, server, transactions: found.length, counts, rows, statements: withoutRows },
        () =>
          [
            `${group} ${id}: ${found.length} transactions, ${total} rows, compared with ${server}`,
            `${counts['as-before']} as before (can be replayed), ${counts['as-after']} as after (there already), ${counts.differs} conflict`,
            ...rows.map((row) => `\n${rowDiffText(row)}`),
            ...(withoutRows.length === 0 ? [] : ['\nstatements, which no row shows:', ...withoutRows]),
            ...(rows.length === args.limit && total > rows.length
              ? [`\nmore rows: --limit ${args.limit}`]
              : []),
          ].join('\n'),
      );
    } catch (error) {
      if (error instanceof ApplyRefusedError || error instanceof SchemaMismatchError) {
        throw new CliError(`these transactions do not fit the tables of ${server}: ${error.message}`, {
          remedy: `see dcmha lost show ${id} --rows`,
          cause: error,
        });
      }
      throw error;
    } finally {
      connection.destroy();
    }
  },
});
