import { campaign } from './campaign.js';

/** How many seeds every build runs, in shares that run side by side. */
export const seedsOfEveryBuild = 2_000;

/** The share of a build's seeds in which a promise was broken, in words; empty when none was. */
export async function brokenInShare(of: number, mine: number): Promise<string[]> {
  const { runs, broken } = await campaign({ firstSeed: 1, seeds: seedsOfEveryBuild, share: { of, mine } });
  if (runs !== seedsOfEveryBuild / of) return [`${runs} runs instead of ${seedsOfEveryBuild / of}`];
  return broken.map(
    ({ seed, violations }) =>
      `seed ${seed} (npm run simulate -- --seed ${seed} --story): ${violations.join('; ')}`,
  );
}
