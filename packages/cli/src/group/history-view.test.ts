import { describe, expect, it } from 'vitest';
import { historyText, type HistoryItem } from './history-view.js';

const entry = (rest: Partial<HistoryItem>): HistoryItem => ({
  entry: 'entry-0000000001',
  kind: 'failover',
  at: 1_760_000_000_000,
  group: 'orders',
  epoch: 7,
  reason: 'it died\nat night',
  result: 'done',
  phasesMs: {},
  detail: {},
  ...rest,
});

describe('historyText', () => {
  it('one line for each entry, with who asked for it', () => {
    const text = historyText([entry({}), entry({ detail: { requestedBy: 'anna@ops1' } })], { phases: false });
    expect(text.split('\n')).toHaveLength(3);
    expect(text).toMatch(/failover {2}done .* - +it died at night/);
    expect(text).toMatch(/anna@ops1 +it died/);
  });

  it('with notes, below the entry they belong to', () => {
    const notes = ['hook page done after 5 ms', 'db3:3306 lacks\n1-5'];
    const text = historyText([entry({ detail: { notes } }), entry({})], { phases: false, notes: true });
    expect(text.split('\n').slice(2, 4)).toEqual(['    hook page done after 5 ms', '    db3:3306 lacks 1-5']);
  });
});
