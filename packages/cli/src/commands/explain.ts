import { defineOperatorCommand } from '../operator/define-operator-command.js';

export const explain = defineOperatorCommand({
  command: 'explain <group>',
  describe: 'why the engine does what it does, or does nothing',
  builder: (yargs) =>
    yargs
      .positional('group', { type: 'string', demandOption: true, describe: 'name of the group' })
      .option('last', {
        type: 'number',
        default: 1,
        requiresArg: true,
        describe: 'how many evaluations, the newest first',
      }),
  run: async ({ args, context, settings, store }) => {
    const [{ askEngine }, { explainText }] = await Promise.all([
      import('../group/ask-engine.js'),
      import('../group/explain-text.js'),
    ]);
    const { engine, evaluations, ...rest } = await askEngine(store, args.group, {
      timeoutMs: settings.timeoutMs,
      signal: context.signal,
    });
    const shown = evaluations.slice(0, Math.max(1, args.last));
    context.result({ ...rest, group: args.group, engine, evaluations: shown }, () =>
      explainText(engine, rest, shown),
    );
  },
});
