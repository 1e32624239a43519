import { defineCommand } from '../command/define-command.js';

const kinds = ['agent', 'engine', 'router', 'operator', 'policy'] as const;

export const checkConfig = defineCommand({
  command: 'check-config <file>',
  describe: 'check a configuration file without using it',
  builder: (yargs) =>
    yargs
      .positional('file', { type: 'string', demandOption: true, describe: 'YAML or JSON' })
      .option('kind', { choices: kinds, demandOption: true, describe: 'what it is for' }),
  run: async (args, context) => {
    const [{ loadConfig }, schema] = await Promise.all([
      import('../config/load-config.js'),
      schemaOf(args.kind),
    ]);
    await loadConfig(args.file, schema, context.env);
    context.result(
      { ok: true, file: args.file, kind: args.kind },
      () => `${args.file} is good for ${args.kind}`,
    );
  },
});

async function schemaOf(kind: (typeof kinds)[number]) {
  switch (kind) {
    case 'agent':
      return (await import('@dcmha/agent')).agentConfigSchema;
    case 'engine':
      return (await import('@dcmha/failover-engine')).engineConfigSchema;
    case 'router':
      return (await import('@dcmha/router-sync')).routerConfigSchema;
    case 'operator':
      return (await import('../operator/operator-config.js')).operatorConfigSchema;
    case 'policy':
      return (await import('@dcmha/zk-schema')).groupPolicySchema;
  }
}
