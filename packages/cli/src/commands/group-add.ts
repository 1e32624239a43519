import type { MemberArgument } from '../group/parse-member.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';
import { mysqlOptions } from '../operator/operator-options.js';

export const groupAdd = defineOperatorCommand({
  command: 'add <group>',
  describe: 'check a replication group and register it; changes nothing when anything is wrong',
  builder: (yargs) =>
    mysqlOptions(yargs)
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .option('member', {
        alias: 'm',
        type: 'string',
        array: true,
        demandOption: true,
        requiresArg: true,
        describe:
          'host:port[,region=NAME][,promotion=prefer|neutral|prefer-not|must-not]; again for each server',
      })
      .option('region', {
        type: 'string',
        default: 'default',
        requiresArg: true,
        describe: 'region of members that name none',
      })
      .option('router', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'name of a router that serves the group',
      })
      .option('policy-file', {
        type: 'string',
        requiresArg: true,
        describe: 'policy of the group, YAML or JSON',
      })
      .option('dry-run', { type: 'boolean', default: false, describe: 'only check' })
      .example('$0 group add orders -m db1:3306 -m db2:3306 -m db3:3306 --router haproxy-1', ''),
  check: async (args, settings) => {
    const [{ checkArguments }, { mysqlAccount }] = await Promise.all([
      import('../group/add-group.js'),
      import('../operator/operator-settings.js'),
    ]);
    checkArguments(args.group, args.member);
    mysqlAccount(settings);
  },
  run: async ({ args, context, settings, store }) => {
    const [{ addGroup }, { parseMember }, { mysqlAccount }, { readPolicy }] = await Promise.all([
      import('../group/add-group.js'),
      import('../group/parse-member.js'),
      import('../operator/operator-settings.js'),
      import('../group/read-policy.js'),
    ]);
    const members = args.member.map((text): MemberArgument => ({
      region: args.region,
      ...parseMember(text),
    }));
    const added = await addGroup(store, {
      group: args.group,
      members,
      routers: args.router ?? [],
      policy: await readPolicy(args.policyFile, context.env),
      account: mysqlAccount(settings),
      timeoutMs: settings.timeoutMs,
      signal: context.signal,
      dryRun: args.dryRun,
    });
    for (const warning of added.warnings) context.progress(`warning: ${warning}`);
    context.result(added, () =>
      [
        `group ${added.group} ${args.dryRun ? 'can be registered' : 'registered'}`,
        `  primary   ${added.primary}`,
        `  replicas  ${added.replicas.join(' ') || 'none'}`,
        `  epoch     ${added.epoch}`,
      ].join('\n'),
    );
  },
});
