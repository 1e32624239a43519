import type { NodeValue, Store } from '@dcmha/zk-schema';
import { parseAddress } from '@dcmha/zk-schema';
import { createConnection, type Connection } from 'mysql2/promise';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { mysqlAccount, type OperatorSettings } from '../operator/operator-settings.js';

export interface CurrentPrimary {
  readonly value: NodeValue<'master'>;
  readonly version: number;
}

/** @throws CliError when ZooKeeper names none */
export async function currentPrimary(store: Store, group: string): Promise<CurrentPrimary> {
  const master = await store.master.read({ group });
  if (master === null) {
    throw new CliError(`no primary is recorded for "${group}"`, {
      remedy: 'give --server host:port to look at a server (diff)',
      exitCode: ExitCode.unreachable,
    });
  }
  return { value: master.value, version: master.version };
}

/** A connection with the operator's account. @throws CliError when the server does not answer or refuses */
export async function connectTo(server: string, settings: OperatorSettings): Promise<Connection> {
  const { host, port } = parseAddress(server);
  try {
    const connection = await createConnection({
      host,
      port,
      ...mysqlAccount(settings),
      connectTimeout: settings.timeoutMs,
    });
    // A connection that breaks is reported by the statement that it leaves without an answer.
    connection.on('error', () => undefined);
    return connection;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      `${server} cannot be asked: ${error instanceof Error ? error.message : String(error)}`,
      {
        remedy: 'check that it is up, and DCMHA_MYSQL_USER and DCMHA_MYSQL_PASSWORD',
        exitCode: ExitCode.unreachable,
        cause: error,
      },
    );
  }
}
