import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const groupSet = defineOperatorCommand({
  command: 'set <group> [settings..]',
  describe:
    'change how a group is treated; changes nothing when the policy would contradict itself or the group',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .positional('settings', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'key=value, such as patience.hungMs=1500; key= goes back to the default',
      })
      .option('policy', {
        alias: 'policy-file',
        type: 'string',
        requiresArg: true,
        describe: 'the whole policy, YAML or JSON, instead of what is there',
      })
      .option('member', {
        alias: 'm',
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'host:port[,region=NAME][,promotion=prefer|neutral|prefer-not|must-not]',
      })
      .option('dry-run', { type: 'boolean', default: false, describe: 'only check' })
      .example('$0 group set orders failover=manual antiFlapMs=60000', '')
      .example('$0 group set orders -m db3:3306,promotion=must-not', ''),
  check: async (args) => {
    const { applySettings } = await import('../group/set-policy.js');
    applySettings({}, args.settings);
    if (args.settings.length > 0 || args.policy !== undefined || (args.member ?? []).length > 0) return;
    throw new CliError('nothing is to be set', {
      expected: 'expected key=value, --policy FILE or --member',
      exitCode: ExitCode.usage,
    });
  },
  run: async ({ args, context, settings, store }) => {
    const [{ setPolicy }, { parseMember }, { readPolicy }] = await Promise.all([
      import('../group/set-policy.js'),
      import('../group/parse-member.js'),
      import('../group/read-policy.js'),
    ]);
    const done = await setPolicy(store, {
      group: args.group,
      policy: args.policy === undefined ? undefined : (await readPolicy(args.policy, context.env)).input,
      settings: args.settings,
      members: (args.member ?? []).map(parseMember),
      timeoutMs: settings.timeoutMs,
      signal: context.signal,
      dryRun: args.dryRun,
    });
    context.result(done, () =>
      done.changed.length === 0
        ? `${done.group}: nothing changes`
        : [
            `${done.group}${args.dryRun ? ' would change' : ''}:`,
            ...done.changed.map((line) => `  ${line}`),
          ].join('\n'),
    );
  },
});
