import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';
import { requireAddress, requireDuration, timeoutOption } from '../operator/timeout-option.js';

export const maintenanceOff = defineOperatorCommand({
  command: 'off <group>',
  describe: 'the engine looks after the group again, with whichever primary was left',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .option('adopt', {
        type: 'string',
        default: 'auto',
        requiresArg: true,
        describe: 'the server that is primary now: host:port, or auto for whichever is found',
      })
      .option('timeout', timeoutOption),
  check: async (args) => {
    requireDuration('timeout', args.timeout);
    if (args.adopt !== 'auto') await requireAddress('adopt', args.adopt);
  },
  run: async ({ args, context, store }) => {
    const { requireGroup } = await import('../group/require-group.js');
    const { group } = args;
    const target = args.adopt === 'auto' ? undefined : args.adopt;
    await requireGroup(store, group);
    const [white, owner] = await Promise.all([
      store.white.read({ group }),
      store.engineOwner.read({ group }),
    ]);
    const isOver = white?.value.untilMs !== undefined && white.value.untilMs <= Date.now();
    if (white === null || (owner === null && isOver)) {
      context.result({ ok: true, group, was: false }, () => `${group} was not in maintenance`);
      return ExitCode.ok;
    }
    if (owner !== null) {
      const { carryOut } = await import('../group/carry-out.js');
      const timeoutMs = requireDuration('timeout', args.timeout);
      return carryOut(store, context, { group, kind: 'adopt', target }, timeoutMs);
    }
    if (target !== undefined) {
      throw new CliError(
        `no engine looks after "${group}", so nobody can verify that ${target} is its primary`,
        {
          remedy: 'start one: dcmha engine --config FILE',
          exitCode: ExitCode.unreachable,
        },
      );
    }
    // Whichever engine comes adopts the primary that was left before it does anything else.
    await store.white.write({ group }, { ...white.value, untilMs: Date.now() }, { version: white.version });
    context.result(
      { ok: true, group, was: true },
      () =>
        `${group} is out of maintenance as soon as an engine looks after it: it adopts the primary that was left`,
    );
    return ExitCode.ok;
  },
});
