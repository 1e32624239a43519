import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeWorld, key } from '../testing/fake-world.js';
import { chooseCandidate, isHopeless } from './candidates.js';
import { beyond, covers, errantOf } from './gtids.js';
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

  it('not one that does not answer, saying what was found', () => {
    const view = viewWith({});
    const silent = {
      ...view,
      members: view.members.map((m) =>
        m.key === key(2)
          ? { ...m, probe: { outcome: 'hung' as const, sinceMs: 0, detail: 'no greeting' } }
          : m,
      ),
    };
    expect(refusal(silent, key(2))).toBe('does not answer (hung: no greeting)');
    expect(choose(silent).chosen).toBe(key(3));
  });

  it('not one that is further behind than the policy allows', () => {
    const view = viewWith({});
    const channel = view.members[1]?.state?.channel;
    if (channel == null) throw new Error('the fake replica has no channel');
    const lagging = viewWith({ 2: { channel: { ...channel, lagMs: 400_000 } } });
    expect(refusal(lagging, key(2), { lagMaxMs: 300_000 })).toBe(
      "is 400000 ms behind, more than the policy's failoverLagMaxMs of 300000",
    );
    expect(refusal(lagging, key(2))).toBeUndefined();
  });

  it('not one that is not the target', () => {
    expect(refusal(viewWith({}), key(2), { target: key(3) })).toBe(`is not the target ${key(3)}`);
    expect(choose(viewWith({}), { target: key(3) }).chosen).toBe(key(3));
  });

  it('the region of the old primary comes before the version, the version before the name', () => {
    const view = viewWith({
      2: { version: [9, 7, 4] },
      3: { version: [9, 7, 4] },
      4: { version: [9, 7, 4] },
    });
    const regions: Record<string, string> = { [key(1)]: 'eu', [key(4)]: 'eu' };
    const members = view.members.map((m) => ({ ...m, region: regions[m.key] ?? 'us' }));
    expect(choose({ ...view, members }).eligible).toEqual([key(4), key(2), key(3)]);
  });

  it('with losses accepted, whoever lacks least of what the others have', () => {
    const world = new FakeWorld({ members: 4 });
    world.promotion.set(key(4), 'must-not').set(key(2), 'prefer');
    const view = viewWith(
      { 2: { gtidExecuted: `${uuid}:1-99` }, 4: { gtidExecuted: `${uuid}:1-120` } },
      world,
    );
    expect(choose(view).chosen).toBeNull();
    expect(isHopeless(choose(view))).toBe(false);
    const accepted = choose(view, { allowDataLoss: true });
    expect(accepted.chosen).toBe(key(3));
    expect(accepted.refused.map((r) => [r.member, r.rule])).toEqual([
      [key(4), 'promotion-rule'],
      [key(2), 'behind'],
    ]);
  });

  it('for a switchover nobody is behind: the target catches up before it is promoted', () => {
    const view = viewWith({ 3: { gtidExecuted: `${uuid}:1-101` } });
    expect(choose(view, { catchesUp: true }).eligible).toEqual([key(2), key(3), key(4)]);
    expect(choose(view, { catchesUp: true, target: key(4) }).chosen).toBe(key(4));
  });

  it('hopeless is what waiting does not change', () => {
    const world = new FakeWorld({ members: 2 });
    world.promotion.set(key(2), 'must-not');
    expect(isHopeless(choose(viewWith({}, world)))).toBe(true);
    expect(isHopeless(choose(viewWith({})))).toBe(false);
  });

  it('MariaDB: by position, and its errant transactions by server id', () => {
    const mariadb = (gtidExecuted: string) => ({ flavor: 'mariadb' as const, gtidExecuted, serverUuid: '' });
    const view = viewWith({
      1: mariadb('0-1-100'),
      2: mariadb('0-1-99'),
      3: mariadb('0-1-101'),
      4: mariadb('0-4-102'),
    });
    const oldPrimary = { serverUuid: '', serverId: 1, gtidExecuted: '0-1-100' };
    expect(choose(view, { oldPrimary }).chosen).toBe(key(3));
    expect(refusal(view, key(4), { oldPrimary })).toBe('has errant transactions: 0-4-102');
    expect(refusal(view, key(2), { oldPrimary })).toContain('lacks 0-1-101');
  });
});

const uuids = [1, 2, 3, 4].map((n) => `0000000${n}-0000-0000-0000-000000000000`);
const anySet = fc
  .tuple(fc.integer({ min: 90, max: 105 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }))
  .map(([n, extra, of]) => `${uuids[0]}:1-${n}${extra === 0 ? '' : `,${uuids[of]}:${200 + extra}`}`);
const anyMember = fc.record({
  gtidExecuted: anySet,
  promotion: fc.constantFrom('prefer', 'neutral', 'prefer-not', 'must-not'),
  region: fc.constantFrom('eu', 'us'),
  version: fc.constantFrom([8, 4, 0], [9, 7, 4]),
  logBin: fc.constantFrom(true, true, true, false),
  delayMs: fc.constantFrom(0, 0, 0, 3_600_000),
  lagMs: fc.constantFrom(0, 1_000, 600_000),
  applierError: fc.constantFrom('', '', '', '1062 duplicate'),
  answers: fc.constantFrom(true, true, true, false),
});
type AnyMember = typeof anyMember extends fc.Arbitrary<infer T> ? T : never;

function viewOf(members: readonly AnyMember[], crossRegion: boolean): GroupView {
  const view = new FakeWorld({ members: members.length + 1, policy: { crossRegion } }).view();
  return {
    ...view,
    members: view.members.map((m, i) => {
      const wanted = members[i - 1];
      if (wanted === undefined || m.state?.channel == null) return { ...m, region: 'eu' };
      const { gtidExecuted, promotion, region, version, logBin, delayMs, lagMs, applierError } = wanted;
      return {
        ...m,
        promotion,
        region,
        probe: { ...m.probe, outcome: wanted.answers ? ('alive' as const) : ('unreachable' as const) },
        state: {
          ...m.state,
          gtidExecuted,
          version,
          logBin,
          channel: { ...m.state.channel, delayMs, lagMs, applierError },
        },
      };
    }),
  };
}

describe('chooseCandidate, whatever the group is like', () => {
  const oldPrimary = { serverUuid: uuids[0]!, gtidExecuted: `${uuids[0]}:1-100` };
  const anyGroup = fc.array(anyMember, { minLength: 0, maxLength: 4 });

  it('never chooses one that the rules forbid, nor one that lacks what an eligible or reachable sound one has', () => {
    fc.assert(
      fc.property(anyGroup, fc.boolean(), fc.boolean(), (members, crossRegion, known) => {
        const view = viewOf(members, crossRegion);
        const choice = chooseCandidate(view, {
          replaces: key(1),
          lagMaxMs: 300_000,
          ...(known ? { oldPrimary } : {}),
        });
        for (const chosen of choice.eligible) {
          const index = view.members.findIndex((m) => m.key === chosen);
          const facts = members[index - 1]!;
          expect(facts).toMatchObject({ answers: true, logBin: true, delayMs: 0, applierError: '' });
          expect(facts.promotion).not.toBe('must-not');
          expect(facts.lagMs).toBeLessThanOrEqual(300_000);
          if (!crossRegion) expect(facts.region).toBe('eu');
          if (known) expect(errantOf(facts.gtidExecuted, oldPrimary)).toBe('');
          for (const other of members) {
            if (!other.answers) continue;
            const errant = known ? errantOf(other.gtidExecuted, oldPrimary) : '';
            expect(covers(facts.gtidExecuted, beyond(other.gtidExecuted, errant))).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('names every member once: eligible or refused with a reason', () => {
    fc.assert(
      fc.property(anyGroup, fc.boolean(), fc.boolean(), (members, crossRegion, allowDataLoss) => {
        const view = viewOf(members, crossRegion);
        const choice = chooseCandidate(view, { replaces: key(1), oldPrimary, allowDataLoss });
        const named = [...choice.eligible, ...choice.refused.map((r) => r.member)].sort();
        expect(named).toEqual(
          view.members
            .map((m) => m.key)
            .filter((k) => k !== key(1))
            .sort(),
        );
        expect(choice.chosen).toBe(choice.eligible[0] ?? null);
        for (const { reason } of choice.refused) expect(reason).not.toBe('');
      }),
    );
  });

  it('does not depend on the order in which members are listed', () => {
    fc.assert(
      fc.property(anyGroup, (members) => {
        const view = viewOf(members, true);
        const reversed = { ...view, members: [...view.members].reverse() };
        const options = { replaces: key(1), oldPrimary };
        expect(chooseCandidate(reversed, options).eligible).toEqual(chooseCandidate(view, options).eligible);
      }),
    );
  });

  it('among the eligible, none has a better promotion rule than the chosen one', () => {
    const order = ['prefer', 'neutral', 'prefer-not', 'must-not'];
    fc.assert(
      fc.property(anyGroup, (members) => {
        const view = viewOf(members, true);
        const { eligible } = chooseCandidate(view, { replaces: key(1), oldPrimary });
        const ranks = eligible.map((k) => order.indexOf(view.members.find((m) => m.key === k)!.promotion));
        expect(ranks).toEqual([...ranks].sort());
      }),
    );
  });
});
