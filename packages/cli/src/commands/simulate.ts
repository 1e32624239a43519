import { defineCommand } from '../command/define-command.js';
import { ExitCode } from '../exit-code.js';

export const simulate = defineCommand({
  command: 'simulate',
  describe: 'what your settings would do: a group of yours in a simulator, with hundreds of failures',
  builder: (yargs) =>
    yargs
      .option('config', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'YAML or JSON with `policy` (as in `group add`) and `members` (region, promotion)',
      })
      .option('seeds', {
        type: 'number',
        default: 200,
        requiresArg: true,
        describe: 'how many runs, each with other failures',
      })
      .option('first-seed', {
        type: 'number',
        default: 1,
        requiresArg: true,
        describe: 'number of the first run',
      })
      .option('workers', {
        type: 'number',
        requiresArg: true,
        describe: 'threads; default: one for each core',
      }),
  run: async (args, context) => {
    const [{ loadConfig }, { simulationConfigSchema }, { simulationText }, { parallelCampaign }] =
      await Promise.all([
        import('../config/load-config.js'),
        import('../simulation/simulation-config.js'),
        import('../simulation/simulation-text.js'),
        import('@dcmha/failover-engine/simulation'),
      ]);
    const { config } = await loadConfig(args.config, simulationConfigSchema, context.env);
    const seeds = Math.max(1, Math.floor(args.seeds));
    let told = 0;
    const summary = await parallelCampaign({
      firstSeed: Math.max(0, Math.floor(args['first-seed'])),
      seeds,
      given: config,
      ...(args.workers === undefined ? {} : { workers: Math.max(1, Math.floor(args.workers)) }),
      signal: context.signal,
      progress: ({ runs }) => {
        if (runs - told < seeds / 10) return;
        told = runs;
        context.progress(`${runs} of ${seeds} runs`);
      },
    });
    context.result(summary, () => simulationText(config, summary));
    if (context.signal.aborted) return ExitCode.interrupted;
    return summary.broken.length > 0 ? ExitCode.failed : ExitCode.ok;
  },
});
