import { join } from 'node:path';
import { Sandbox, type HaproxyServer, type ZooKeeperEnsemble } from '@dcmha/sandbox';
import { ZooKeeperClient, isZooKeeperError, type ZooKeeper } from '@dcmha/zk-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  HaproxyAdapter,
  haproxyConfig,
  readBackendName,
  routerConfigSchema,
  startRouterSync,
  writeBackendName,
  type RouterConfigInput,
  type RouterSyncHandle,
} from '../src/index.js';
import { NamedServer, connectTo, whoAnswers } from './support/named-server.js';
import { TcpRelay } from './support/tcp-relay.js';

const groups = ['orders', 'billing'];
const root = '/mysql';
let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;
let relay: TcpRelay;
let haproxy: HaproxyServer;
let zk: ZooKeeper;
let a: NamedServer;
let b: NamedServer;
let socketPath: string;
let ports: Record<string, { write: number; read: number }>;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'router' });
  a = await NamedServer.start('a', '127.0.0.11');
  b = await NamedServer.start('b', '127.0.0.12');
  ensemble = await sandbox.startZooKeeper({ nodes: 1, tickTimeMs: 200 });
  relay = await TcpRelay.start(ensemble.nodes[0]!);
  socketPath = join(sandbox.folder, 'haproxy.sock');
  ports = {};
  for (const group of groups)
    ports[group] = { write: await sandbox.freePort(), read: await sandbox.freePort() };
  haproxy = await sandbox.startHaproxy({
    config: haproxyConfig({
      groups: groups.map((group) => ({
        group,
        writeBind: `127.0.0.1:${ports[group]!.write}`,
        readBind: `127.0.0.1:${ports[group]!.read}`,
        readSlots: 2,
      })),
      socketPath,
    }),
  });
  zk = new ZooKeeperClient({ connect: ensemble.connectString, sessionTimeoutMs: 10_000 });
  await zk.waitConnected();
  for (const path of [root, `${root}/haproxy`]) await zk.create(path);
});

afterAll(async () => {
  await zk?.close();
  await relay?.close();
  await Promise.all([a, b].map((server) => server?.close()));
  await sandbox?.close();
});

let version = 0;
let epoch = 1;
/** Publishes the next route of the group and returns its version. */
async function publish(group: string, write: string | null, read: string[] = []): Promise<number> {
  version += 1;
  await put(group, { write, read, epoch, version, reason: 'test' });
  return version;
}
async function put(group: string, value: object): Promise<void> {
  const path = `${root}/haproxy/${group}`;
  const data = JSON.stringify({ v: 1, ...value });
  if (await zk.exists(path)) await zk.set(path, data);
  else await zk.create(path, data);
}
async function ack(group: string): Promise<Record<string, unknown> & { session?: bigint }> {
  try {
    const { data, stat } = await zk.get(`${root}/router-ack/${group}/haproxy-1`);
    return { ...(JSON.parse(data.toString()) as Record<string, unknown>), session: stat.ephemeralOwner };
  } catch (error) {
    if (isZooKeeperError(error, 'NO_NODE')) return {};
    throw error;
  }
}
const until = { timeout: 15_000, interval: 10 };

let running: RouterSyncHandle | undefined;
let states = 0;
let stateFile: string;
const start = async (more: Partial<RouterConfigInput> = {}): Promise<RouterSyncHandle> => {
  const input: RouterConfigInput = {
    router: 'haproxy-1',
    zookeeper: { connect: relay.address, sessionTimeoutMs: 1000 },
    proxy: { type: 'haproxy', socket: socketPath, timeoutMs: 5000 },
    groups,
    stateFile,
    checkIntervalMs: 100,
    ...more,
  };
  running = await startRouterSync(routerConfigSchema.parse(input));
  return running;
};
/** A router-sync that applied the newest route of the group and was ended. */
async function startAndEnd(group: string): Promise<void> {
  const handle = await start();
  await expect.poll(() => ack(group), until).toMatchObject({ version });
  await handle.close();
}
beforeAll(() => {
  stateFile = join(sandbox.folder, 'state', 'router.json');
});
afterEach(async () => {
  relay.mend();
  await running?.close();
  running = undefined;
  states += 1;
  stateFile = join(sandbox.folder, 'state', `router-${states}.json`);
  for (const group of groups) {
    const adapter = new HaproxyAdapter({
      socket: socketPath,
      writeBackend: writeBackendName(group),
      readBackend: readBackendName(group),
      timeoutMs: 5000,
    });
    await adapter.apply({ write: null, read: [] });
  }
});

describe('router-sync with ZooKeeper and HAProxy', () => {
  it('applies the routes that are there, follows the next ones, and acknowledges each', async () => {
    await publish('orders', a.address, [b.address]);
    const handle = await start();
    await expect.poll(() => whoAnswers(ports.orders!.write), until).toBe('a');
    await expect.poll(() => ack('orders'), until).toMatchObject({ version, epoch });
    expect(await whoAnswers(ports.orders!.read)).toBe('b');
    expect(await whoAnswers(ports.billing!.write)).toBeNull();

    const session = await connectTo(ports.orders!.write);
    await publish('orders', null);
    await session.ended;
    await expect.poll(() => ack('orders'), until).toMatchObject({ version });
    epoch += 1;
    await publish('orders', b.address, [a.address]);
    await expect.poll(() => ack('orders'), until).toMatchObject({ version, epoch });
    expect(await whoAnswers(ports.orders!.write)).toBe('b');
    await publish('billing', a.address);
    await expect.poll(() => whoAnswers(ports.billing!.write), until).toBe('a');
    expect(handle.state()).toContainEqual({ group: 'billing', epoch, version, error: null });
  });

  it('switches within milliseconds of the publication', async () => {
    await publish('orders', null);
    await start();
    await expect.poll(() => ack('orders'), until).toMatchObject({ version });
    const tookMs: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      await publish('orders', null);
      await expect.poll(() => ack('orders'), until).toMatchObject({ version });
      await publish('orders', round % 2 ? a.address : b.address);
      const startMs = performance.now();
      await expect
        .poll(() => whoAnswers(ports.orders!.write), { timeout: 15_000, interval: 0 })
        .not.toBeNull();
      tookMs.push(performance.now() - startMs);
    }
    expect(tookMs.sort((x, y) => x - y)[10]).toBeLessThan(200);
  });

  it('refuses an older route, says so, and goes on with the next', async () => {
    await publish('orders', a.address);
    await start();
    await expect.poll(() => ack('orders'), until).toMatchObject({ version });
    await put('orders', {
      write: b.address,
      read: [],
      epoch: epoch - 1,
      version: version + 5,
      reason: 'late',
    });
    await expect
      .poll(() => ack('orders'), until)
      .toMatchObject({ version, error: expect.stringMatching(/older/) as string });
    expect(await whoAnswers(ports.orders!.write)).toBe('a');
    await publish('orders', b.address);
    await expect.poll(() => whoAnswers(ports.orders!.write), until).toBe('b');
    await expect.poll(async () => (await ack('orders')).error, until).toBeUndefined();
  });

  it('keeps the last route when what stands in ZooKeeper is none, or nothing', async () => {
    await publish('orders', a.address);
    await start();
    await expect.poll(() => ack('orders'), until).toMatchObject({ version });
    await put('orders', { write: 'not a server', read: [] });
    await expect
      .poll(async () => (await ack('orders')).error, until)
      .toMatch(/haproxy\/orders .*does not fit/);
    expect(await whoAnswers(ports.orders!.write)).toBe('a');
    await zk.delete(`${root}/haproxy/orders`);
    expect(await whoAnswers(ports.orders!.write)).toBe('a');
    // A group that was added anew counts from the start.
    await put('orders', { write: b.address, read: [], epoch: 0, version: 0, reason: 'new' });
    await expect.poll(() => whoAnswers(ports.orders!.write), until).toBe('b');
    await expect.poll(() => ack('orders'), until).toMatchObject({ version: 0, epoch: 0 });
    await zk.delete(`${root}/haproxy/orders`);
  });

  it('does not go back behind what it applied before a restart', async () => {
    await publish('orders', a.address);
    await startAndEnd('orders');
    await put('orders', { write: b.address, read: [], epoch, version: version - 1, reason: 'late' });
    await start();
    await expect.poll(async () => (await ack('orders')).error, until).toMatch(/older/);
    expect(await whoAnswers(ports.orders!.write)).toBe('a');
  });

  it('brings a restarted HAProxy to the route, also without ZooKeeper', async () => {
    await publish('orders', a.address, [b.address]);
    await start();
    await expect.poll(() => whoAnswers(ports.orders!.write), until).toBe('a');
    relay.cut();
    await haproxy.kill();
    await haproxy.start();
    await expect.poll(() => whoAnswers(ports.orders!.write), until).toBe('a');
    await expect.poll(() => whoAnswers(ports.orders!.read), until).toBe('b');
  });

  it('acknowledges again in a new session when its session has expired', async () => {
    await publish('orders', a.address);
    await start();
    await expect.poll(() => ack('orders'), until).toMatchObject({ version });
    const { session } = await ack('orders');
    relay.cut();
    await expect.poll(() => ack('orders'), until).toEqual({});
    expect(await whoAnswers(ports.orders!.write)).toBe('a');
    await publish('orders', b.address);
    relay.mend();
    await expect.poll(() => ack('orders'), until).toMatchObject({ version });
    expect((await ack('orders')).session).not.toBe(session);
    expect(await whoAnswers(ports.orders!.write)).toBe('b');
  });

  it('starts with the remembered routes when ZooKeeper does not answer, and catches up later', async () => {
    await publish('orders', a.address);
    await startAndEnd('orders');
    await haproxy.kill();
    await haproxy.start();
    relay.cut();
    await start({ startWithoutZooKeeperMs: 200 });
    await expect.poll(() => whoAnswers(ports.orders!.write), until).toBe('a');
    await publish('orders', b.address);
    relay.mend();
    await expect.poll(() => whoAnswers(ports.orders!.write), until).toBe('b');
  });

  it('tells what is wrong while HAProxy is gone', async () => {
    await publish('orders', a.address);
    await start();
    await expect.poll(() => ack('orders'), until).toMatchObject({ version });
    await haproxy.kill();
    await expect.poll(async () => (await ack('orders')).error, until).toMatch(/HAProxy/);
    await haproxy.start();
    await expect.poll(async () => (await ack('orders')).error, until).toBeUndefined();
  });

  it('tells monitors how it is', async () => {
    await publish('orders', a.address);
    await publish('billing', a.address);
    const { endpoint } = await start({ http: { port: 0 } });
    const health = () => fetch(`${endpoint}/health`).then((response) => response.status);
    await expect.poll(health, until).toBe(200);
    relay.cut();
    await expect.poll(health, until).toBe(503);
  });

  it('takes its acknowledgement back when it is closed, and leaves the proxy as it is', async () => {
    await publish('orders', a.address);
    const handle = await start();
    await expect.poll(() => ack('orders'), until).toMatchObject({ version });
    await handle.close();
    await expect.poll(() => ack('orders'), until).toEqual({});
    expect(await whoAnswers(ports.orders!.write)).toBe('a');
  });
});
