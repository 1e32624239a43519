import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';
import { parseDuration, moment } from '../output/time.js';

export const maintenanceOn = defineOperatorCommand({
  command: 'on <group>',
  describe: 'nothing is switched in the group until maintenance is off',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .option('reason', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'for those who wonder',
      })
      .option('for', {
        type: 'string',
        requiresArg: true,
        describe: 'ends by itself after this time, such as 30min or 2h',
      })
      .option('replace', { type: 'boolean', default: false, describe: 'also when it is on already' }),
  check: (args) => {
    if (args.for === undefined || (parseDuration(args.for) ?? 0) > 0) return;
    throw new CliError(`--for ${args.for} is no time`, {
      expected: 'expected for example 30min, 2h or 1d',
      exitCode: ExitCode.usage,
    });
  },
  run: async ({ args, context, store }) => {
    const [{ requireGroup }, { requestedBy }, { isZooKeeperError }] = await Promise.all([
      import('../group/require-group.js'),
      import('../operator/requested-by.js'),
      import('@dcmha/zk-client'),
    ]);
    const { group } = args;
    await requireGroup(store, group);
    const before = await store.white.read({ group });
    const sinceMs = Date.now();
    const isOver = before?.value.untilMs !== undefined && before.value.untilMs <= sinceMs;
    if (before !== null && !isOver && !args.replace) {
      const { by, reason, sinceMs: at } = before.value;
      throw new CliError(`"${group}" is in maintenance already, by ${by} since ${moment(at)}: ${reason}`, {
        remedy: 'end it first (dcmha maintenance off), or give --replace',
      });
    }
    const forMs = args.for === undefined ? undefined : parseDuration(args.for);
    const value = {
      by: requestedBy(context.env),
      reason: args.reason,
      sinceMs,
      ...(forMs === undefined ? {} : { untilMs: sinceMs + forMs }),
    };
    try {
      await store.white.write({ group }, value, { version: before?.version ?? 'absent' });
    } catch (error) {
      if (
        !['BAD_VERSION', 'NO_NODE', 'NODE_EXISTS'].some((code) => isZooKeeperError(error, code as 'NO_NODE'))
      )
        throw error;
      throw new CliError(`the maintenance of "${group}" was changed by somebody else meanwhile`, {
        remedy: `look at dcmha status ${group} and try again`,
        cause: error,
      });
    }
    context.result({ ok: true, group, maintenance: value }, () =>
      value.untilMs === undefined
        ? `${group} is in maintenance until dcmha maintenance off ${group}`
        : `${group} is in maintenance until ${moment(value.untilMs)}`,
    );
  },
});
