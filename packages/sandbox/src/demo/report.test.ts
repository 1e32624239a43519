import { expect, it } from 'vitest';
import type { DemoResult } from './demo-result.js';
import { formatReport, jsonReport } from './report.js';

const result: DemoResult = {
  events: [{ kind: 'failover', downtimeMs: 123.4, phasesMs: { firstWrite: 123.4 }, from: 'a:1', to: 'b:1' }],
  ackedWrites: 1000,
  lostWrites: 0,
  reads: 50,
  ok: true,
  problems: [],
};

it('the report is a table with a row for each event', () => {
  expect(formatReport(result)).toEqual([
    '+------------------------+-----------------------+',
    '| acknowledged writes    |                  1000 |',
    '| lost writes            |                     0 |',
    '| reads                  |                    50 |',
    '| 1. failover a:1 -> b:1 | 123 ms without writes |',
    '+------------------------+-----------------------+',
    'All promises were kept.',
  ]);
});

it('a broken promise is named', () => {
  const lines = formatReport({
    ...result,
    lostWrites: 2,
    ok: false,
    problems: ['2 acknowledged writes are lost'],
  });
  expect(lines.join('\n')).toContain('2   <- must be 0');
  expect(lines.slice(-2)).toEqual([
    'broken promise: 2 acknowledged writes are lost',
    'Not all promises were kept.',
  ]);
});

it('the JSON is one line with the same', () => {
  const line = jsonReport(result);
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual(result);
});
