import { ZooKeeperClient, type ZooKeeper } from '@dcmha/zk-client';
import { SessionKeeper, closedAcl, silentLogger, type Logger } from '@dcmha/zk-schema';
import { HaproxyAdapter } from './adapter/haproxy/haproxy-adapter.js';
import { readBackendName, writeBackendName } from './adapter/haproxy/haproxy-config.js';
import type { RouteAdapter } from './adapter/route-adapter.js';
import type { RouterConfig } from './config.js';
import { RouterHttp } from './http/router-http.js';
import type { GroupState } from './http/router-metrics.js';
import { AppliedFile } from './state/applied-file.js';
import { GroupSync } from './sync/group-sync.js';
import { RouteFollower } from './zookeeper/route-follower.js';
import { RouteStore } from './zookeeper/route-store.js';

export interface RouterSyncTools {
  /** Default: drops everything. */
  readonly logger?: Logger;
  /** Makes a ZooKeeper client, anew for each session. Default: `ZooKeeperClient` by the configuration. */
  readonly connect?: () => ZooKeeper;
  /** Makes what drives the proxy of a group. Default: by the configuration. */
  readonly makeAdapter?: (group: string) => RouteAdapter;
}

export interface RouterSyncHandle {
  /** Where it answers over HTTP, when that is configured. */
  readonly endpoint?: string;
  /** Leaves the proxy as it is, takes the acknowledgements back and ends. */
  close(): Promise<void>;
  state(): GroupState[];
}

/**
 * Keeps a proxy at the routes of its groups until it is closed. Resolves once the routes were read, or after
 * `startWithoutZooKeeperMs` with the routes of the state file; it goes on trying to reach ZooKeeper and the proxy.
 *
 * @throws {StateFileError} the state file holds something else, or cannot be read
 * @throws {RouterHttpError} the HTTP address cannot be had
 */
export async function startRouterSync(
  config: RouterConfig,
  tools: RouterSyncTools = {},
): Promise<RouterSyncHandle> {
  const logger = tools.logger ?? silentLogger;
  const file = await AppliedFile.open(config.stateFile, {
    onSyncError: (error) => logger.warn(error.message),
  });
  let state: () => GroupState[] = () => [];
  let session: ZooKeeper | undefined;
  // Before anything runs that would have to be ended again when the port is taken.
  const http =
    config.http &&
    (await RouterHttp.listen(config.http, () => ({
      router: config.router,
      connected: session?.state === 'connected',
      groups: state(),
    })));
  const makeAdapter = tools.makeAdapter ?? ((group: string) => haproxyAdapter(config, group));
  let store: RouteStore | undefined;

  const syncs = new Map(
    config.groups.map(({ group }): [string, GroupSync] => [
      group,
      new GroupSync({
        group,
        adapter: makeAdapter(group),
        retained: file.get(group),
        retain: (route) => file.save(group, route),
        acknowledge: async (ack, signal) => {
          // Without a session there is nobody to tell; the next session asks for the acknowledgement again.
          await store?.acknowledge(group, ack, signal);
        },
        checkIntervalMs: config.checkIntervalMs,
        logger,
      }),
    ]),
  );

  state = () =>
    [...syncs].map(([group, sync]) => ({
      group,
      epoch: sync.applied?.epoch ?? null,
      version: sync.applied?.version ?? null,
      error: sync.error ?? null,
    }));
  let begun: () => void = () => {};
  const firstReading = new Promise<void>((resolve) => (begun = resolve));
  const keeper = new SessionKeeper({
    connect: tools.connect ?? (() => zooKeeperClient(config)),
    use: async (zk, over) => {
      const current = new RouteStore({
        zk,
        root: config.zookeeper.root,
        router: config.router,
        logger,
      });
      session = zk;
      await current.catchUp(over);
      store = current;
      over.addEventListener('abort', () => (store = store === current ? undefined : store), { once: true });
      for (const sync of syncs.values()) sync.acknowledge();
      await Promise.all(
        [...syncs].map(([group, sync]) =>
          RouteFollower.start({ group, zk, store: current, sync, over, logger }),
        ),
      );
      begun();
    },
    logger,
  });
  const withoutZooKeeper = setTimeout(() => {
    logger.warn('ZooKeeper not reached: applying the routes of the state file', {
      connect: config.zookeeper.connect,
      waitedMs: config.startWithoutZooKeeperMs,
    });
    for (const sync of syncs.values()) sync.applyRetained();
    begun();
  }, config.startWithoutZooKeeperMs);
  await firstReading;
  clearTimeout(withoutZooKeeper);

  return {
    ...(http === undefined ? {} : { endpoint: `http://${config.http!.host}:${http.port}` }),
    async close() {
      await http?.close();
      await Promise.all([...syncs.values()].map((sync) => sync.close()));
      await keeper.close();
      await file.settled();
    },
    state,
  };
}

function zooKeeperClient({ zookeeper }: RouterConfig): ZooKeeper {
  return new ZooKeeperClient({
    connect: zookeeper.connect,
    sessionTimeoutMs: zookeeper.sessionTimeoutMs,
    ...(zookeeper.auth === undefined
      ? {}
      : { auth: [{ scheme: 'digest', auth: zookeeper.auth }], defaultAcl: closedAcl(zookeeper.auth) }),
  });
}

function haproxyAdapter(config: RouterConfig, group: string): RouteAdapter {
  const backends = config.groups.find((one) => one.group === group);
  return new HaproxyAdapter({
    socket: config.proxy.socket,
    timeoutMs: config.proxy.timeoutMs,
    writeBackend: backends?.writeBackend ?? writeBackendName(group),
    readBackend: backends?.readBackend ?? readBackendName(group),
  });
}
