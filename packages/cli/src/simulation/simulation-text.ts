import { percentile, type CampaignSummary } from '@dcmha/failover-engine/simulation';
import type { SimulationConfig } from './simulation-config.js';

const brokenShown = 10;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** What a user's settings did in the simulator, for a person. */
export function simulationText({ policy, members }: SimulationConfig, summary: CampaignSummary): string {
  const { runs, failovers, switchovers, stoodDown, acknowledged, rows, outagesMs, broken } = summary;
  const durability =
    policy.durability.mode === 'async' ? 'async' : `semisync, ${policy.durability.ackers} ackers`;
  const spread = [0.5, 0.9, 0.99].map((part) => `${part * 100}% ${seconds(percentile(outagesMs, part))}`);
  const kinds = Object.entries(summary.byFault)
    .map(([kind, of]) => ({ kind, ...of }))
    .sort((a, b) => percentile(b.outagesMs, 0.5) - percentile(a.outagesMs, 0.5));
  const wide = Math.max(5, ...kinds.map(({ kind }) => kind.length));
  const row = (cells: readonly string[]): string =>
    [(cells[0] ?? '').padEnd(wide), ...cells.slice(1).map((cell) => cell.padStart(11))].join('  ');
  return [
    `${members.length} members, ${durability}, fencing ${policy.fencing}: ${runs} runs with failures of every kind`,
    `failovers ${failovers}, switchovers ${switchovers}, stood down ${stoodDown}`,
    `longest time without a write in a run: ${spread.join(', ')}`,
    `${acknowledged} writes acknowledged: ${rows.saved} rolled back and saved to files, ${rows.onDisk} only on a disk that is not back, ${rows.lost} lost`,
    '',
    row(['fault', 'runs', 'failovers', 'median', '95%', 'rolled back', 'lost']),
    ...kinds.map((of) =>
      row([
        of.kind,
        String(of.runs),
        String(of.failovers),
        seconds(percentile(of.outagesMs, 0.5)),
        seconds(percentile(of.outagesMs, 0.95)),
        String(of.saved + of.onDisk),
        String(of.lost),
      ]),
    ),
    '',
    broken.length === 0
      ? 'every promise was kept in every run'
      : `a promise was broken in ${broken.length} runs:`,
    ...broken.slice(0, brokenShown).map((b) => `  seed ${b.seed}: ${b.violations.join('; ')}`),
  ].join('\n');
}
