import { describe, expect, it } from 'vitest';
import type { Mutation } from './mutations.js';
import { run } from './run.js';
import { scenarioNamed } from './scenarios/scenarios.js';
import { setupFromSeed } from './setup-from-seed.js';

/** Where each broken variant is caught: seeds of the campaign of every build, or a scenario. */
const caughtBy: readonly (readonly [mutation: Mutation, where: readonly (number | string)[]])[] = [
  ['no-ownership-check', ['two-engines']],
  ['promote-before-applied', [6, 25]],
  ['fencing-skipped', [67]],
  ['agents-never-close', [67]],
  ['acknowledgements-not-waited-for', [2]],
  ['received-ignored', [94]],
];

describe('a broken variant', () => {
  it.each(caughtBy)(
    '%s is caught, and the sound one keeps its promises there',
    async (mutation, where) => {
      for (const at of where) {
        const setup = typeof at === 'number' ? setupFromSeed(at) : scenarioNamed(at)?.setup;
        if (setup === undefined) throw new Error(`no scenario ${at}`);
        const broken = await run({ ...setup, mutation, convergeWithinMs: 30_000 });
        expect(broken.violations, `${mutation} at ${at}`).not.toEqual([]);
        const sound = await run({ ...setup, convergeWithinMs: 30_000 });
        expect(sound.violations, sound.story).toEqual([]);
      }
    },
    60_000,
  );
});
