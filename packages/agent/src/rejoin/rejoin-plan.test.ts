import { describe, expect, it } from 'vitest';
import { planRejoin } from './rejoin-plan.js';
import type { RejoinState } from './rejoin-state.js';
import { undoMarker } from './undo-marker.js';

const a = '00000001-0000-0000-0000-000000000000';
const b = '00000002-0000-0000-0000-000000000000';
const primary = { gtidExecuted: `${a}:1-10,${b}:1-5`, gtidPurged: '' };
const server = (gtidExecuted: string) => ({ serverUuid: a, gtidExecuted });
const marker = undoMarker(a, `${a}:11-12`);
const undo = { errant: `${a}:11-12`, marker, lost: 'dir-1' };
const stateOf = (more: Partial<RejoinState>): RejoinState => ({
  serverUuid: a,
  step: 'undo',
  saving: null,
  executed: '',
  purged: '',
  undos: [undo],
  compare: [],
  ...more,
});
const forgetting = stateOf({
  step: 'forget',
  executed: `${a}:1-12,${marker}`,
  purged: `${a}:1-10`,
});

describe('planRejoin', () => {
  it('follows when the primary has all that it has', () => {
    expect(planRejoin({ server: server(`${a}:1-10`), primary, state: null })).toEqual({ kind: 'follow' });
  });

  it('undoes what the primary has not', () => {
    const plan = { kind: 'undo', errant: `${a}:11-12`, marker, undos: [] };
    expect(planRejoin({ server: server(`${a}:1-12`), primary, state: null })).toEqual(plan);
    // Noted, but it died before the commit.
    expect(planRejoin({ server: server(`${a}:1-12`), primary, state: stateOf({}) })).toEqual(plan);
  });

  it('does not undo twice: the marker in its GTIDs says that it was done', () => {
    const plan = planRejoin({ server: server(`${a}:1-12,${marker}`), primary, state: stateOf({}) });
    expect(plan).toEqual({ kind: 'forget', purged: `${a}:1-10`, undos: [undo] });
    // Also when the state was lost with its disk.
    expect(planRejoin({ server: server(`${a}:1-12,${marker}`), primary, state: null })).toEqual({
      kind: 'forget',
      purged: `${a}:1-10`,
      undos: [{ ...undo, lost: '' }],
    });
  });

  it('a marker of another set of transactions is itself errant', () => {
    const plan = planRejoin({ server: server(`${a}:1-13,${marker}`), primary, state: null });
    expect(plan.kind).toBe('undo');
  });

  it('another primary that lacks more: undoes that as well, and forgets both', () => {
    const other = { gtidExecuted: `${a}:1-8`, gtidPurged: '' };
    const second = undoMarker(a, `${a}:9-10`);
    expect(planRejoin({ server: server(`${a}:1-12,${marker}`), primary: other, state: stateOf({}) })).toEqual(
      { kind: 'undo', errant: `${a}:9-10`, marker: second, undos: [undo] },
    );
    const undos = [undo, { errant: `${a}:9-10`, marker: second, lost: 'dir-2' }];
    const both = server(`${a}:1-12,${marker},${second}`);
    expect(planRejoin({ server: both, primary: other, state: stateOf({ undos }) })).toEqual({
      kind: 'forget',
      purged: `${a}:1-8`,
      undos,
    });
    // Died before the second was committed.
    expect(
      planRejoin({ server: server(`${a}:1-12,${marker}`), primary: other, state: stateOf({ undos }) }),
    ).toMatchObject({ kind: 'undo', undos: [undo] });
  });

  it('another primary that has them: what was undone comes back by replication', () => {
    const other = { gtidExecuted: `${a}:1-12`, gtidPurged: '' };
    expect(planRejoin({ server: server(`${a}:1-12,${marker}`), primary: other, state: stateOf({}) })).toEqual(
      { kind: 'forget', purged: `${a}:1-10`, undos: [undo] },
    );
    expect(planRejoin({ server: server(`${a}:1-12`), primary: other, state: stateOf({}) })).toEqual({
      kind: 'follow',
    });
  });

  it('goes on from the state on disk when it died in the reset, and never follows from nothing', () => {
    const forget = { kind: 'forget', purged: `${a}:1-10`, undos: [undo] };
    expect(planRejoin({ server: server(''), primary, state: forgetting })).toEqual(forget);
    // The server died in it: some of its history is left.
    expect(planRejoin({ server: server(`${a}:1-7,${marker}`), primary, state: forgetting })).toEqual(forget);
    expect(planRejoin({ server: server(`${a}:1-7`), primary, state: forgetting })).toEqual(forget);
    expect(planRejoin({ server: server(`${a}:1-12,${marker}`), primary, state: forgetting })).toEqual(forget);
    expect(planRejoin({ server: server(`${a}:1-10`), primary, state: forgetting })).toEqual({
      kind: 'follow',
    });
  });

  it('an old state on disk does not touch a server that has moved on, or that is another one', () => {
    expect(planRejoin({ server: server(`${a}:1-10,${b}:1-3`), primary, state: forgetting })).toEqual({
      kind: 'follow',
    });
    const another = { serverUuid: b, gtidExecuted: '' };
    expect(planRejoin({ server: another, primary, state: forgetting })).toEqual({ kind: 'follow' });
  });

  it('names what the primary has thrown away and it lacks', () => {
    const purged = { gtidExecuted: `${a}:1-20`, gtidPurged: `${a}:1-15` };
    expect(planRejoin({ server: server(`${a}:1-10`), primary: purged, state: null })).toEqual({
      kind: 'purged',
      missing: `${a}:11-15`,
    });
  });
});
