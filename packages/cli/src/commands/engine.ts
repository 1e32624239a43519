import { defineCommand } from '../command/define-command.js';
import { daemonOptions } from '../daemon/daemon-options.js';

export const engine = defineCommand({
  command: 'engine',
  describe: 'run an engine: decides and carries out failover and switchover of its share of the groups',
  builder: daemonOptions,
  run: async (args, context) => {
    const [{ engineConfigSchema, startEngine }, { runDaemon }] = await Promise.all([
      import('@dcmha/failover-engine'),
      import('../daemon/run-daemon.js'),
    ]);
    return runDaemon({ name: 'engine', schema: engineConfigSchema, start: startEngine }, args, context);
  },
});
