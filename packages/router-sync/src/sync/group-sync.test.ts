import { silentLogger } from '@dcmha/zk-schema';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AdapterOptions, RouteAdapter, RouteTarget } from '../adapter/route-adapter.js';
import type { VersionedRoute } from '../state/applied-route.js';
import { GroupSync, type Ack } from './group-sync.js';

const route = (version: number, more: Partial<VersionedRoute> = {}): VersionedRoute => ({
  created: 100n,
  epoch: 1,
  version,
  write: `db${version}:3306`,
  read: [],
  ...more,
});

/** A proxy that has what it was told, breaks on demand, and can be held up. */
class FakeProxy implements RouteAdapter {
  readonly description = 'fake proxy';
  readonly applied: RouteTarget[] = [];
  has: RouteTarget | undefined;
  fails: string | undefined;
  hold: Promise<void> | undefined;
  closed = false;

  async apply(target: RouteTarget, { signal }: AdapterOptions = {}): Promise<void> {
    if (this.hold) {
      const aborted = new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
      });
      await Promise.race([this.hold, aborted]);
    }
    if (this.fails) throw new Error(this.fails);
    this.applied.push(target);
    this.has = target;
  }

  async check(target: RouteTarget): Promise<string[]> {
    if (this.fails) throw new Error(this.fails);
    return this.has === target ? [] : ['something else'];
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

describe('GroupSync', () => {
  const open: GroupSync[] = [];
  const start = (
    options: { retained?: VersionedRoute; retain?: (route: VersionedRoute) => Promise<void> } = {},
  ) => {
    const proxy = new FakeProxy();
    const acks: Ack[] = [];
    const kept: VersionedRoute[] = [];
    const sync = new GroupSync({
      group: 'orders',
      adapter: proxy,
      retained: options.retained,
      retain:
        options.retain ??
        (async (one) => {
          kept.push(one);
        }),
      acknowledge: async (ack) => {
        acks.push(ack);
      },
      checkIntervalMs: 5,
      logger: silentLogger,
      now: () => 1_760_000_000_000,
    });
    open.push(sync);
    return { proxy, acks, kept, sync };
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((sync) => sync.close()));
  });
  const until = (condition: () => void) => vi.waitFor(condition, { timeout: 5000, interval: 2 });

  it('applies a route, remembers it and acknowledges it', async () => {
    const { sync, acks, kept, proxy } = start();
    sync.offer(route(3));
    await until(() => expect(acks).toEqual([{ version: 3, epoch: 1, appliedAtMs: 1_760_000_000_000 }]));
    expect(proxy.applied).toEqual([route(3)]);
    expect(kept).toEqual([route(3)]);
  });

  it('acknowledges only what a restart will remember', async () => {
    let written: () => void = () => {};
    const { sync, acks, proxy } = start({
      retain: () => new Promise((resolve) => (written = resolve)),
    });
    sync.offer(route(3));
    await until(() => expect(proxy.applied).toHaveLength(1));
    await until(() => expect(written).not.toBe(undefined));
    expect(acks).toEqual([]);
    written();
    await until(() => expect(acks).toHaveLength(1));
  });

  it.each([
    ['lower version', route(4)],
    ['lower epoch with a higher version', route(9, { epoch: 0 })],
    ['older node', route(9, { epoch: 9, created: 99n })],
  ])('refuses a route of %s and says so', async (_what, older) => {
    const { sync, acks, proxy } = start();
    sync.offer(route(5));
    await until(() => expect(acks).toHaveLength(1));
    sync.offer(older);
    await until(() => expect(acks.at(-1)?.error).toMatch(/refused the route/));
    expect(acks.at(-1)).toMatchObject({ version: 5, epoch: 1 });
    expect(proxy.applied).toEqual([route(5)]);
    sync.offer(route(6));
    await until(() => expect(acks.at(-1)).toEqual({ version: 6, epoch: 1, appliedAtMs: 1_760_000_000_000 }));
  });

  it('refuses what is older than the route applied before a restart', async () => {
    const { sync, acks, proxy } = start({ retained: route(5) });
    sync.offer(route(4));
    await until(() => expect(acks).toHaveLength(1));
    expect(acks[0]).toMatchObject({
      version: 5,
      error: expect.stringMatching(/version 4: it is older/) as string,
    });
    expect(proxy.applied).toEqual([]);
  });

  it('takes the routes of a group that was removed and added again, which counts anew', async () => {
    const { sync, acks } = start({ retained: route(50, { epoch: 7 }) });
    sync.offer(route(1, { created: 101n }));
    await until(() => expect(acks).toEqual([{ version: 1, epoch: 1, appliedAtMs: 1_760_000_000_000 }]));
  });

  it('does not touch the proxy with a remembered route until told to', async () => {
    const { sync, proxy } = start({ retained: route(5) });
    await new Promise((resolve) => setImmediate(resolve));
    expect(proxy.applied).toEqual([]);
    sync.applyRetained();
    await until(() => expect(proxy.applied).toEqual([route(5)]));
  });

  it('tries again until the proxy takes the route, and tells what is wrong meanwhile', async () => {
    const { sync, acks, proxy } = start();
    proxy.fails = 'no socket';
    sync.offer(route(2));
    await until(() => expect(acks).toEqual([{ version: 0, epoch: 0, appliedAtMs: 0, error: 'no socket' }]));
    proxy.fails = undefined;
    await until(() => expect(acks.at(-1)).toEqual({ version: 2, epoch: 1, appliedAtMs: 1_760_000_000_000 }));
  });

  it('repairs a proxy that drifted or was restarted', async () => {
    const { sync, proxy } = start();
    sync.offer(route(2));
    await until(() => expect(proxy.applied).toHaveLength(1));
    proxy.has = undefined;
    await until(() => expect(proxy.applied).toHaveLength(2));
  });

  it('leaves a route that hangs for a newer one', async () => {
    const { sync, proxy, acks } = start();
    proxy.hold = new Promise(() => {});
    sync.offer(route(2));
    await new Promise((resolve) => setImmediate(resolve));
    proxy.hold = undefined;
    sync.offer(route(3));
    await until(() => expect(acks.at(-1)).toMatchObject({ version: 3 }));
    expect(proxy.applied).toEqual([route(3)]);
    expect(acks.every((ack) => ack.error === undefined)).toBe(true);
  });

  it('applies but complains when the route cannot be written to disk', async () => {
    let fails = true;
    const { sync, acks } = start({
      retain: async () => {
        if (fails) throw new Error('disk full');
      },
    });
    sync.offer(route(2));
    await until(() => expect(acks.at(-1)).toMatchObject({ version: 2, error: 'disk full' }));
    fails = false;
    await until(() => expect(acks.at(-1)).toEqual({ version: 2, epoch: 1, appliedAtMs: 1_760_000_000_000 }));
  });

  it('remembers on closing what it applied, although nobody could be told', async () => {
    const proxy = new FakeProxy();
    const kept: VersionedRoute[] = [];
    const sync = new GroupSync({
      group: 'orders',
      adapter: proxy,
      retain: async (one) => {
        if (proxy.closed) throw new Error('too late');
        kept.push(one);
      },
      acknowledge: (_ack, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('closed'))),
        ),
      checkIntervalMs: 5,
      logger: silentLogger,
    });
    sync.offer(route(2));
    await until(() => expect(proxy.applied).toHaveLength(1));
    await sync.close();
    expect(kept).toEqual([route(2)]);
  });

  it('closes its adapter and stops', async () => {
    const { sync, proxy, acks } = start();
    sync.offer(route(2));
    await until(() => expect(acks).toHaveLength(1));
    await sync.close();
    expect(proxy.closed).toBe(true);
    proxy.has = undefined;
    sync.offer(route(3));
    await new Promise((resolve) => setImmediate(resolve));
    expect(proxy.applied).toHaveLength(1);
  });
});
