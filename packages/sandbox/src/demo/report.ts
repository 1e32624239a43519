import type { DemoResult } from './demo-result.js';

/** The table at the end of the demo. */
export function formatReport(result: DemoResult): string[] {
  const rows: [string, string][] = [
    ['acknowledged writes', String(result.ackedWrites)],
    ['lost writes', `${result.lostWrites}${result.lostWrites === 0 ? '' : '   <- must be 0'}`],
    ['reads', String(result.reads)],
    ...result.events.map((event, index): [string, string] => [
      `${index + 1}. ${event.kind} ${event.from} -> ${event.to}`,
      `${event.downtimeMs.toFixed(0)} ms without writes`,
    ]),
  ];
  const left = Math.max(...rows.map(([name]) => name.length));
  const right = Math.max(...rows.map(([, value]) => value.length));
  const rule = `+${'-'.repeat(left + 2)}+${'-'.repeat(right + 2)}+`;
  return [
    rule,
    ...rows.map(([name, value]) => `| ${name.padEnd(left)} | ${value.padStart(right)} |`),
    rule,
    ...result.problems.map((problem) => `broken promise: ${problem}`),
    result.ok ? 'All promises were kept.' : 'Not all promises were kept.',
  ];
}

/** One line of JSON, for a program. */
export function jsonReport(result: DemoResult): string {
  return JSON.stringify(result);
}
