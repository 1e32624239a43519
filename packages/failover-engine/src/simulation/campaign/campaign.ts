import type { FaultKind } from '../faults/fault.js';
import type { Mutation } from '../mutations.js';
import { run, type RunResult } from '../run.js';
import { setupFromSeed, type Given } from '../setup-from-seed.js';

export interface CampaignOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly given?: Given;
  readonly mutation?: Mutation | null;
  /** Every how many seeds one is taken, and which: several workers share a campaign. Default: each. */
  readonly share?: { readonly of: number; readonly mine: number };
  /** Told after each run. */
  readonly done?: (result: RunResult, summary: CampaignSummary) => void;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

export interface BrokenSeed {
  readonly seed: number;
  /** Promises and what broke them, in words. */
  readonly violations: readonly string[];
}

/** What many runs came to; plain data, so that workers can send it and it can be added up. */
export interface CampaignSummary {
  runs: number;
  broken: BrokenSeed[];
  failovers: number;
  switchovers: number;
  stoodDown: number;
  acknowledged: number;
  /** Rows that were rolled back and saved; only on a disk; nowhere. */
  rows: { saved: number; onDisk: number; lost: number };
  /** Longest time without an acknowledged write of each run, milliseconds. */
  outagesMs: number[];
  byFault: Partial<Record<FaultKind, FaultSummary>>;
}

/** Runs in which this fault was among those that struck. */
export interface FaultSummary {
  runs: number;
  failovers: number;
  outagesMs: number[];
  saved: number;
  onDisk: number;
  lost: number;
}

export function emptySummary(): CampaignSummary {
  return {
    runs: 0,
    broken: [],
    failovers: 0,
    switchovers: 0,
    stoodDown: 0,
    acknowledged: 0,
    rows: { saved: 0, onDisk: 0, lost: 0 },
    outagesMs: [],
    byFault: {},
  };
}

/** Runs seeds one after the other. A run that throws counts as broken. */
export async function campaign(options: CampaignOptions): Promise<CampaignSummary> {
  const { firstSeed, seeds, given, mutation, share, done, signal } = options;
  const summary = emptySummary();
  for (let n = 0; n < seeds && signal?.aborted !== true; n += 1) {
    if (share !== undefined && n % share.of !== share.mine) continue;
    const seed = firstSeed + n;
    let result: RunResult;
    try {
      result = await run({ ...setupFromSeed(seed, given), mutation: mutation ?? null });
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      summary.runs += 1;
      summary.broken.push({ seed, violations: [`the simulation itself failed: ${what}`] });
      continue;
    }
    add(summary, result);
    done?.(result, summary);
  }
  return summary;
}

function add(summary: CampaignSummary, result: RunResult): void {
  const { saved, onDisk, lost, acknowledged } = result.fates;
  const outageMs = Math.max(0, ...result.outagesMs);
  summary.runs += 1;
  summary.failovers += result.failovers;
  summary.switchovers += result.switchovers;
  summary.stoodDown += result.stoodDown;
  summary.acknowledged += acknowledged;
  summary.rows.saved += saved.length;
  summary.rows.onDisk += onDisk.length;
  summary.rows.lost += lost.length;
  summary.outagesMs.push(outageMs);
  if (result.violations.length > 0)
    summary.broken.push({
      seed: result.seed,
      violations: result.violations.map(({ promise, what }) => `${promise}: ${what}`),
    });
  for (const kind of new Set(result.faults.map((fault) => fault.kind))) {
    const of = (summary.byFault[kind] ??= {
      runs: 0,
      failovers: 0,
      outagesMs: [],
      saved: 0,
      onDisk: 0,
      lost: 0,
    });
    of.runs += 1;
    of.failovers += result.failovers;
    of.outagesMs.push(outageMs);
    of.saved += saved.length;
    of.onDisk += onDisk.length;
    of.lost += lost.length;
  }
}

/** Adds what another worker has found. */
export function merge(into: CampaignSummary, other: CampaignSummary): CampaignSummary {
  into.runs += other.runs;
  into.broken = [...into.broken, ...other.broken].sort((a, b) => a.seed - b.seed);
  into.failovers += other.failovers;
  into.switchovers += other.switchovers;
  into.stoodDown += other.stoodDown;
  into.acknowledged += other.acknowledged;
  for (const key of ['saved', 'onDisk', 'lost'] as const) into.rows[key] += other.rows[key];
  into.outagesMs.push(...other.outagesMs);
  for (const [kind, theirs] of Object.entries(other.byFault) as [FaultKind, FaultSummary][]) {
    const ours = into.byFault[kind];
    if (ours === undefined) {
      into.byFault[kind] = theirs;
      continue;
    }
    for (const key of ['runs', 'failovers', 'saved', 'onDisk', 'lost'] as const) ours[key] += theirs[key];
    ours.outagesMs.push(...theirs.outagesMs);
  }
  return into;
}

/** The value below which this part of them lies; 0 when there are none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
