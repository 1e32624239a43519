import { isZooKeeperError } from '@dcmha/zk-client';
import type { SessionState, WatchEvent } from '@dcmha/zk-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryZooKeeper, VirtualClock } from './index.js';
import type { MemoryClient } from './index.js';

let clock: VirtualClock;
let ensemble: MemoryZooKeeper;

beforeEach(() => {
  clock = new VirtualClock();
  ensemble = new MemoryZooKeeper({ clock });
});

async function connected(options: Parameters<MemoryZooKeeper['connect']>[0] = {}): Promise<MemoryClient> {
  const client = ensemble.connect(options);
  const ready = client.waitConnected();
  await clock.advance(0);
  await ready;
  return client;
}

function statesOf(client: MemoryClient): SessionState[] {
  const states: SessionState[] = [];
  client.onState(({ state }) => states.push(state));
  return states;
}

/** Settles after the promise did; the error is kept, so that nothing is unhandled while time advances. */
function outcome(promise: Promise<unknown>): { error?: unknown; value?: unknown; settled: boolean } {
  const seen: { error?: unknown; value?: unknown; settled: boolean } = { settled: false };
  promise.then(
    (value) => Object.assign(seen, { value, settled: true }),
    (error: unknown) => Object.assign(seen, { error, settled: true }),
  );
  return seen;
}

describe('a client that is cut off', () => {
  it('is disconnected at once, keeps its session when it comes back in time, and its nodes with it', async () => {
    const client = await connected();
    const states = statesOf(client);
    await client.create('/a', 'x', { mode: 'ephemeral' });
    const { sessionId } = client;
    client.cut();
    expect(client.state).toBe('disconnected');
    await clock.advance(5000);
    client.heal();
    await clock.advance(0);
    expect(states).toEqual(['disconnected', 'connected']);
    expect(client.sessionId).toBe(sessionId);
    expect((await client.exists('/a'))?.ephemeralOwner).toBe(sessionId);
  });

  it('knows by its own clock, no later than the ensemble, that its session may be gone', async () => {
    const client = await connected({ sessionTimeoutMs: 6000 });
    const states = statesOf(client);
    const write = outcome(client.create('/a', '', { timeoutMs: 60_000 }));
    await clock.advance(0);
    client.cut();
    await clock.advance(5999);
    expect(ensemble.sessions()).toHaveLength(1);
    await clock.advance(1);
    expect(client.remainingMs()).toBe(0);
    await clock.advance(1);
    expect(ensemble.sessions()).toEqual([]);
    expect(client.state).toBe('disconnected');
    client.heal();
    await clock.advance(0);
    expect(states).toEqual(['disconnected', 'expired']);
    expect(write.value).toBeDefined();
  });

  it('may be made to expire by its own clock, before the ensemble deletes its nodes', async () => {
    const client = await connected({ sessionTimeoutMs: 6000, expireByOwnClock: true });
    const watcher = await connected();
    const states = statesOf(client);
    await client.create('/a', 'x', { mode: 'ephemeral' });
    const seen: { event: WatchEvent; state: SessionState }[] = [];
    await watcher.exists('/a', { watch: (event) => seen.push({ event, state: client.state }) });
    client.cut();
    await clock.advance(5999);
    expect(client.state).toBe('disconnected');
    expect(seen).toEqual([]);
    await clock.advance(2);
    expect(states).toEqual(['disconnected', 'expired']);
    expect(client.remainingMs()).toBe(0);
    expect(seen).toEqual([{ event: { type: 'deleted', path: '/a' }, state: 'expired' }]);
    await expect(client.get('/a')).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
  });

  it('that no one tells (a pulled cable) notices after two thirds of the session timeout', async () => {
    const client = await connected({ sessionTimeoutMs: 6000 });
    client.cut({ silent: true });
    expect(client.state).toBe('connected');
    const write = outcome(client.create('/a', '', { timeoutMs: 60_000 }));
    await clock.advance(3999);
    expect(client.state).toBe('connected');
    await clock.advance(2);
    expect(client.state).toBe('disconnected');
    expect(write.error).toMatchObject({ code: 'CONNECTION_LOSS', maybeApplied: true });
    expect(ensemble.dump().map(({ path }) => path)).toEqual(['/']);
  });

  it('finds what was under way delivered when the cable is back before it noticed', async () => {
    const client = await connected();
    client.cut({ silent: true });
    const write = outcome(client.create('/a', ''));
    await clock.advance(1000);
    client.heal();
    await clock.advance(0);
    expect(write.value).toMatchObject({ path: '/a' });
    expect(client.state).toBe('connected');
  });

  it('learns by one-shot watches what it missed', async () => {
    const client = await connected();
    const other = await connected();
    await client.create('/a', '1');
    const events: string[] = [];
    const note = (event: WatchEvent): void => void events.push(`${event.type} ${event.path}`);
    await client.get('/a', { watch: note });
    await client.exists('/new', { watch: note });
    await client.children('/', { watch: note });
    client.cut();
    await other.set('/a', '2');
    await other.create('/new');
    client.heal();
    await clock.advance(0);
    expect(events.sort()).toEqual(['children-changed /', 'created /new', 'data-changed /a']);
    await other.set('/a', '3');
    await clock.advance(0);
    expect(events).toHaveLength(3);
  });

  it('learns nothing of what its lasting watches missed, and everything after', async () => {
    const client = await connected();
    const other = await connected();
    const events: WatchEvent[] = [];
    await client.addWatch('/', (event) => events.push(event), { recursive: true });
    client.cut();
    await other.create('/a', '1');
    client.heal();
    await clock.advance(0);
    expect(events).toEqual([]);
    await other.set('/a', '2');
    await clock.advance(0);
    expect(events).toEqual([{ type: 'data-changed', path: '/a' }]);
  });

  it('has its calls answered once it is back, or refused by their deadline', async () => {
    const client = await connected();
    client.cut();
    const early = outcome(client.create('/a', '', { timeoutMs: 100 }));
    const late = outcome(client.create('/b', '', { timeoutMs: 3000 }));
    await clock.advance(101);
    expect(early.error).toMatchObject({ code: 'OPERATION_TIMEOUT', maybeApplied: false });
    client.heal();
    await clock.advance(0);
    expect(late.value).toMatchObject({ path: '/b' });
  });
});

describe('a frozen process', () => {
  it('hears nothing while frozen and finds itself expired when it wakes up too late', async () => {
    const client = await connected({ sessionTimeoutMs: 6000 });
    const other = await connected();
    await client.create('/owner', 'me', { mode: 'ephemeral' });
    client.freeze();
    await clock.advance(10_000);
    expect(client.state).toBe('connected');
    expect(await other.exists('/owner')).toBeNull();
    const write = outcome(client.create('/late'));
    client.thaw();
    await clock.advance(0);
    expect(client.state).toBe('expired');
    expect(write.error).toMatchObject({ code: 'SESSION_EXPIRED' });
    expect(await other.exists('/late')).toBeNull();
  });

  it('goes on with its session when it wakes up in time', async () => {
    const client = await connected({ sessionTimeoutMs: 6000 });
    const other = await connected();
    await client.create('/owner', 'me', { mode: 'ephemeral' });
    const events: WatchEvent[] = [];
    await client.exists('/x', { watch: (event) => events.push(event) });
    client.freeze();
    await clock.advance(3000);
    await other.create('/x');
    await clock.advance(1000);
    expect(events).toEqual([]);
    expect(client.remainingMs()).toBeLessThanOrEqual(2000);
    client.thaw();
    await clock.advance(0);
    expect(events).toEqual([{ type: 'created', path: '/x' }]);
    await clock.advance(60_000);
    expect(client.state).toBe('connected');
    expect((await other.exists('/owner'))?.ephemeralOwner).toBe(client.sessionId);
  });
});

describe('faults on the way', () => {
  it.each([
    ['lose-request', []],
    ['lose-answer', ['/a']],
  ] as const)('%s: the caller is told that the write may have happened', async (kind, nodes) => {
    const client = await connected();
    ensemble.intercept = ({ op }) => (op === 'create' ? { kind } : undefined);
    const write = outcome(client.create('/a'));
    await clock.advance(0);
    ensemble.intercept = undefined;
    expect(write.error).toMatchObject({ code: 'CONNECTION_LOSS', path: '/a', maybeApplied: true });
    expect(client.state).toBe('connected');
    expect(ensemble.dump('/a').map(({ path }) => path)).toEqual(nodes);
  });

  it('a late answer holds back the ones after it, in order', async () => {
    const client = await connected();
    ensemble.intercept = ({ path }) => (path === '/a' ? { kind: 'delay-answer', delayMs: 500 } : undefined);
    const first = outcome(client.create('/a'));
    const second = outcome(client.create('/b'));
    await clock.advance(499);
    expect([first.settled, second.settled]).toEqual([false, false]);
    expect(ensemble.dump().map(({ path }) => path)).toEqual(['/', '/a', '/b']);
    await clock.advance(1);
    expect([first.settled, second.settled]).toEqual([true, true]);
  });

  it('an answer that comes after the deadline is dropped', async () => {
    const client = await connected();
    ensemble.intercept = () => ({ kind: 'delay-answer', delayMs: 500 });
    const write = outcome(client.create('/a', '', { timeoutMs: 100 }));
    await clock.advance(1000);
    expect(write.error).toMatchObject({ code: 'OPERATION_TIMEOUT', maybeApplied: true });
  });

  it('a refusal is an error of that call alone', async () => {
    const client = await connected();
    ensemble.intercept = ({ path }) => (path === '/a' ? { kind: 'refuse', code: 'NO_AUTH' } : undefined);
    await expect(client.create('/a')).rejects.toSatisfy((error: unknown) =>
      isZooKeeperError(error, 'NO_AUTH'),
    );
    await expect(client.create('/b')).resolves.toMatchObject({ path: '/b' });
  });
});

describe('the ensemble', () => {
  it('that is down answers nothing and expires nobody; each session has its whole timeout afterwards', async () => {
    const client = await connected({ sessionTimeoutMs: 60_000 });
    const gone = await connected({ sessionTimeoutMs: 6000 });
    await gone.create('/gone', '', { mode: 'ephemeral' });
    gone.cut();
    ensemble.stop();
    expect(client.state).toBe('disconnected');
    await clock.advance(20_000);
    expect(ensemble.dump('/gone')).toHaveLength(1);
    ensemble.start();
    await clock.advance(0);
    expect(client.state).toBe('connected');
    await clock.advance(5999);
    expect(ensemble.dump('/gone')).toHaveLength(1);
    await clock.advance(2);
    expect(ensemble.dump('/gone')).toHaveLength(0);
  });

  it('can expire a session that is alive', async () => {
    const client = await connected();
    const states = statesOf(client);
    const lost: WatchEvent[] = [];
    await client.exists('/x', { watch: (event) => lost.push(event) });
    client.expire();
    await clock.advance(0);
    expect(states).toEqual(['disconnected', 'expired']);
    expect(lost).toEqual([{ type: 'watch-lost', path: '/x' }]);
  });

  it('delivers after the latency that it was given', async () => {
    ensemble = new MemoryZooKeeper({ clock, latencyMs: 10 });
    const client = ensemble.connect();
    const ready = outcome(client.waitConnected());
    await clock.advance(19);
    expect(ready.settled).toBe(false);
    await clock.advance(1);
    expect(ready.settled).toBe(true);
    const write = outcome(client.create('/a'));
    await clock.advance(10);
    expect(ensemble.dump('/a')).toHaveLength(1);
    expect(write.settled).toBe(false);
    await clock.advance(10);
    expect(write.settled).toBe(true);
  });

  it('deletes a container that lost its last child, and a node whose time is over', async () => {
    const client = await connected();
    await client.create('/c', '', { mode: 'container' });
    await client.create('/c/x');
    await client.create('/t', '', { mode: 'persistent-with-ttl', ttlMs: 1000 });
    await clock.advance(60_000);
    expect(ensemble.dump().map(({ path }) => path)).toEqual(['/', '/c', '/c/x']);
    await client.delete('/c/x');
    await clock.advance(60_000);
    expect(ensemble.dump().map(({ path }) => path)).toEqual(['/']);
  });

  it('does the same twice for the same calls', async () => {
    async function story(): Promise<string[]> {
      const lines: string[] = [];
      clock = new VirtualClock();
      let seed = 7;
      const latencyMs = (): number => (seed = (seed * 16_807) % 2_147_483_647) % 20;
      ensemble = new MemoryZooKeeper({ clock, latencyMs });
      const clients = [ensemble.connect(), ensemble.connect(), ensemble.connect()];
      await clock.advance(100);
      for (const [index, client] of clients.entries()) {
        const note = (event: WatchEvent): void =>
          void lines.push(`${clock.monotonicMs()} ${index} ${event.type} ${event.path}`);
        outcome(client.addWatch('/', note, { recursive: true }));
        outcome(
          client.create(`/n`, `${index}`).then(() => lines.push(`${clock.monotonicMs()} ${index} won`)),
        );
      }
      await clock.advance(20);
      clients[1]?.cut();
      await clock.advance(10_000);
      return [...lines, ...ensemble.dump().map(({ path, data }) => `${path} ${data.toString()}`)];
    }
    const first = await story();
    expect(first.some((line) => line.includes('won'))).toBe(true);
    expect(await story()).toEqual(first);
  });
});

describe('a call that is given up', () => {
  it('by a signal rejects at once, and leaves no watch behind', async () => {
    const client = await connected();
    const abort = new AbortController();
    const events: WatchEvent[] = [];
    const read = outcome(client.exists('/x', { signal: abort.signal, watch: (event) => events.push(event) }));
    abort.abort();
    await clock.advance(0);
    expect(read.error).toMatchObject({ code: 'ABORTED', maybeApplied: false });
    await client.create('/x');
    await clock.advance(0);
    expect(events).toEqual([]);
  });
});
