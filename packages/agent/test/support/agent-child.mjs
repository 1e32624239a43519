// An agent in a process of its own, for tests that kill it. It tells its parent each stage of a rejoin, and stands still at
// the first of those that it was given: `node agent-child.mjs CONFIG_AS_JSON [STAGE,STAGE,...]`. Runs the built package.
import { agentConfigSchema, startAgent } from '../../dist/index.js';

const [config, stopAt = ''] = process.argv.slice(2);
const stops = new Set(stopAt.split(','));
const log = (level) => (message, meta) => process.send?.({ log: `${level} ${message}`, meta });
const logger = { debug: () => {}, info: log('info'), warn: log('warn'), error: log('error') };
process.on('disconnect', () => process.exit(0));

await startAgent(agentConfigSchema.parse(JSON.parse(config)), {
  logger,
  onRejoinStage: async (stage) => {
    process.send?.({ stage });
    if (stops.has(stage)) await new Promise(() => {});
  },
});
