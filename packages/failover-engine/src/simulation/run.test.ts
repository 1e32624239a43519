import { describe, expect, it } from 'vitest';
import { run } from './run.js';
import { defaultSetup, type Setup } from './setup.js';

const killPrimary: Setup = {
  ...defaultSetup,
  seed: 1,
  faults: [{ fault: { kind: 'kill-mysqld', server: 'primary', forMs: 3_000 }, when: { atMs: 1_000 } }],
};

describe('a run', () => {
  it('fails over when the primary is killed, and breaks no promise', async () => {
    const result = await run(killPrimary);
    expect(result.violations).toEqual([]);
    expect(result.failovers).toBe(1);
    expect(result.convergedAfterMs).not.toBeNull();
    expect(result.fates.acknowledged).toBeGreaterThan(50);
    expect(result.story).toMatch(/db2:3306 +is open for writes/);
  });

  it('is the same again with the same seed, and another with another', async () => {
    const [first, second, other] = [
      await run(killPrimary),
      await run(killPrimary),
      await run({ ...killPrimary, seed: 2 }),
    ];
    expect(second.story).toBe(first.story);
    expect(other.story).not.toBe(first.story);
  });
});
