import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const lostResolve = defineOperatorCommand({
  command: 'resolve <id>',
  describe: 'judged: nothing more is to be done about these transactions',
  builder: (yargs) =>
    yargs
      .positional('id', { type: 'string', demandOption: true, describe: 'as dcmha lost list tells it' })
      .option('group', { alias: 'g', type: 'string', requiresArg: true, describe: 'name of the group' })
      .option('dir', { type: 'string', requiresArg: true, describe: 'folder with the files' })
      .option('note', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'why, for those who wonder',
      }),
  check: ({ note }) => {
    if (note.trim() !== '') return;
    throw new CliError('--note is empty', { expected: 'expected the reason', exitCode: ExitCode.usage });
  },
  run: async ({ args, context, settings, store }) => {
    const [{ findRegistered }, { filesOf }, { writeReview }, { requestedBy }] = await Promise.all([
      import('../lost/find-lost.js'),
      import('../lost/files-of.js'),
      import('../lost/write-review.js'),
      import('../operator/requested-by.js'),
    ]);
    const registered = await findRegistered(store, args.id, args.group);
    const { group, id, value } = registered;
    const by = requestedBy(context.env);
    const atMs = Date.now();
    const { note } = args;
    await writeReview(
      store,
      registered,
      { state: 'resolved', by, atMs, note },
      {
        kind: 'lost-resolve',
        from: value.server,
        reason: `${id}: ${note}, by ${by}`.slice(0, 4_000),
        result: 'done',
        detail: { id },
      },
    );
    // ZooKeeper is what counts; the note beside the files is for whoever finds them one day.
    let noted = true;
    try {
      const files = await filesOf(registered, { dir: args.dir, store, settings, context });
      await files.addReview({ atMs, by, action: 'resolved', note });
      await files.close();
    } catch (error) {
      noted = false;
      context.progress(
        `dcmha: not noted beside the files: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    context.result(
      { ok: true, group, id, by, note, noted },
      () => `${group} ${id} is resolved, by ${by}: ${note}`,
    );
  },
});
