import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOwnership, preferredEngine, type OwnershipInput } from './ownership.js';

const groups = Array.from({ length: 300 }, (_, i) => `g${i}`);
const base: OwnershipInput = {
  me: 'e1',
  engines: ['e1', 'e2', 'e3'],
  groups,
  owners: new Map(),
  orphanedSince: new Map(),
  nowMs: 1_000,
  orphanPatienceMs: 2_000,
};

describe('preferredEngine', () => {
  it('does not depend on the order in which engines are listed', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }),
        fc.string(),
        (engines, group) => {
          expect(preferredEngine(group, engines)).toBe(preferredEngine(group, [...engines].reverse()));
        },
      ),
    );
  });

  it('moves only the groups of an engine that leaves', () => {
    for (const group of groups) {
      const before = preferredEngine(group, ['e1', 'e2', 'e3']);
      if (before !== 'e3') expect(preferredEngine(group, ['e1', 'e2'])).toBe(before);
    }
  });

  it('spreads groups over all engines', () => {
    for (const engine of base.engines) {
      const share = groups.filter((g) => preferredEngine(g, base.engines) === engine).length;
      expect(share).toBeGreaterThan(groups.length / 6);
    }
  });
});

describe('planOwnership', () => {
  it('every orphan is claimed by exactly one of the engines', () => {
    const claims = base.engines.flatMap((me) => planOwnership({ ...base, me }).claim);
    expect(claims.sort()).toEqual([...groups].sort());
  });

  it('an orphan that its engine does not take is taken by another after a while', () => {
    const group = groups.find((g) => preferredEngine(g, base.engines) === 'e2') ?? '';
    const orphan = { ...base, groups: [group], orphanedSince: new Map([[group, 0]]) };
    expect(planOwnership(orphan).claim).toEqual([]);
    expect(planOwnership({ ...orphan, nowMs: 2_000 }).claim).toEqual([group]);
  });

  it('gives up a group that another engine should have, and one that was removed', () => {
    const group = groups.find((g) => preferredEngine(g, base.engines) === 'e2') ?? '';
    expect(planOwnership({ ...base, groups: [group], owners: new Map([[group, 'e1']]) }).release).toEqual([
      group,
    ]);
    expect(planOwnership({ ...base, groups: [], owners: new Map([['old', 'e1']]) }).release).toEqual(['old']);
  });
});
