import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineLostCommand } from '../lost/define-lost-command.js';
import { gtidsOption, oneLost } from '../lost/lost-options.js';

export const lostShow = defineLostCommand({
  command: 'show <id>',
  describe: 'what was lost: counts, tables, transactions and their rows, or the files as they are',
  builder: (yargs) =>
    gtidsOption(oneLost(yargs), 'with --transactions or --rows: only these')
      .option('transactions', {
        alias: 't',
        type: 'boolean',
        default: false,
        describe: 'a line for each transaction',
      })
      .option('rows', { type: 'boolean', default: false, describe: 'and each row that it changed' })
      .option('file', {
        type: 'string',
        requiresArg: true,
        choices: ['redo.sql', 'undo.sql', 'rows.jsonl', 'manifest.json'] as const,
        describe: 'print this file',
      }),
  check: ({ file, rows, transactions }) => {
    if (file === undefined || !(rows || transactions)) return;
    throw new CliError('--file excludes --rows and --transactions', { exitCode: ExitCode.usage });
  },
  run: async ({ args, context, files, registered }) => {
    const [
      { listTransactions, rowsJsonLines },
      { chosenTransactions },
      { manifestText, reviewText },
      { writeStream },
    ] = await Promise.all([
      import('@dcmha/binlog-reconcile'),
      import('../lost/chosen.js'),
      import('../lost/lost-text.js'),
      import('../binlog/write-stream.js'),
    ]);
    if (args.file !== undefined) {
      await writeStream(decoded(await files.read(args.file)), context.stdout);
      return;
    }
    if (args.rows || args.transactions) {
      const found = await chosenTransactions(await files.open(), args.gtids, undefined, context);
      const text = context.json ? rowsJsonLines(found) : listTransactions(found, { rows: args.rows });
      await writeStream(asAsync(text), context.stdout);
      return;
    }
    const review = await files.review();
    const { manifest, place } = files;
    context.result({ manifest, place, registered: registered.value, review }, () =>
      [
        manifestText(manifest, { place, registered }),
        ...(review.length === 0 ? [] : ['', reviewText(review)]),
      ].join('\n'),
    );
  },
});

/** Text from bytes, whole characters only. */
async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncIterableIterator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

async function* asAsync(text: AsyncIterable<string> | Iterable<string>): AsyncIterableIterator<string> {
  yield* text;
}
