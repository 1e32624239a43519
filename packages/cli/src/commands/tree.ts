import { defineCommand } from '../command/define-command.js';
import { operatorOptions } from '../operator/operator-options.js';

export const tree = defineCommand({
  command: 'tree',
  describe: 'what stands where in ZooKeeper: every node, who writes it, its fields',
  builder: (yargs) =>
    operatorOptions(yargs)
      .option('format', {
        choices: ['text', 'markdown'] as const,
        default: 'text' as const,
        describe: 'of the description',
      })
      .option('live', {
        type: 'boolean',
        default: false,
        describe: 'what is there now, instead of what can be there',
      }),
  run: async (args, context) => {
    if (args.live) {
      const [{ operatorSettings }, { withStore }, { liveTree, liveTreeText }] = await Promise.all([
        import('../operator/operator-settings.js'),
        import('../operator/with-store.js'),
        import('../group/live-tree.js'),
      ]);
      const settings = await operatorSettings(args, context.env);
      const nodes = await withStore(settings, context, (store) => liveTree(store));
      context.result({ nodes }, () => liveTreeText(nodes));
      return;
    }
    const { createLayout, describeModel, describeNodes } = await import('@dcmha/zk-schema');
    const root = args.root ?? context.env.DCMHA_ZOOKEEPER_ROOT;
    context.result({ nodes: describeNodes(createLayout({ root })) }, () =>
      describeModel({ root, format: args.format }).trimEnd(),
    );
  },
});
