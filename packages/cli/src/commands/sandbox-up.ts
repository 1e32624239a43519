import { defineCommand } from '../command/define-command.js';
import { sandboxName } from './sandbox-options.js';

export const sandboxUpCommand = defineCommand({
  command: 'up',
  describe: 'start ZooKeeper and a group of MySQL servers that go on running',
  builder: (yargs) =>
    sandboxName(yargs)
      .option('servers', {
        type: 'number',
        default: 3,
        requiresArg: true,
        describe: 'how many MySQL servers',
      })
      .option('zookeeper-nodes', {
        type: 'number',
        default: 1,
        requiresArg: true,
        describe: 'how many ZooKeeper servers',
      })
      .option('semi-sync', { type: 'boolean', default: true, describe: 'semi-synchronous replication' }),
  run: async (args, context) => {
    const [{ sandboxUp }, { sandboxText }] = await Promise.all([
      import('@dcmha/sandbox'),
      import('../output/sandbox-text.js'),
    ]);
    const status = await sandboxUp({
      name: args.name,
      zooKeeperNodes: args.zookeeperNodes,
      group: { servers: args.servers, semiSync: args.semiSync },
      progress: (line) => context.progress(`  ${line}`),
    });
    context.result(status, () => sandboxText(status));
  },
});
