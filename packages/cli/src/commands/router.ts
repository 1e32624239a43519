import { defineCommand } from '../command/define-command.js';
import { daemonOptions } from '../daemon/daemon-options.js';
import { routerConfig } from './router-config.js';

export const router = defineCommand({
  command: 'router',
  describe: 'run router-sync: keeps the proxy beside it at the routes in ZooKeeper',
  builder: daemonOptions,
  commands: [routerConfig],
  run: async (args, context) => {
    const [{ routerConfigSchema, startRouterSync }, { runDaemon }] = await Promise.all([
      import('@dcmha/router-sync'),
      import('../daemon/run-daemon.js'),
    ]);
    return runDaemon({ name: 'router', schema: routerConfigSchema, start: startRouterSync }, args, context);
  },
});
