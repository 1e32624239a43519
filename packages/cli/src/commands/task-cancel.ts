import { CliError } from '../errors/cli-error.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const taskCancel = defineOperatorCommand({
  command: 'cancel <task>',
  describe: 'take back a task that was not begun',
  builder: (yargs) =>
    yargs.positional('task', { type: 'string', demandOption: true, describe: 'its name: dcmha task list' }),
  run: async ({ args, context, store }) => {
    const [{ withdraw }, { readTasks }] = await Promise.all([
      import('../group/request-task.js'),
      import('../group/read-tasks.js'),
    ]);
    const tasks = await readTasks(store);
    const found = tasks.find(({ task }) => task === args.task);
    if (found === undefined) {
      throw new CliError(`there is no task "${args.task}"`, {
        expected:
          tasks.length === 0
            ? 'nothing is waiting'
            : `expected one of ${tasks.map((t) => t.task).join(', ')}`,
        remedy: 'it may be done already: dcmha history GROUP',
      });
    }
    if (!(await withdraw(store, found.group, found.task))) {
      throw new CliError(
        `${found.task} cannot be taken back now: something of "${found.group}" is under way`,
        {
          remedy: `look at dcmha status ${found.group} and try again`,
        },
      );
    }
    context.result(
      { ok: true, ...found },
      () => `${found.task} (${found.kind} of ${found.group}) was taken back`,
    );
  },
});
