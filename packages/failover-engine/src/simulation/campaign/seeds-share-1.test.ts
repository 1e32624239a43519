import { expect, it } from 'vitest';
import { brokenInShare } from './expect-kept.js';

it('every promise is kept in each seed of the first half', async () => {
  expect(await brokenInShare(2, 0)).toEqual([]);
}, 1_200_000);
