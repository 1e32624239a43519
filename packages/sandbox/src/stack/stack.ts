import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { haproxyConfig } from '@dcmha/router-sync';
import type { GroupPolicyInput } from '@dcmha/zk-schema';
import { SandboxError } from '../errors/index.js';
import type { GroupOptions } from '../group/group-options.js';
import type { MysqlGroup } from '../group/mysql-group.js';
import type { HaproxyServer } from '../haproxy/haproxy-server.js';
import type { Progress } from '../install/progress.js';
import { accounts, appDatabase } from '../mysql/accounts.js';
import type { MysqlServer } from '../mysql/mysql-server.js';
import { waitUntil } from '../process/wait-until.js';
import type { Sandbox } from '../sandbox.js';
import type { ClientTarget } from '../workload/client.js';
import type { ZooKeeperEnsemble } from '../zookeeper/zookeeper-ensemble.js';
import type { DaemonProcess } from './daemon-process.js';
import { GroupTree } from './group-tree.js';
import { registerGroup } from './register-group.js';
import { agentConfig, engineConfig, operatorConfig, routerConfig, type StackFacts } from './stack-config.js';

export interface StackOptions {
  /** Path of the `dcmha` program (a JavaScript file). */
  readonly dcmha: string;
  /** Name of the group; default `demo`. */
  readonly group?: string;
  readonly zooKeeperNodes?: number;
  readonly servers?: GroupOptions;
  /** How many engines; default 2. */
  readonly engines?: number;
  /** Policy of the group, over the defaults of dcmha. */
  readonly policy?: GroupPolicyInput;
  /** ZooKeeper session timeout of the daemons, default 2000. */
  readonly sessionTimeoutMs?: number;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** Everything that dcmha consists of, on real servers, each part a process of its own. */
export interface Stack {
  /** Path of the `dcmha` program. */
  readonly dcmha: string;
  readonly group: string;
  readonly zooKeeper: ZooKeeperEnsemble;
  readonly servers: MysqlGroup;
  readonly haproxy: HaproxyServer;
  readonly agents: readonly DaemonProcess[];
  readonly engines: readonly DaemonProcess[];
  readonly router: DaemonProcess;
  /** Where an application writes and reads. */
  readonly write: ClientTarget;
  readonly read: ClientTarget;
  readonly tree: GroupTree;
  /** For `dcmha ... --config FILE`. */
  readonly operatorConfigFile: string;
  serverAt(address: string): MysqlServer;
  /** Ends what this process holds (the ZooKeeper session); the servers end with the sandbox. */
  close(): Promise<void>;
}

const convergeTimeoutMs = 30_000;
const routerName = 'router-1';

/**
 * Starts ZooKeeper, a group of MySQL servers, HAProxy, an agent beside each server, engines and a router-sync; resolves
 * when the route is applied and an engine owns the group.
 */
export async function startStack(sandbox: Sandbox, options: StackOptions): Promise<Stack> {
  const progress = options.progress ?? (() => {});
  const group = options.group ?? 'demo';
  const checkpoint = (): void => options.signal?.throwIfAborted();

  progress('starting ZooKeeper and MySQL');
  const [zooKeeper, servers] = await both(
    sandbox.startZooKeeper({ nodes: options.zooKeeperNodes ?? 1 }),
    sandbox.startGroup(options.servers),
  );
  checkpoint();

  progress('starting HAProxy');
  const [writePort, readPort] = [await sandbox.freePort('127.0.0.1'), await sandbox.freePort('127.0.0.1')];
  const socketPath = join(sandbox.folder, 'haproxy.sock');
  const haproxy = await sandbox.startHaproxy({
    config: haproxyConfig({
      socketPath,
      groups: [{ group, writeBind: `127.0.0.1:${writePort}`, readBind: `127.0.0.1:${readPort}` }],
    }),
  });
  checkpoint();

  const facts: StackFacts = {
    group,
    zooKeeper: zooKeeper.connectString,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 2_000,
    agentToken: randomBytes(16).toString('hex'),
  };
  const operatorConfigFile = join(sandbox.folder, 'dcmha.json');
  await writeFile(operatorConfigFile, `${JSON.stringify(operatorConfig(facts), null, 2)}\n`, { mode: 0o600 });

  const tree = await GroupTree.connect(facts.zooKeeper, group);
  try {
    // The daemons run in another folder.
    const dcmha = resolve(options.dcmha);
    await registerGroup({
      dcmha,
      group,
      members: servers.servers.map((server) => server.address),
      router: routerName,
      policy: options.policy ?? {},
      folder: sandbox.folder,
      operatorConfigFile,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    progress('starting agents, engines and router-sync');
    await mkdir(join(sandbox.folder, 'daemons'), { recursive: true });
    const agents = await settleAll(
      servers.servers.map(async (server, index) =>
        sandbox.startDaemon({
          kind: 'agent',
          name: `agent-${index + 1}`,
          dcmha,
          config: agentConfig(facts, {
            address: server.address,
            host: server.host,
            pidFile: server.pidFile,
            httpPort: await sandbox.freePort(server.host),
          }),
        }),
      ),
    );
    checkpoint();
    const engines = await settleAll(
      Array.from({ length: options.engines ?? 2 }, async (_, index) =>
        sandbox.startDaemon({
          kind: 'engine',
          name: `engine-${index + 1}`,
          dcmha,
          config: engineConfig(facts, { id: `engine-${index + 1}`, httpPort: await sandbox.freePort() }),
        }),
      ),
    );
    checkpoint();
    const router = await sandbox.startDaemon({
      kind: 'router',
      name: routerName,
      dcmha,
      config: routerConfig(facts, {
        name: routerName,
        socketPath,
        stateFile: join(sandbox.folder, 'daemons', 'router-1.state.json'),
      }),
    });
    checkpoint();
    await waitConverged(tree, servers.servers.length - 1, options.signal);
    const account = { host: '127.0.0.1', ...accounts.app, database: appDatabase };
    return {
      dcmha,
      group,
      zooKeeper,
      servers,
      haproxy,
      agents,
      engines,
      router,
      tree,
      operatorConfigFile,
      write: { ...account, port: writePort },
      read: { ...account, port: readPort },
      serverAt: (address) => {
        const server = servers.servers.find((candidate) => candidate.address === address);
        if (!server) throw new SandboxError('NO_SUCH_SERVER', `no server of the group is at ${address}`);
        return server;
      },
      close: () => tree.close(),
    };
  } catch (error) {
    await tree.close();
    throw error;
  }
}

/** Where to connect, for a person. */
export function stackEndpoints(stack: Stack): Record<string, string> {
  return {
    zookeeper: stack.zooKeeper.connectString,
    write: `${stack.write.host}:${stack.write.port}`,
    read: `${stack.read.host}:${stack.read.port}`,
    config: stack.operatorConfigFile,
  };
}

/** A primary that is routed to, all replicas in the read pool, and the router has applied it. */
async function waitConverged(
  tree: GroupTree,
  replicas: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let seen = '';
  const converged = await waitUntil(
    async () => {
      const [route, owner, applied] = await Promise.all([
        tree.route(),
        tree.owner(),
        tree.appliedVersion(routerName),
      ]);
      seen =
        `owner ${owner ?? 'none'}, write route ${route?.write ?? 'none'}, read route ${route?.read.join(' ') || 'none'},` +
        ` version ${route?.version ?? 'none'}, applied ${applied ?? 'none'}`;
      return owner && route?.write && route.read.length >= replicas && applied === route.version
        ? true
        : undefined;
    },
    { timeoutMs: convergeTimeoutMs, everyMs: 30, ...(signal ? { signal } : {}) },
  );
  if (!converged) {
    throw new SandboxError(
      'SERVER_NOT_READY',
      `the group ${tree.group} was not routed within ${convergeTimeoutMs} ms (${seen}); the logs of the daemons tell more`,
    );
  }
}

/** Waits for all to settle before it throws: none is left at work when one fails. */
async function settleAll<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason as Error;
    return result.value;
  });
}

async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'rejected') throw first.reason as Error;
  if (second.status === 'rejected') throw second.reason as Error;
  return [first.value, second.value];
}
