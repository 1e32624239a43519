import { describe, expect, it } from 'vitest';
import { planRejoin } from './rejoin-plan.js';

const a = '00000001-0000-0000-0000-000000000000';
const b = '00000002-0000-0000-0000-000000000000';

describe('planRejoin', () => {
  it('follows when the primary has all that it has', () => {
    const primary = { gtidExecuted: `${a}:1-10,${b}:1-5`, gtidPurged: `${a}:1-3` };
    expect(planRejoin({ gtidExecuted: `${a}:1-10` }, primary)).toEqual({ kind: 'follow' });
  });

  it('names what the primary has not', () => {
    const primary = { gtidExecuted: `${a}:1-10,${b}:1-5`, gtidPurged: '' };
    expect(planRejoin({ gtidExecuted: `${a}:1-12` }, primary)).toEqual({
      kind: 'errant',
      gtids: `${a}:11-12`,
    });
  });

  it('names what the primary has thrown away and it lacks', () => {
    const primary = { gtidExecuted: `${a}:1-20`, gtidPurged: `${a}:1-15` };
    expect(planRejoin({ gtidExecuted: `${a}:1-10` }, primary)).toEqual({
      kind: 'purged',
      missing: `${a}:11-15`,
    });
  });
});
