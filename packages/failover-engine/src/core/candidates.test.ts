import { describe, expect, it } from 'vitest';
import { FakeWorld, key } from '../testing/fake-world.js';
import { chooseCandidate } from './candidates.js';
import type { GroupView, ServerState } from './model.js';

function viewWith(
  states: Record<number, Partial<ServerState>>,
  world = new FakeWorld({ members: 4 }),
): GroupView {
  const view = world.view();
  return {
    ...view,
    members: view.members.map((m, i) => ({
      ...m,
      state: m.state === null ? null : { ...m.state, ...states[i + 1] },
    })),
  };
}

const uuid = '00000001-0000-0000-0000-000000000000';
const choose = (view: GroupView, rest: Partial<Parameters<typeof chooseCandidate>[1]> = {}) =>
  chooseCandidate(view, { replaces: key(1), ...rest });
const refusal = (view: GroupView, member: string, rest = {}) =>
  choose(view, rest).refused.find((r) => r.member === member)?.reason;

describe('chooseCandidate', () => {
  it('the most complete set comes before every preference', () => {
    const world = new FakeWorld({ members: 4 });
    world.promotion.set(key(2), 'prefer');
    const view = viewWith({ 3: { gtidExecuted: `${uuid}:1-101` } }, world);
    expect(choose(view).chosen).toBe(key(3));
    expect(refusal(view, key(2))).toContain(`lacks ${uuid}:101`);
  });

  it('among equals: the promotion rule, then the name, whoever asks', () => {
    const world = new FakeWorld({ members: 4 });
    expect(choose(viewWith({}, world)).eligible).toEqual([key(2), key(3), key(4)]);
    world.promotion.set(key(4), 'prefer').set(key(2), 'prefer-not');
    expect(choose(viewWith({}, world)).eligible).toEqual([key(4), key(3), key(2)]);
  });

  it('never one with must-not, also when it is the only one left', () => {
    const world = new FakeWorld({ members: 2 });
    world.promotion.set(key(2), 'must-not');
    const choice = choose(viewWith({}, world));
    expect(choice.chosen).toBeNull();
    expect(choice.reason).toContain('must-not');
  });

  it.each([
    ['binary log off', { logBin: false }, 'log_bin'],
    ['replicated changes not logged', { logReplicaUpdates: false }, 'log_replica_updates'],
    ['GTID off', { gtidMode: 'OFF' }, 'gtid_mode=OFF'],
    ['no channel', { channel: null }, 'replicates from nobody'],
  ] satisfies [string, Partial<ServerState>, string][])('not one with %s', (_, state, reason) => {
    expect(refusal(viewWith({ 2: state }), key(2))).toContain(reason);
  });

  it('not one that is delayed on purpose or whose applier failed', () => {
    const view = viewWith({});
    const channel = view.members[1]?.state?.channel;
    if (channel == null) throw new Error('the fake replica has no channel');
    expect(refusal(viewWith({ 2: { channel: { ...channel, delayMs: 3_600_000 } } }), key(2))).toContain(
      '3600 s',
    );
    expect(
      refusal(viewWith({ 2: { channel: { ...channel, applierError: '1062 duplicate' } } }), key(2)),
    ).toContain('1062');
  });

  it('an errant transaction disqualifies its holder and nobody else', () => {
    const oldPrimary = { serverUuid: uuid, gtidExecuted: `${uuid}:1-100` };
    const errant = '00000002-0000-0000-0000-000000000000:1';
    const view = viewWith({ 2: { gtidExecuted: `${uuid}:1-100,${errant}` } });
    expect(refusal(view, key(2), { oldPrimary })).toContain(errant);
    expect(choose(view, { oldPrimary }).chosen).toBe(key(3));
  });

  it('not a newer server over an older replica that could not follow it', () => {
    const view = viewWith({ 2: { version: [9, 8, 0] } });
    expect(choose(view).chosen).toBe(key(3));
    expect(refusal(view, key(2))).toContain('9.8.0');
  });

  it('one that was passed over still counts: its successor must lack nothing of it', () => {
    const view = viewWith({ 3: { gtidExecuted: `${uuid}:1-101` } });
    expect(choose(view, { passedOver: new Set([key(3)]) }).chosen).toBeNull();
  });

  it('keeps the region where the policy says so', () => {
    const world = new FakeWorld({ members: 3, policy: { crossRegion: false } });
    const view = viewWith({}, world);
    const elsewhere = {
      ...view,
      members: view.members.map((m) => (m.key === key(2) ? { ...m, region: 'r2' } : m)),
    };
    expect(choose(elsewhere).eligible).toEqual([key(3)]);
    expect(refusal(elsewhere, key(2))).toContain('r2');
  });
});
