import { ZooKeeperClient } from '@dcmha/zk-client';
import { closedAcl, createStore, SessionKeeper, type Logger } from '@dcmha/zk-schema';
import { hostname } from 'node:os';
import type { EngineConfig } from '../config.js';
import { hooksOf } from '../hooks/hook-config.js';
import { HookRunner } from '../hooks/hook-runner.js';
import { EngineHttp } from './engine-http.js';
import { EngineShift } from './engine-shift.js';
import { machineWorld } from './engine-world.js';
import { Steadiness } from './steadiness.js';

export interface EngineHandle {
  readonly engineId: string;
  /** Where it answers over HTTP. */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Runs an engine until it is closed. It joins the others in ZooKeeper and takes its share of the groups. */
export async function startEngine(
  config: EngineConfig,
  { logger }: { readonly logger: Logger },
): Promise<EngineHandle> {
  const engineId = config.engineId ?? `${hostname()}-${process.pid}`;
  const { zookeeper } = config;
  const world = machineWorld(config);
  const steadiness = new Steadiness(world.clock);
  const hooks = new HookRunner({ hooks: hooksOf(config.hooks), clock: world.clock, log: logger });
  let shift: EngineShift | null = null;

  const http = await EngineHttp.listen(config.http, {
    engineId,
    groups: () => shift?.groups() ?? [],
    explain: (group) => shift?.explain(group) ?? null,
    checkSwitchover: async (group, target) => (await shift?.checkSwitchover(group, target)) ?? null,
    hooks: hooks.names,
    connected: () => keeper.current?.state === 'connected',
  });
  const endpoint = config.http.advertise ?? `http://${config.http.host}:${http.port}`;
  const keeper = new SessionKeeper({
    logger,
    connect: () =>
      new ZooKeeperClient({
        connect: zookeeper.connect,
        sessionTimeoutMs: zookeeper.sessionTimeoutMs,
        ...(zookeeper.auth === undefined
          ? {}
          : { auth: [{ scheme: 'digest', auth: zookeeper.auth }], defaultAcl: closedAcl(zookeeper.auth) }),
      }),
    use: async (zk, over) => {
      const store = createStore(zk, { root: zookeeper.root, logger });
      shift = new EngineShift({ store, over, config, world, engineId, endpoint, logger, steadiness, hooks });
      await shift.begin();
    },
  });
  return {
    engineId,
    endpoint,
    close: async () => {
      await shift?.end();
      await hooks.close();
      await keeper.close();
      await http.close();
    },
  };
}
