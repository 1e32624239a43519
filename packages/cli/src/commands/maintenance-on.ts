import { CliError } from '../errors/cli-error.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';
import { requireDuration, requireMoment } from '../operator/timeout-option.js';
import { moment } from '../output/time.js';

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
      .option('until', {
        type: 'string',
        requiresArg: true,
        conflicts: 'for',
        describe: 'ends by itself then: 03:00, 2026-11-24T03:00',
      })
      .option('replace', { type: 'boolean', default: false, describe: 'also when it is on already' }),
  check: async (args) => {
    if (args.for !== undefined) requireDuration('for', args.for, '30min, 2h or 1d');
    if (args.until !== undefined) await requireMoment('until', args.until);
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
    // Also one whose time is over: it goes on until an engine has adopted the primary that was left.
    if (before !== null && !args.replace) {
      const { by, reason, sinceMs: at } = before.value;
      throw new CliError(`"${group}" is in maintenance already, by ${by} since ${moment(at)}: ${reason}`, {
        remedy: 'end it first (dcmha maintenance off), or give --replace',
      });
    }
    const untilMs =
      args.until !== undefined
        ? await requireMoment('until', args.until)
        : args.for === undefined
          ? undefined
          : sinceMs + requireDuration('for', args.for);
    const value = {
      by: requestedBy(context.env),
      reason: args.reason,
      sinceMs,
      ...(untilMs === undefined ? {} : { untilMs }),
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
        : `${group} is in maintenance until ${moment(value.untilMs)}; then the engine adopts the primary it finds`,
    );
  },
});
