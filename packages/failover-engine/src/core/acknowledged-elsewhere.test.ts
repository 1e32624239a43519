import { groupPolicySchema, type GroupPolicyInput } from '@dcmha/zk-schema';
import { describe, expect, it } from 'vitest';
import { FakeWorld, key } from '../testing/fake-world.js';
import { acknowledgedElsewhere } from './acknowledged-elsewhere.js';
import type { MemberView } from './model.js';

const semisync: GroupPolicyInput = { durability: { mode: 'semisync', ackers: 1 } };

/** Members of a group of three whose primary is 1; `executed` counts what each has, `null` cannot be asked. */
function members(executed: readonly (number | null)[], ackersSeen: number): MemberView[] {
  const world = new FakeWorld();
  const set = (n: number): string => `${world.server(1).uuid}:1-${n}`;
  return world.view().members.map((member, at): MemberView => {
    const has = executed[at] ?? null;
    if (has === null || member.state === null)
      return { ...member, state: null, probe: { ...member.probe, outcome: 'unknown' } };
    const { state } = member;
    return {
      ...member,
      state: {
        ...state,
        gtidExecuted: set(has),
        semisync: { ...state.semisync, ackers: at === 0 ? ackersSeen : 0 },
      },
    };
  });
}

const ask = (of: readonly MemberView[], policy: GroupPolicyInput = semisync): string | null =>
  acknowledgedElsewhere({ policy: groupPolicySchema.parse(policy) }, of, key(1));

describe('what was acknowledged may be elsewhere', () => {
  it('never while fewer replicas are missing than acknowledge', () => {
    expect(ask(members([100, 100, 90], 2))).toBeNull();
    expect(ask(members([100, 90, null], 2), { durability: { mode: 'semisync', ackers: 2 } })).toBeNull();
  });

  it('when the replica that acknowledged cannot be asked and the other lags', () => {
    expect(ask(members([100, null, 90], 1))).toContain(`only on ${key(2)}`);
  });

  it('when both acknowledged and only one can be asked, however complete it looks', () => {
    expect(ask(members([100, null, 100], 2))).toContain('bring one of them');
  });

  it('not when the one that answers was the only one that acknowledged', () => {
    expect(ask(members([100, null, 100], 1))).toBeNull();
  });

  it('when the old primary was never seen', () => {
    expect(ask(members([null, null, 100], 1))).toContain('was never seen');
  });

  it('is no question with asynchronous replication, or where commits may go on without acknowledgement', () => {
    expect(ask(members([100, null, 90], 1), { durability: { mode: 'async' } })).toBeNull();
    const fallback: GroupPolicyInput = { durability: { mode: 'semisync', ackers: 1, fallbackMs: 10_000 } };
    expect(ask(members([100, null, 90], 1), fallback)).toBeNull();
  });
});
