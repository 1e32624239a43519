import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sandbox, type ZooKeeperEnsemble, type ZooKeeperNode } from '@dcmha/sandbox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChildScript, transpileSources } from './child.js';
import { Relay } from './relay.js';
import { client, connected, errorOf, eventually, recorder } from './support.js';

let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;
let server: ZooKeeperNode;
/** Two ways to the one server, each of which can be cut or go silent. */
let relays: [Relay, Relay];
let both: string;
let count = 0;
const unique = (): string => `/s${(count += 1)}`;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-session' });
  ensemble = await sandbox.startZooKeeper();
  server = ensemble.nodes[0] as ZooKeeperNode;
  relays = [await Relay.start(server), await Relay.start(server)];
  both = relays.map(({ address }) => address).join(',');
});

afterAll(async () => {
  for (const relay of relays) await relay.close();
  await sandbox.close();
});

beforeEach(() => {
  for (const relay of relays) relay.heal();
});

function relayInUse(): Relay {
  const used = relays.filter(({ openCount }) => openCount > 0);
  expect(used).toHaveLength(1);
  return used[0] as Relay;
}

/** An address that refuses connections: nobody listens there any more. */
async function refusingAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

describe('a server that goes silent', () => {
  it('is left for another within two thirds of the session timeout, and the session lives on', async () => {
    const zk = await connected(both, { sessionTimeoutMs: 3_000 });
    const path = unique();
    const { stat } = await zk.create(path, '', { mode: 'ephemeral' });
    const silent = relayInUse();
    const { sessionId } = zk;
    silent.hold();
    const heldAt = performance.now();
    let leftAfterMs = 0;
    zk.onState(({ state }) => {
      if (state === 'disconnected') leftAfterMs = performance.now() - heldAt;
    });
    await eventually('left it', () => leftAfterMs > 0, 10_000);
    await zk.waitConnected();
    expect(relayInUse()).not.toBe(silent);
    // Two thirds, and as much again for a machine that is busy.
    expect(leftAfterMs).toBeLessThan(4_000);
    expect(zk.remainingMs()).toBeGreaterThan(0);
    expect(zk.sessionId).toBe(sessionId);
    // The same node, not another of the same name.
    expect((await zk.exists(path))?.czxid).toBe(stat.czxid);
  });

  it('fails what was sent to it, and says which of it may have happened', async () => {
    const zk = await connected(both, { sessionTimeoutMs: 1_500 });
    const path = unique();
    await zk.create(path);
    relayInUse().hold();
    const results = await Promise.all([errorOf(zk.set(path, 'x')), errorOf(zk.get(path))]);
    expect(results).toMatchObject([
      { code: 'CONNECTION_LOSS', maybeApplied: true, path },
      { code: 'CONNECTION_LOSS', maybeApplied: false, path },
    ]);
    await zk.waitConnected();
    expect((await zk.get(path)).data.toString()).toBe('x');
  });

  it('does not hold up close()', async () => {
    const zk = await connected(both, { closeTimeoutMs: 300 });
    relayInUse().hold();
    const startedAt = performance.now();
    await zk.close();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(zk.state).toBe('closed');
  });
});

describe('requests around a lost connection', () => {
  it('made before it are not sent after it; made while there is none they wait for the next', async () => {
    const zk = await connected(both, { maxInFlight: 1 });
    const path = unique();
    await zk.create(path);
    const states: string[] = [];
    zk.onState(({ state }) => states.push(state));
    relayInUse().hold();
    const sent = errorOf(zk.set(path, 'sent'));
    const behindIt = errorOf(zk.set(path, 'behind it'));
    for (const relay of relays) relay.cut();
    await eventually('disconnected', () => zk.state === 'disconnected');
    expect(await sent).toMatchObject({ code: 'CONNECTION_LOSS', maybeApplied: true });
    expect(await behindIt).toMatchObject({ code: 'CONNECTION_LOSS', maybeApplied: false });
    const made = zk.get(path);
    const givenUp = errorOf(zk.set(path, 'given up', { timeoutMs: 20 }));
    expect(await givenUp).toMatchObject({ code: 'OPERATION_TIMEOUT', maybeApplied: false });
    for (const relay of relays) relay.heal();
    expect((await made).data.toString()).toMatch(/^(sent)?$/);
    expect(states).toEqual(['disconnected', 'connected']);
  });

  it('made before the first connection wait for it', async () => {
    const zk = client(both);
    expect(zk.state).toBe('connecting');
    expect(zk.sessionId).toBe(0n);
    expect(zk.remainingMs()).toBe(0);
    expect(await zk.exists('/')).not.toBeNull();
    expect(zk.state).toBe('connected');
  });
});

describe('a list of servers', () => {
  it.each([2, 3, 4, 5])('of %i of which all but one refuse', async (size) => {
    const refusing = await Promise.all(Array.from({ length: size - 1 }, refusingAddress));
    const relay = relays[0];
    const zk = await connected([...refusing, relay.address].join(','));
    const { sessionId } = zk;
    for (let round = 0; round < 3; round += 1) {
      relay.cut();
      await eventually('cut off', () => zk.state === 'disconnected');
      relay.heal();
      await zk.waitConnected();
    }
    expect(zk.sessionId).toBe(sessionId);
  });

  it.each([1, 2, 4])(
    'of %i that all refuse costs next to no time, and the error tells what was tried',
    async (size) => {
      const refusing = await Promise.all(Array.from({ length: size }, refusingAddress));
      const zk = client(refusing.join(','));
      const before = process.cpuUsage();
      const error = await errorOf(zk.waitConnected({ timeoutMs: 1_000 }));
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1_000).toBeLessThan(500);
      expect(error).toMatchObject({ code: 'OPERATION_TIMEOUT' });
      for (const address of refusing) expect(error.message).toContain(address);
      expect(error.message).toMatch(/ECONNREFUSED.*check that the servers run/s);
    },
  );

  it('may hold names, which are looked up anew for each attempt', async () => {
    const zk = await connected(`localhost:${server.port},no.such.host.invalid:2181`);
    expect(await zk.exists('/')).not.toBeNull();
  });
});

describe('a session', () => {
  it('that the server has expired ends for good: nodes gone, watches lost, calls refused', async () => {
    const path = unique();
    const zk = await connected(both, { sessionTimeoutMs: 1_000 });
    const { seen, listener } = recorder();
    const changes: string[] = [];
    let leaseEnds = 0;
    zk.onLeaseEnd(() => {
      leaseEnds += 1;
      expect(zk.remainingMs()).toBe(0);
      changes.push('lease end');
    });
    zk.onState(({ state, previous }) => changes.push(`${previous} -> ${state}`));
    await zk.create(path, '', { mode: 'ephemeral' });
    await zk.exists(path, { watch: listener });
    for (const relay of relays) relay.cut();
    const observer = await connected(ensemble.connectString);
    await eventually('expired at the server', async () => (await observer.exists(path)) === null);
    expect(zk.remainingMs()).toBe(0);
    const waiting = errorOf(zk.get('/'));
    for (const relay of relays) relay.heal();
    await eventually('expired', () => zk.state === 'expired');
    expect(await waiting).toMatchObject({ code: 'SESSION_EXPIRED', maybeApplied: false });
    expect(await errorOf(zk.waitConnected())).toMatchObject({ code: 'SESSION_EXPIRED' });
    expect(await errorOf(zk.create(path))).toMatchObject({ code: 'SESSION_EXPIRED' });
    expect(seen).toEqual([`watch-lost ${path}`]);
    expect(leaseEnds).toBe(1);
    expect(changes).toEqual(['connected -> disconnected', 'lease end', 'disconnected -> expired']);
    await zk.close();
  });

  it('survives a restart of the only server that takes longer than its timeout', async () => {
    const path = unique();
    const zk = await connected(ensemble.connectString, { sessionTimeoutMs: 1_000 });
    await zk.create(path, '', { mode: 'ephemeral' });
    await server.kill();
    await eventually('out of its lease', () => zk.remainingMs() === 0);
    expect(zk.state).toBe('disconnected');
    await server.start();
    await zk.waitConnected({ timeoutMs: 20_000 });
    expect((await zk.exists(path))?.ephemeralOwner).toBe(zk.sessionId);
  });

  it('of a process that is frozen past its timeout is known to be over before anything is done with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zk-frozen-'));
    await transpileSources(folder);
    const script = join(folder, 'frozen.js');
    await writeFile(
      script,
      `import { ZooKeeperClient } from './index.js';
       const say = (fact) => console.log(JSON.stringify(fact));
       const zk = new ZooKeeperClient({ connect: process.argv[2], sessionTimeoutMs: 1000 });
       await zk.waitConnected();
       await zk.create(process.argv[3], '', { mode: 'ephemeral' });
       zk.onState(({ state }) => say({ state, remainingMs: zk.remainingMs() }));
       let last = performance.now();
       setInterval(() => {
         const now = performance.now();
         if (now - last > 1500) say({ state: 'woke', remainingMs: zk.remainingMs() });
         last = now;
       }, 20);
       say({ state: 'ready', remainingMs: zk.remainingMs() });`,
    );
    const path = unique();
    const child = new ChildScript<{ state: string; remainingMs: number }>(script, [both, path]);
    const observer = await connected(ensemble.connectString);
    try {
      await eventually('ready', () => child.lines.length > 0);
      expect(child.lines[0]?.remainingMs).toBeGreaterThan(0);
      child.freeze();
      const frozenAt = performance.now();
      await eventually('expired at the server', async () => (await observer.exists(path)) === null);
      await eventually('long enough to be noticed', () => performance.now() - frozenAt > 1_800);
      child.thaw();
      await eventually('expired at the client', () => child.lines.at(-1)?.state === 'expired');
    } finally {
      child.end();
      await rm(folder, { recursive: true, force: true });
    }
    expect(child.errors).toBe('');
    // Whatever it noticed first after it woke, it knew then that its lease was gone.
    const afterwards = child.lines.slice(1);
    expect(afterwards.map(({ state }) => state)).toContain('woke');
    expect(afterwards.map(({ remainingMs }) => remainingMs)).toEqual(afterwards.map(() => 0));
  });

  it('that is closed leaves no timer and no socket behind', async () => {
    const held = (): string[] =>
      process
        .getActiveResourcesInfo()
        .filter((name) => name === 'Timeout' || name === 'TCPSocketWrap')
        .sort();
    const before = held();
    const zk = await connected(server.address);
    const unfinished = zk.get('/');
    await Promise.all([zk.close(), zk.close()]);
    await unfinished;
    await zk.close();
    const refused = client((await Promise.all([1, 2].map(refusingAddress))).join(','));
    await refused.close();
    await eventually('nothing left', () => held().length <= before.length);
    expect(await errorOf(zk.get('/'))).toMatchObject({ code: 'CLOSED' });
    expect(await errorOf(refused.waitConnected())).toMatchObject({ code: 'CLOSED' });
  });

  it('answers requests that were sent before close(), and refuses those that were not', async () => {
    const zk = await connected(server.address, { maxInFlight: 1 });
    const path = unique();
    const sent = zk.create(path);
    const unsent = errorOf(zk.create(`${path}x`));
    await zk.close();
    expect((await sent).path).toBe(path);
    expect(await unsent).toMatchObject({ code: 'CLOSED', maybeApplied: false });
  });
});

const ipv6 = await Relay.start({ host: '127.0.0.1', port: 1 }, '::1').then(
  async (relay) => {
    await relay.close();
    return true;
  },
  () => false,
);
if (ipv6) {
  describe('an IPv6 address', () => {
    it('stands in brackets', async () => {
      const relay = await Relay.start(server, '::1');
      expect(relay.address).toMatch(/^\[::1\]:/);
      const zk = await connected(relay.address);
      expect(await zk.exists('/')).not.toBeNull();
      await zk.close();
      await relay.close();
    });
  });
}
