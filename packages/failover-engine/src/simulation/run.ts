import { Faults, type StruckFault } from './faults/inject.js';
import { checkPromises, type RowFates } from './promises/check-promises.js';
import { whyNotConverged } from './promises/converged.js';
import type { Violation } from './promises/violation.js';
import type { Setup } from './setup.js';
import { World } from './world.js';

/** What came of a run. */
export interface RunResult {
  readonly seed: number;
  readonly setup: Setup;
  readonly violations: readonly Violation[];
  readonly fates: RowFates;
  readonly faults: readonly StruckFault[];
  /** Times in which no write was acknowledged for longer than a client notices. */
  readonly outagesMs: readonly number[];
  readonly failovers: number;
  readonly switchovers: number;
  readonly stoodDown: number;
  /** After the last fault was over. */
  readonly convergedAfterMs: number | null;
  readonly timers: number;
  readonly story: string;
}

const lookEveryMs = 500;
const settleMs = 2_500;
const outageMsMin = 500;

/** One run: builds the installation, lets the faults happen, waits until it is whole again, checks the promises. */
export async function run(setup: Setup): Promise<RunResult> {
  // Errors are made by the thousand and their stacks are never looked at.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await simulate(setup);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function simulate(setup: Setup): Promise<RunResult> {
  const world = new World(setup);
  await world.begin();
  const startMs = world.clock.monotonicMs();
  const faults = new Faults(world, setup.faults);
  await world.clock.advance(setup.faultsUntilMs);
  world.story.tell('simulation', 'faults are over');
  faults.endAll();
  const overMs = world.clock.monotonicMs();
  let why = 'not looked at yet' as string | null;
  while (world.clock.monotonicMs() - overMs < setup.convergeWithinMs) {
    await world.clock.advance(lookEveryMs);
    why = whyNotConverged(world);
    if (why === null) break;
  }
  const convergedAfterMs = why === null ? world.clock.monotonicMs() - overMs : null;
  world.story.tell('simulation', why === null ? 'the group is whole' : `the group is not whole: ${why}`);
  world.stopClients();
  await world.clock.advance(settleMs);
  const { violations, fates } = checkPromises(world, faults.struck, why);
  const story = world.story;
  for (const { promise, what } of violations) story.tell('broken', `${promise}: ${what}`);
  world.end();
  const journals = world.records.map(({ journal }) => journal);
  const begun = new Set(journals.flatMap((j) => (j === null ? [] : [`${j.operation} ${j.id}`])));
  const stoodDown = new Set(journals.flatMap((j) => (j?.step === 'standing-down' ? [j.id] : [])));
  return {
    seed: setup.seed,
    setup,
    violations,
    fates,
    faults: faults.struck,
    outagesMs: outages(world, startMs),
    failovers: [...begun].filter((name) => name.startsWith('failover')).length,
    switchovers: [...begun].filter((name) => name.startsWith('switchover')).length,
    stoodDown: stoodDown.size,
    convergedAfterMs,
    timers: world.clock.ran,
    story: story.text(),
  };
}

/** Gaps between acknowledged writes. */
function outages(world: World, startMs: number): number[] {
  const times = world.writes
    .filter((w) => w.told === 'ok')
    .map((w) => w.toldMs)
    .sort((a, b) => a - b);
  const gaps: number[] = [];
  let lastMs = startMs;
  for (const atMs of times) {
    if (atMs - lastMs >= outageMsMin) gaps.push(Math.round(atMs - lastMs));
    lastMs = Math.max(lastMs, atMs);
  }
  return gaps;
}
