import { ZooKeeperClient } from '@dcmha/zk-client';
import { closedAcl, createStore, type Store } from '@dcmha/zk-schema';
import type { Context } from '../command/context.js';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import type { OperatorSettings } from './operator-settings.js';

const sessionTimeoutMs = 6000;

/** Runs something with the tree in ZooKeeper, and closes the session afterwards. */
export async function withStore<Result>(
  { zookeeper, timeoutMs }: OperatorSettings,
  { signal }: Context,
  use: (store: Store) => Promise<Result>,
): Promise<Result> {
  const zk = newClient(zookeeper, timeoutMs);
  try {
    await zk.waitConnected({ timeoutMs, signal }).catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw new CliError(`ZooKeeper at ${zookeeper.connect} does not answer within ${timeoutMs} ms`, {
        expected: 'expected a session',
        remedy: `check that it runs and that the address is right (--zookeeper, DCMHA_ZOOKEEPER): ${messageOf(error)}`,
        exitCode: ExitCode.unreachable,
        cause: error,
      });
    });
    return await use(createStore(zk, { root: zookeeper.root }));
  } finally {
    await zk.close({ timeoutMs: 2000 });
  }
}

function newClient({ connect, auth }: OperatorSettings['zookeeper'], timeoutMs: number): ZooKeeperClient {
  try {
    return new ZooKeeperClient({
      connect,
      sessionTimeoutMs,
      requestTimeoutMs: timeoutMs,
      ...(auth === undefined ? {} : { auth: [{ scheme: 'digest', auth }], defaultAcl: closedAcl(auth) }),
    });
  } catch (error) {
    throw new CliError(`the address of ZooKeeper "${connect}" cannot be used: ${messageOf(error)}`, {
      expected: 'expected host:port,host:port',
      exitCode: ExitCode.usage,
      cause: error,
    });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
