import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const taskList = defineOperatorCommand({
  command: 'list [group]',
  describe: 'list tasks that are waiting, scheduled switchovers among them',
  builder: (yargs) => yargs.positional('group', { type: 'string', describe: 'default: of all groups' }),
  run: async ({ args, context, store }) => {
    const [{ readTasks }, { requireGroup }, { table }, { moment }] = await Promise.all([
      import('../group/read-tasks.js'),
      import('../group/require-group.js'),
      import('../output/table.js'),
      import('../output/time.js'),
    ]);
    if (args.group !== undefined) await requireGroup(store, args.group);
    const tasks = await readTasks(store, args.group);
    const at = (ms: number | null): string => (ms === null ? '-' : moment(ms));
    context.result({ tasks }, () =>
      tasks.length === 0
        ? 'nothing is waiting'
        : table(
            [
              { title: 'TASK', value: (row) => row.task },
              { title: 'GROUP', value: (row) => row.group },
              { title: 'WHAT', value: (row) => row.kind },
              { title: 'BY', value: (row) => row.requestedBy },
              { title: 'NOT BEFORE', value: (row) => at(row.notBeforeMs) },
              { title: 'NOT AFTER', value: (row) => at(row.notAfterMs) },
              { title: 'TARGET', value: (row) => row.target ?? '-' },
            ],
            tasks,
          ),
    );
  },
});
