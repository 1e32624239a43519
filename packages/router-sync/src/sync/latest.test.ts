import { describe, expect, it, vi } from 'vitest';
import { Latest } from './latest.js';

describe('Latest', () => {
  it('keeps only the newest of what waits', async () => {
    const done: number[] = [];
    let release: () => void = () => {};
    const latest = new Latest<number>({
      carryOut: async (value) => {
        if (value === 1) await new Promise<void>((resolve) => (release = resolve));
        done.push(value);
      },
      onError: () => {},
      retryMs: 1,
    });
    latest.offer(1);
    for (const value of [2, 3, 4]) latest.offer(value);
    release();
    await vi.waitFor(() => expect(done).toEqual([1, 4]));
    await latest.close();
  });

  it('tries again after an error, and takes a newer value when there is one', async () => {
    const tried: number[] = [];
    const errors: unknown[] = [];
    const latest = new Latest<number>({
      carryOut: async (value) => {
        tried.push(value);
        if (tried.length < 3) throw new Error(`no ${value}`);
      },
      onError: (error) => {
        errors.push(error);
        if (errors.length === 2) latest.offer(2);
      },
      retryMs: 1,
    });
    latest.offer(1);
    await vi.waitFor(() => expect(tried).toEqual([1, 1, 2]));
    expect(errors).toHaveLength(2);
    await latest.close();
  });

  it('aborts what runs when it is closed, and takes nothing more', async () => {
    const seen: string[] = [];
    const latest = new Latest<number>({
      carryOut: (value, signal) =>
        new Promise((_resolve, reject) => {
          seen.push(`start ${value}`);
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
      onError: () => seen.push('error'),
      retryMs: 1,
    });
    latest.offer(1);
    await latest.close();
    latest.offer(2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['start 1']);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'carries out what is offered %i turns after the one before it is done',
    async (turns) => {
      const carried: number[] = [];
      const latest = new Latest<number>({
        carryOut: async (value) => {
          await Promise.resolve();
          carried.push(value);
          if (value === 1) void after(turns).then(() => latest.offer(2));
        },
        onError: () => undefined,
        retryMs: 1,
      });
      latest.offer(1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(carried).toEqual([1, 2]);
      await latest.close();
    },
  );
});

async function after(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}
