import { describe, expect, it } from 'vitest';
import { run } from '../run.js';
import { scenarioNamed, scenarios } from './scenarios.js';

describe('disasters that have happened', () => {
  it.each(scenarios.map(({ name, what }) => [name, what] as const))('%s', async (name) => {
    const scenario = scenarioNamed(name);
    if (scenario === undefined) throw new Error(`no scenario ${name}`);
    const result = await run(scenario.setup);
    expect(result.violations, result.story).toEqual([]);
    expect(scenario.expect(result), result.story).toBeNull();
  });
});
