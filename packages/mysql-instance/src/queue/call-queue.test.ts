import { describe, expect, it } from 'vitest';
import { CallQueue } from './call-queue.js';

function makeQueue(limit = 2): CallQueue {
  return new CallQueue(limit, (reason) => new Error(reason));
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('a call queue', () => {
  it('runs calls one after the other, in order, also after one that failed', async () => {
    const queue = makeQueue(10);
    const log: string[] = [];
    const first = gate();
    const results = [
      queue.run(async () => {
        log.push('a begins');
        await first.opened;
        log.push('a ends');
      }, 1_000),
      queue.run(async () => {
        log.push('b');
        throw new Error('b failed');
      }, 1_000),
      queue.run(async () => log.push('c'), 1_000),
    ];
    first.open();
    const settled = await Promise.allSettled(results);
    expect(log).toEqual(['a begins', 'a ends', 'b', 'c']);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(queue.idle).toBe(true);
  });

  it('refuses when its limit is reached', async () => {
    const queue = makeQueue(1);
    const first = gate();
    const running = queue.run(() => first.opened, 1_000);
    const waiting = queue.run(async () => 'ran', 1_000);
    await expect(queue.run(async () => 'never', 1_000)).rejects.toThrow('queue-full');
    first.open();
    await running;
    expect(await waiting).toBe('ran');
  });

  it('lets go of a call whose time ends before its turn, without running it', async () => {
    const queue = makeQueue();
    const first = gate();
    let ran = false;
    const running = queue.run(() => first.opened, 1_000);
    await expect(
      queue.run(async () => {
        ran = true;
      }, 5),
    ).rejects.toThrow('expired');
    first.open();
    await running;
    await queue.run(async () => undefined, 1_000);
    expect(ran).toBe(false);
  });

  it('lets go of a call that is cancelled', async () => {
    const queue = makeQueue();
    const first = gate();
    const stop = new AbortController();
    const running = queue.run(() => first.opened, 1_000);
    const waiting = queue.run(async () => undefined, 1_000, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow('aborted');
    await expect(queue.run(async () => undefined, 1_000, stop.signal)).rejects.toThrow('aborted');
    first.open();
    await running;
  });

  it('refuses everything once closed, and lets the running call end', async () => {
    const queue = makeQueue();
    const first = gate();
    const running = queue.run(() => first.opened.then(() => 'ended'), 1_000);
    const waiting = queue.run(async () => undefined, 1_000);
    queue.close();
    await expect(waiting).rejects.toThrow('closed');
    await expect(queue.run(async () => undefined, 1_000)).rejects.toThrow('closed');
    first.open();
    expect(await running).toBe('ended');
  });
});
