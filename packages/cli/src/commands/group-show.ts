import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const groupShow = defineOperatorCommand({
  command: 'show <group>',
  describe: 'show what is registered of a group',
  builder: (yargs) =>
    yargs.positional('group', { type: 'string', demandOption: true, describe: 'name of the group' }),
  run: async ({ args, context, store }) => {
    const [{ requireGroup }, { groupPolicySchema }, { table }, { stringify }] = await Promise.all([
      import('../group/require-group.js'),
      import('@dcmha/zk-schema'),
      import('../output/table.js'),
      import('yaml'),
    ]);
    const { group } = args;
    const { value: meta } = await requireGroup(store, group);
    const [routers, master, hosts] = await Promise.all([
      store.metaRouter.read({ group }),
      store.master.read({ group }),
      Promise.all(
        meta.members.map(async (server) => ({ server, ...(await store.metaHost.read({ server }))?.value })),
      ),
    ]);
    const policy = groupPolicySchema.safeParse(meta.policy);
    const shown = {
      group,
      flavor: meta.flavor,
      primary: master?.value.primary ?? null,
      epoch: master?.value.epoch ?? null,
      routers: routers?.value.routers ?? [],
      members: hosts.map(({ server, region, promotion }) => ({ server, region, promotion })),
      policy: policy.success ? policy.data : meta.policy,
      ...(policy.success
        ? {}
        : {
            policyProblems: policy.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
          }),
    };
    context.result(shown, () =>
      [
        `group    ${group} (${shown.flavor})`,
        `primary  ${shown.primary ?? 'none'}, epoch ${shown.epoch ?? '-'}`,
        `routers  ${shown.routers.join(' ') || 'none'}`,
        '',
        table(
          [
            { title: 'SERVER', value: (row) => row.server },
            { title: 'REGION', value: (row) => row.region ?? 'default' },
            { title: 'PROMOTION', value: (row) => row.promotion ?? 'neutral' },
          ],
          shown.members,
        ),
        '',
        `policy${policy.success ? '' : ' (cannot be used: ' + (shown.policyProblems ?? []).join('; ') + ')'}`,
        stringify(shown.policy).trimEnd().replaceAll(/^/gm, '  '),
      ].join('\n'),
    );
  },
});
