import { describe, expect, it } from 'vitest';
import { Announcement } from './announcement.js';
import type { EphemeralNode } from './ephemeral.js';

type Value = Parameters<EphemeralNode<'onlineList'>['update']>[0];
const value = (sinceMs: number): Value => ({ group: 'orders', agent: 'db1', sinceMs });

/** A node whose writes are noted; each waits to be let through, or fails. */
function setUp(): {
  readonly over: AbortController;
  readonly written: (number | null)[];
  readonly failures: unknown[];
  readonly announcement: Announcement<'onlineList'>;
  fail: boolean;
  readonly settled: () => Promise<void>;
} {
  const over = new AbortController();
  const written: (number | null)[] = [];
  const failures: unknown[] = [];
  const write = async (what: number | null): Promise<void> => {
    await Promise.resolve();
    if (world.fail) throw new Error('connection lost');
    written.push(what);
  };
  const node: EphemeralNode<'onlineList'> = {
    path: '/mysql/online-list/db1:3306',
    version: 0,
    update: (next) => write(next.sinceMs),
    remove: () => write(null),
  };
  const world = {
    over,
    written,
    failures,
    fail: false,
    announcement: new Announcement<'onlineList'>({
      make: async (next) => {
        await write(next.sinceMs);
        return node;
      },
      over: over.signal,
      pause: () => new Promise((resolve) => setImmediate(resolve)),
      failed: (error) => failures.push(error),
    }),
    settled: async () => {
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return world;
}

describe('an announcement', () => {
  it('writes the newest value and leaves out what was overtaken, or is there already', async () => {
    const { announcement, written, settled } = setUp();
    for (const sinceMs of [1, 2, 3]) announcement.offer(value(sinceMs));
    await settled();
    announcement.offer(value(3));
    announcement.offer(null);
    await settled();
    announcement.offer(value(4));
    await settled();
    expect(written).toEqual([1, 3, null, 4]);
  });

  it('tries a write that failed again, with whatever is newest by then', async () => {
    const world = setUp();
    world.fail = true;
    world.announcement.offer(value(1));
    await world.settled();
    world.announcement.offer(value(2));
    world.fail = false;
    await world.settled();
    expect(world.written).toEqual([2]);
    expect(world.failures.length).toBeGreaterThan(0);
  });

  it('writes nothing once the session is over', async () => {
    const { announcement, written, over, settled } = setUp();
    over.abort();
    announcement.offer(value(1));
    await settled();
    expect(written).toEqual([]);
  });
});
