import { describe, expect, it } from 'vitest';
import { campaign } from './campaign/campaign.js';
import type { Mutation } from './mutations.js';
import { run } from './run.js';
import { scenarioNamed } from './scenarios/scenarios.js';
import { setupFromSeed } from './setup-from-seed.js';

/** As many seeds may pass before a broken variant is caught: a tenth of what every build runs. */
const seedsMax = 200;

const caughtBySeeds: readonly Mutation[] = [
  'promote-before-applied',
  'fencing-skipped',
  'agents-never-close',
  'acknowledgements-not-waited-for',
];

describe('a broken variant', () => {
  it.each(caughtBySeeds)(
    `%s is caught within ${seedsMax} seeds, and the sound one keeps its promises there`,
    async (mutation) => {
      const caught = new AbortController();
      const { broken } = await campaign({
        firstSeed: 1,
        seeds: seedsMax,
        mutation,
        done: (result) => {
          // Not converging alone proves little of these: each must cost a promise about rows or about one primary.
          if (result.violations.some(({ promise }) => promise !== 'P4')) caught.abort();
        },
        signal: caught.signal,
      });
      expect(caught.signal.aborted, `${seedsMax} seeds did not catch it`).toBe(true);
      const seed = broken.at(-1)?.seed;
      if (seed === undefined) throw new Error('caught, and no seed is named');
      const sound = await run(setupFromSeed(seed));
      expect(sound.violations, sound.story).toEqual([]);
    },
    600_000,
  );

  it.each([
    // Two engines at work on one group.
    ['no-ownership-check', 'two-engines'],
    // Whoever has received most is not whoever has applied most.
    ['received-ignored', 'unapplied-relay-log'],
  ] as const)(
    '%s is caught by the scenario %s',
    async (mutation, name) => {
      const setup = scenarioNamed(name)?.setup;
      if (setup === undefined) throw new Error(`the scenario ${name} is gone`);
      const broken = await run({ ...setup, mutation, convergeWithinMs: 30_000 });
      expect(broken.violations).not.toEqual([]);
    },
    60_000,
  );
});
