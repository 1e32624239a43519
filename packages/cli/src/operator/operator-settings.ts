import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { loadConfig } from '../config/load-config.js';
import { operatorConfigSchema, type OperatorConfig } from './operator-config.js';
import type { OperatorArgs } from './operator-options.js';

export interface OperatorSettings {
  readonly zookeeper: { readonly connect: string; readonly root: string; readonly auth?: string };
  readonly mysql: { readonly user?: string; readonly password?: string };
  readonly agentToken?: string;
  readonly timeoutMs: number;
}

type Env = Readonly<Record<string, string | undefined>>;

const timeoutMsDefault = 5000;

/**
 * Where to connect: the command line, then the environment, then the file, then defaults. Files are looked for in
 * `--config`, `DCMHA_CONFIG`, `~/.config/dcmha/config.yaml`, `/etc/dcmha/config.yaml`.
 *
 * @throws {CliError} when no ZooKeeper is named, or the file is wrong
 */
export async function operatorSettings(args: OperatorArgs, env: Env): Promise<OperatorSettings> {
  const file = await operatorFile(args, env);
  const connect = args.zookeeper ?? env.DCMHA_ZOOKEEPER ?? file.zookeeper.connect;
  if (connect === undefined || connect === '') {
    throw new CliError('no ZooKeeper is named', {
      expected: 'expected host:port,host:port',
      remedy: 'give --zookeeper, set DCMHA_ZOOKEEPER, or put zookeeper.connect into a file (--config)',
      exitCode: ExitCode.usage,
    });
  }
  const timeoutMs = args.connectTimeout ?? file.timeoutMs ?? timeoutMsDefault;
  if (!(timeoutMs > 0)) {
    throw new CliError(`--connect-timeout ${timeoutMs} is no time`, {
      expected: 'expected milliseconds above 0',
      exitCode: ExitCode.usage,
    });
  }
  return {
    zookeeper: {
      connect,
      root: args.root ?? env.DCMHA_ZOOKEEPER_ROOT ?? file.zookeeper.root ?? '/mysql',
      auth: env.DCMHA_ZOOKEEPER_AUTH ?? file.zookeeper.auth,
    },
    mysql: mysqlOf(args, env, file),
    agentToken: env.DCMHA_AGENT_TOKEN ?? file.agentToken,
    timeoutMs,
  };
}

/** The account alone, for commands that need no ZooKeeper. */
export async function mysqlSettings(args: OperatorArgs, env: Env): Promise<OperatorSettings['mysql']> {
  return mysqlOf(args, env, await operatorFile(args, env));
}

const mysqlOf = (args: OperatorArgs, env: Env, file: OperatorConfig): OperatorSettings['mysql'] => ({
  user: args.mysqlUser ?? env.DCMHA_MYSQL_USER ?? file.mysql.user,
  password: env.DCMHA_MYSQL_PASSWORD ?? file.mysql.password,
});

/** Account for the servers. @throws {CliError} when there is none */
export function mysqlAccount({ mysql }: Pick<OperatorSettings, 'mysql'>): { user: string; password: string } {
  if (mysql.user === undefined || mysql.password === undefined) {
    throw new CliError(
      `no ${mysql.user === undefined ? 'account' : 'password'} for the MySQL servers is named`,
      {
        expected: 'expected one that may read their status',
        remedy:
          'set DCMHA_MYSQL_USER and DCMHA_MYSQL_PASSWORD, or put mysql.user and mysql.password into a file (--config)',
        exitCode: ExitCode.usage,
      },
    );
  }
  return { user: mysql.user, password: mysql.password };
}

async function operatorFile(args: OperatorArgs, env: Env): Promise<OperatorConfig> {
  const named = args.config ?? env.DCMHA_CONFIG;
  const path = named ?? (await firstThere(usualFiles(env)));
  if (path === undefined) return operatorConfigSchema.parse({});
  return (await loadConfig(path, operatorConfigSchema, env)).config;
}

function usualFiles(env: Env): string[] {
  const home = env.XDG_CONFIG_HOME ?? join(env.HOME ?? homedir(), '.config');
  return [join(home, 'dcmha', 'config.yaml'), '/etc/dcmha/config.yaml'];
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
