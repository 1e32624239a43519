import { defineCommand } from '../command/define-command.js';
import { daemonOptions } from '../daemon/daemon-options.js';

export const agent = defineCommand({
  command: 'agent',
  describe: 'run the agent beside a server: watches it, closes it, reports it',
  builder: daemonOptions,
  run: async (args, context) => {
    const [{ agentConfigSchema, startAgent }, { runDaemon }] = await Promise.all([
      import('@dcmha/agent'),
      import('../daemon/run-daemon.js'),
    ]);
    return runDaemon({ name: 'agent', schema: agentConfigSchema, start: startAgent }, args, context);
  },
});
