import { HaproxyServer } from '../haproxy/haproxy-server.js';
import { MysqlServer } from '../mysql/mysql-server.js';
import type { ManagedServer } from '../process/managed-server.js';
import type { Sandbox } from '../sandbox.js';
import { DaemonProcess } from '../stack/daemon-process.js';
import { ZooKeeperNode } from '../zookeeper/zookeeper-node.js';
import type { DetachedEntry, DetachedState } from './state.js';
import { inOrder } from './order.js';
import { writeState } from './state-file.js';

/**
 * Lets everything of the sandbox live on without this process, and writes down what it is, so that `sandboxStatus`,
 * `sandboxKill`, `sandboxStart` and `sandboxDown` find it.
 */
export async function detach(
  sandbox: Sandbox,
  name: string,
  endpoints: Readonly<Record<string, string>>,
): Promise<DetachedState> {
  const state: DetachedState = {
    version: 1,
    name,
    folder: sandbox.folder,
    createdAt: new Date().toISOString(),
    endpoints: { ...endpoints },
    entries: inOrder(sandbox.servers.flatMap((server) => entryOf(server) ?? [])),
  };
  // First the file, then the release: killed between the two, nothing is left running that no file names.
  await writeState(state);
  await sandbox.release();
  return state;
}

function entryOf(server: ManagedServer): DetachedEntry | undefined {
  const { process, lastSpec } = server;
  if (process === undefined || lastSpec === undefined) return undefined;
  const address =
    server instanceof MysqlServer || server instanceof ZooKeeperNode ? { address: server.address } : {};
  const { env, args, staleFiles, ...spec } = lastSpec;
  return {
    name: server.name,
    kind: kindOf(server),
    ...address,
    pid: process.identity.pid,
    startTime: process.identity.startTime,
    logFile: server.logFile,
    spec: {
      ...spec,
      args: [...args],
      ...(env ? { env: definedOnly(env) } : {}),
      ...(staleFiles ? { staleFiles: [...staleFiles] } : {}),
    },
  };
}

function kindOf(server: ManagedServer): DetachedEntry['kind'] {
  if (server instanceof MysqlServer) return server.flavor;
  if (server instanceof ZooKeeperNode) return 'zookeeper';
  if (server instanceof HaproxyServer) return 'haproxy';
  if (server instanceof DaemonProcess) return server.kind;
  return 'other';
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
