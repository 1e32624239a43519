import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { defineCommand } from '../command/define-command.js';

const kinds = ['agent', 'engine', 'router', 'operator', 'policy'] as const;

export const checkConfig = defineCommand({
  command: 'check-config <file>',
  describe: 'check a configuration file without using it',
  builder: (yargs) =>
    yargs
      .positional('file', { type: 'string', demandOption: true, describe: 'YAML or JSON' })
      .option('kind', { choices: kinds, describe: 'what it is for; default: what it looks like' }),
  run: async (args, context) => {
    const { loadConfig } = await import('../config/load-config.js');
    const kind = args.kind ?? (await guessKind(args.file));
    await loadConfig(args.file, await schemaOf(kind), context.env);
    context.result({ ok: true, file: args.file, kind }, () => `${args.file} is good for ${kind}`);
  },
});

type Kind = (typeof kinds)[number];

/** A key that only one kind of file has. */
const tellTales: readonly (readonly [key: string, kind: Kind])[] = [
  ['proxy', 'router'],
  ['router', 'router'],
  ['server', 'agent'],
  ['replication', 'engine'],
  ['engineId', 'engine'],
  ['durability', 'policy'],
  ['zookeeper', 'operator'],
];

/** @throws {CliError} when the file looks like none */
async function guessKind(path: string): Promise<Kind> {
  const { SourceFile } = await import('../config/source-file.js');
  const { value } = await SourceFile.read(path);
  const keys = new Set(typeof value === 'object' && value !== null ? Object.keys(value) : []);
  const kind = tellTales.find(([key]) => keys.has(key))?.[1];
  if (kind !== undefined) return kind;
  throw new CliError(`what ${path} is for cannot be told`, {
    expected: `expected --kind ${kinds.join('|')}`,
    exitCode: ExitCode.usage,
  });
}

async function schemaOf(kind: Kind) {
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
