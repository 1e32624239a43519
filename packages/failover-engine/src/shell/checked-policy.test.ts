import { describe, expect, it } from 'vitest';
import { readPolicy } from './checked-policy.js';

describe('readPolicy', () => {
  it('a good policy, read once for each version of the node', () => {
    const meta = { policy: { antiFlapMs: 5 } };
    expect(readPolicy(meta)).toMatchObject({ policy: { antiFlapMs: 5 }, refused: [] });
    expect(readPolicy(meta)).toBe(readPolicy(meta));
    expect(readPolicy({}).refused).toEqual([]);
  });

  it('a wrong one is refused naming key and value; an operation under way is finished with the rest of it', () => {
    const { policy, refused } = readPolicy({
      policy: { antiFlapMs: -1, durability: { mode: 'async' }, patience: { hungMs: 0 }, bogus: 1 },
    });
    expect(refused).toEqual(
      expect.arrayContaining([expect.stringMatching(/^antiFlapMs = -1: /), expect.stringMatching(/bogus/)]),
    );
    expect(policy.durability).toEqual({ mode: 'async' });
    expect(policy.antiFlapMs).toBeGreaterThan(0);
  });

  it.each([null, 'text', 7, []])('what is no policy at all: %j', (policy) => {
    const { refused } = readPolicy({ policy });
    expect(policy === null ? refused : refused.length > 0).toEqual(policy === null ? [] : true);
  });
});
