import { Sandbox, type ZooKeeperEnsemble, type ZooKeeperNode } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChildScript, transpileSources } from './child.js';
import { Load } from './load.js';
import { connected, eventually } from './support.js';

const sessionTimeoutMs = 6_000;

let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;
let round = 0;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-ensemble' });
  ensemble = await sandbox.startZooKeeper({ nodes: 3, config: { syncLimit: 4 } });
});

afterAll(() => sandbox.close());

interface Loaded {
  readonly zk: ZooKeeperClient;
  readonly load: Load;
  readonly states: string[];
}

/** One client with a load on each server, so that whatever fails, someone is there. */
async function loadOnEachServer(): Promise<Loaded[]> {
  const clients: Loaded[] = [];
  round += 1;
  for (const node of ensemble.nodes) {
    const others = ensemble.nodes.filter((other) => other !== node).map(({ address }) => address);
    let zk: ZooKeeperClient | undefined;
    // The order of servers is shuffled: try until the wanted one is first.
    await eventually('a client on each server', async () => {
      const candidate = new ZooKeeperClient({
        connect: [node.address, ...others].join(','),
        sessionTimeoutMs,
      });
      await candidate.waitConnected({ timeoutMs: 20_000 });
      if (candidate.server?.port === node.port && candidate.server.host === node.host) zk = candidate;
      else await candidate.close();
      return zk !== undefined;
    });
    const states: string[] = [];
    (zk as ZooKeeperClient).onState(({ state }) => states.push(state));
    const load = new Load(zk as ZooKeeperClient, `/load-${round}-${node.id}`);
    await load.start();
    clients.push({ zk: zk as ZooKeeperClient, load, states });
  }
  await eventually('under load', () => clients.every(({ load }) => load.acknowledgedCount > 20));
  return clients;
}

/** Waits until every client works again after a fault, and gives the longest standstill of each, in milliseconds. */
async function recovery(clients: readonly Loaded[], faultAtMs: number): Promise<number[]> {
  const before = clients.map(({ load }) => load.acknowledgedCount);
  await eventually(
    'all clients work again',
    () =>
      clients.every(
        ({ zk, load }, index) =>
          zk.state === 'connected' && load.acknowledgedCount > (before[index] as number) + 20,
      ),
    40_000,
  );
  return clients.map(({ load }) => Math.round(load.longestGapMs(faultAtMs)));
}

async function stopAndAudit(clients: readonly Loaded[]): Promise<void> {
  for (const { load } of clients) await load.stop();
  const observer = await connected(ensemble.connectString, { sessionTimeoutMs });
  for (const { zk, load } of clients) {
    const audit = await load.audit(observer);
    expect(audit).toMatchObject({ lost: [], doubled: [], unexpected: [], miscounted: [] });
    expect(audit.acknowledged).toBeGreaterThan(40);
    await zk.close();
  }
}

async function leader(): Promise<ZooKeeperNode> {
  let found: ZooKeeperNode | undefined;
  await eventually('a leader', async () => (found = await ensemble.leader()) !== undefined, 30_000);
  return found as ZooKeeperNode;
}

async function follower(): Promise<ZooKeeperNode> {
  const leading = await leader();
  return ensemble.nodes.find((node) => node !== leading) as ZooKeeperNode;
}

beforeEach(async () => {
  await Promise.all(ensemble.nodes.map((node) => node.waitServing()));
});

describe('with three servers and a load on each, no operation is lost or done twice and no session ends when', () => {
  it.each([
    ['a follower is killed', follower, 'kill', 3_000],
    ['the leader is killed', leader, 'kill', 10_000],
    ['a follower is frozen', follower, 'freeze', 6_000],
    ['the leader is frozen', leader, 'freeze', 15_000],
  ] as const)('%s', async (_, choose, how, limitMs) => {
    const clients = await loadOnEachServer();
    const victim = await choose();
    const faultAtMs = performance.now();
    if (how === 'kill') await victim.kill();
    else victim.freeze();
    const standstills = await recovery(clients, faultAtMs);
    if (how === 'kill') await victim.start();
    else victim.thaw();
    expect(Math.max(...standstills)).toBeLessThan(limitMs);
    for (const { states } of clients) expect(states).not.toContain('expired');
    // Whoever was on the victim has left it.
    expect(clients.flatMap(({ states }) => states)).toContain('disconnected');
    await stopAndAudit(clients);
  });

  it('the servers are restarted one after the other', async () => {
    const clients = await loadOnEachServer();
    const startedAtMs = performance.now();
    for (const node of ensemble.nodes) {
      await node.stop();
      await recovery(clients, startedAtMs);
      await node.start();
    }
    await recovery(clients, startedAtMs);
    for (const { states } of clients) expect(states).not.toContain('expired');
    await stopAndAudit(clients);
  });

  it('all servers are down for 20 s, more than three times the session timeout', async () => {
    const clients = await loadOnEachServer();
    const startedAtMs = performance.now();
    await Promise.all(ensemble.nodes.map((node) => node.kill()));
    await eventually('every lease has run out', () => clients.every(({ zk }) => zk.remainingMs() === 0));
    await eventually('20 s', () => performance.now() - startedAtMs > 20_000, 30_000);
    await ensemble.start();
    await recovery(clients, startedAtMs);
    for (const { states } of clients) expect(states).not.toContain('expired');
    await stopAndAudit(clients);
  });
});

interface Told {
  readonly done?: string;
  readonly state?: string;
  readonly atMs?: number;
}

/** Adds nodes with names of their own, one after the other, and tells each that was acknowledged. */
const steadyLoad = `import { ZooKeeperClient } from './index.js';
const [connect, folder] = process.argv.slice(2);
const say = (fact) => console.log(JSON.stringify({ ...fact, atMs: Date.now() }));
const zk = new ZooKeeperClient({ connect, sessionTimeoutMs: 6000 });
await zk.waitConnected();
zk.onState(({ state }) => say({ state }));
await zk.create(folder);
for (let n = 0; zk.state !== 'expired'; n += 1) {
  const name = 'n' + n + '-';
  await zk.create(folder + '/' + name, '', { mode: 'persistent-sequential' }).then(() => say({ done: name }), () => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
}`;

describe('a client of a session of 6 s under load that is frozen', () => {
  let folder: string;
  let child: ChildScript<Told>;
  const nodes = '/frozen-client';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zk-frozen-'));
    await transpileSources(folder);
    const script = join(folder, 'load.js');
    await writeFile(script, steadyLoad);
    child = new ChildScript<Told>(script, [ensemble.connectString, nodes]);
    await eventually('under load', () => doneNames().length > 20);
  });

  afterAll(async () => {
    child.end();
    await rm(folder, { recursive: true, force: true });
  });

  const doneNames = (): string[] => child.lines.flatMap(({ done }) => (done === undefined ? [] : [done]));

  async function freezeFor(ms: number): Promise<number> {
    child.freeze();
    const frozenAt = performance.now();
    await eventually(`${ms} ms`, () => performance.now() - frozenAt >= ms, ms + 10_000);
    child.thaw();
    return Date.now();
  }

  async function audit(): Promise<void> {
    const observer = await connected(ensemble.connectString);
    // The server that it is connected to may be behind the one that acknowledged.
    await observer.sync(nodes);
    const { children } = await observer.children(nodes);
    const there = children.map((name) => name.slice(0, -10));
    expect(new Set(there).size).toBe(there.length);
    expect(doneNames().filter((name) => !there.includes(name))).toEqual([]);
    expect(child.errors).toBe('');
    await observer.close();
  }

  it('for 3 s goes on in its session, and nothing is lost or done twice', async () => {
    const thawedAtMs = await freezeFor(3_000);
    await eventually('at work again', () =>
      child.lines.some(({ done, atMs }) => done !== undefined && (atMs ?? 0) > thawedAtMs + 100),
    );
    expect(child.lines.map(({ state }) => state)).not.toContain('expired');
    await audit();
  });

  it('for 10 s is told that its session is over, and nothing is lost or done twice', async () => {
    await freezeFor(10_000);
    await eventually('told', () => child.lines.some(({ state }) => state === 'expired'));
    await audit();
  });
});
