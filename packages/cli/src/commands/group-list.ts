import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const groupList = defineOperatorCommand({
  command: 'list',
  describe: 'list the groups',
  builder: (yargs) => yargs,
  run: async ({ context, store }) => {
    const { table } = await import('../output/table.js');
    const { nodes } = await store.metaGroup.list();
    const groups = await Promise.all(
      nodes.map(async ({ group }) => {
        const [meta, master, white] = await Promise.all([
          store.metaGroup.read({ group }),
          store.master.read({ group }),
          store.white.read({ group }),
        ]);
        return {
          group,
          flavor: meta?.value.flavor ?? null,
          primary: master?.value.primary ?? null,
          epoch: master?.value.epoch ?? null,
          members: meta?.value.members ?? [],
          maintenance: white !== null,
        };
      }),
    );
    context.result({ groups }, () =>
      groups.length === 0
        ? 'no group is registered; dcmha group add GROUP --member host:port ...'
        : table(
            [
              { title: 'GROUP', value: (row) => row.group },
              { title: 'FLAVOR', value: (row) => row.flavor ?? '?' },
              { title: 'PRIMARY', value: (row) => row.primary ?? 'none' },
              { title: 'EPOCH', value: (row) => String(row.epoch ?? '-'), align: 'right' },
              { title: 'MEMBERS', value: (row) => String(row.members.length), align: 'right' },
              { title: 'MAINTENANCE', value: (row) => (row.maintenance ? 'yes' : 'no') },
            ],
            groups,
          ),
    );
  },
});
