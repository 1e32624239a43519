import { describe, expect, it } from 'vitest';
import { Permits } from './permits.js';

const never = new AbortController().signal;

describe('permits', () => {
  it('are given to so many at a time, and then in the order they were asked for', async () => {
    const permits = new Permits(2);
    const [a, b] = [await permits.take(never), await permits.take(never)];
    expect([a.waited, b.waited]).toEqual([false, false]);
    const order: string[] = [];
    const c = permits.take(never).then((permit) => (order.push('c'), permit));
    const d = permits.take(never).then((permit) => (order.push('d'), permit));
    expect(permits.waiting).toBe(2);
    b.release();
    b.release();
    expect((await c).waited).toBe(true);
    expect(order).toEqual(['c']);
    a.release();
    await d;
    expect(order).toEqual(['c', 'd']);
  });

  it('are not kept for whoever gave up', async () => {
    const permits = new Permits(1);
    const first = await permits.take(never);
    const gone = new AbortController();
    const second = permits.take(gone.signal);
    gone.abort(new Error('stopped'));
    await expect(second).rejects.toThrow('stopped');
    expect(permits.waiting).toBe(0);
    first.release();
    expect((await permits.take(never)).waited).toBe(false);
    await expect(permits.take(gone.signal)).rejects.toThrow('stopped');
  });
});
