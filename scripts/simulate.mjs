/**
 * `npm run simulate -- [--seeds N] [--first-seed N] [--workers N]`: runs seeds of the failover simulator until a promise breaks
 * or all are done. `--seed N [--story]` repeats one; `--scenario NAME [--story]` runs a named disaster, `--list` names
 * them; `--mutation NAME` breaks the system on purpose. Progress goes to stderr; when a promise was broken the exit code
 * is 1 and the last line of output names the seeds.
 */
import { parseArgs } from 'node:util';
import { existsSync } from 'node:fs';

const built = new URL('../packages/failover-engine/dist/simulation/index.js', import.meta.url);
if (!existsSync(built)) {
  console.error('the packages are not built: run "npm run build" first');
  process.exit(2);
}
const { mutationNames, parallelCampaign, percentile, run, scenarioNamed, scenarios, setupFromSeed } =
  await import(built.href);

const usage = (problem) => {
  console.error(`${problem}\nsee the head of scripts/simulate.mjs, or docs/simulation.md`);
  process.exit(2);
};

let values;
try {
  ({ values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      'first-seed': { type: 'string', default: '1' },
      workers: { type: 'string' },
      seed: { type: 'string' },
      story: { type: 'boolean', default: false },
      scenario: { type: 'string' },
      list: { type: 'boolean', default: false },
      mutation: { type: 'string' },
    },
  }));
} catch (error) {
  usage(error.message);
}

const whole = (name, least) => {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least)
    usage(`--${name} must be a whole number of at least ${least}, got "${text}"`);
  return number;
};

const mutation = values.mutation ?? null;
if (mutation !== null && !mutationNames.includes(mutation))
  usage(`no mutation is called "${mutation}"; there are: ${mutationNames.join(', ')}`);

if (values.list) {
  for (const { name, what } of scenarios) console.log(`${name}\n    ${what}`);
  process.exit(0);
}

/** One run: its story when it is asked for or when a promise broke. */
async function one(name, setup, expect) {
  const result = await run({ ...setup, mutation });
  const wrong = expect(result);
  const bad = result.violations.length > 0 || wrong !== null;
  if (values.story || bad) console.log(result.story);
  if (wrong !== null) console.log(`unexpected: ${wrong}`);
  const outage = Math.max(0, ...result.outagesMs);
  const { acknowledged, saved, onDisk, lost } = result.fates;
  console.log(
    `${name}: ${bad ? 'BROKEN' : 'kept'}; ${result.failovers} failovers, ${result.switchovers} switchovers, ` +
      `longest time without a write ${outage} ms; ${acknowledged} writes acknowledged, ` +
      `${saved.length} rolled back and saved, ${onDisk.length} only on a disk, ${lost.length} lost`,
  );
  return bad;
}

if (values.scenario !== undefined) {
  const scenario = scenarioNamed(values.scenario);
  if (scenario === undefined)
    usage(
      `no scenario is called "${values.scenario}"; there are: ${scenarios.map((s) => s.name).join(', ')}`,
    );
  process.exit((await one(scenario.name, scenario.setup, scenario.expect)) ? 1 : 0);
}

const seed = whole('seed', 0);
if (seed !== undefined) process.exit((await one(`seed ${seed}`, setupFromSeed(seed), () => null)) ? 1 : 0);

const seeds = whole('seeds', 1);
const firstSeed = whole('first-seed', 0);
const startedMs = performance.now();
let toldMs = startedMs;
const summary = await parallelCampaign({
  firstSeed,
  seeds,
  workers: whole('workers', 1),
  mutation,
  progress: ({ runs, broken, failovers }) => {
    if (performance.now() - toldMs < 5_000) return;
    toldMs = performance.now();
    const perSecond = (runs * 1000) / (toldMs - startedMs);
    console.error(
      `${runs} of ${seeds} seeds, ${perSecond.toFixed(1)} per second, ${failovers} failovers, ${broken.length} broken`,
    );
  },
});
const { runs, failovers, switchovers, stoodDown, acknowledged, rows, outagesMs, broken } = summary;
console.log(
  `${runs} seeds from ${firstSeed} in ${((performance.now() - startedMs) / 1000).toFixed(1)} s: ${failovers} failovers, ` +
    `${switchovers} switchovers, ${stoodDown} stood down; ${acknowledged} writes acknowledged, ${rows.saved} rolled back and saved, ` +
    `${rows.onDisk} only on a disk, ${rows.lost} lost with it; longest time without a write: median ${percentile(outagesMs, 0.5)} ms, ` +
    `95% ${percentile(outagesMs, 0.95)} ms`,
);
for (const { seed: at, violations } of broken) console.log(`seed ${at}: ${violations.join('; ')}`);
if (broken.length > 0) console.log(`broken seeds: ${broken.map((b) => b.seed).join(' ')}`);
process.exit(broken.length > 0 ? 1 : 0);
