import { describe, expect, it } from 'vitest';
import { planRejoin } from './rejoin-plan.js';
import { undoMarker } from './undo-marker.js';

const a = '00000001-0000-0000-0000-000000000000';
const b = '00000002-0000-0000-0000-000000000000';
const primary = { gtidExecuted: `${a}:1-10,${b}:1-5`, gtidPurged: '' };
const server = (gtidExecuted: string) => ({ serverUuid: a, gtidExecuted });
const marker = undoMarker(a, `${a}:11-12`);

describe('planRejoin', () => {
  it('follows when the primary has all that it has', () => {
    expect(planRejoin({ server: server(`${a}:1-10`), primary, state: null })).toEqual({ kind: 'follow' });
  });

  it('undoes what the primary has not', () => {
    expect(planRejoin({ server: server(`${a}:1-12`), primary, state: null })).toEqual({
      kind: 'undo',
      errant: `${a}:11-12`,
      marker,
    });
  });

  it('does not undo twice: the marker in its GTIDs says that it was done', () => {
    const plan = planRejoin({ server: server(`${a}:1-12,${marker}`), primary, state: null });
    expect(plan).toEqual({ kind: 'forget', errant: `${a}:11-12`, purged: `${a}:1-10` });
  });

  it('a marker of another set of transactions is itself errant', () => {
    const plan = planRejoin({ server: server(`${a}:1-13,${marker}`), primary, state: null });
    expect(plan.kind).toBe('undo');
  });

  it('goes on from the state on disk when it died in the reset, and never follows from nothing', () => {
    const state = { errant: `${a}:11-12`, purged: `${a}:1-10` };
    expect(planRejoin({ server: server(''), primary, state })).toEqual({ kind: 'forget', ...state });
    expect(planRejoin({ server: server(`${a}:1-12,${marker}`), primary, state })).toEqual({
      kind: 'forget',
      ...state,
    });
    expect(planRejoin({ server: server(`${a}:1-10`), primary, state })).toEqual({ kind: 'follow' });
  });

  it('an old state on disk does not touch a server that has moved on', () => {
    const state = { errant: `${a}:11-12`, purged: `${a}:1-8` };
    expect(planRejoin({ server: server(`${a}:1-10,${b}:1-3`), primary, state })).toEqual({ kind: 'follow' });
  });

  it('names what the primary has thrown away and it lacks', () => {
    const purged = { gtidExecuted: `${a}:1-20`, gtidPurged: `${a}:1-15` };
    expect(planRejoin({ server: server(`${a}:1-10`), primary: purged, state: null })).toEqual({
      kind: 'purged',
      missing: `${a}:11-15`,
    });
  });
});
