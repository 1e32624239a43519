import { describe, expect, it } from 'vitest';
import { FakeWorld, key } from '../testing/fake-world.js';
import { alertNodes, sameKind } from './alert-nodes.js';
import { evaluate } from './decide.js';
import type { GroupView, MemberView } from './model.js';

const nowMs = 100_000;

function viewWith(change: Record<number, Partial<MemberView>>, rest: Partial<GroupView> = {}): GroupView {
  const view = new FakeWorld().view();
  return {
    ...view,
    nowMs,
    members: view.members.map((m, i) => ({ ...m, probe: { ...m.probe, sinceMs: 0 }, ...change[i + 1] })),
    ...rest,
  };
}
const nodes = (view: GroupView) => alertNodes(view, evaluate(view));
const down = { probe: { outcome: 'refused' as const, detail: 'test', sinceMs: 0 } };

describe('the alerts in the tree', () => {
  it('a heartbeat that is lost is raised when it has lasted, and removed when it is back', () => {
    const lost = viewWith({ 1: { heartbeat: false } });
    expect(nodes(lost).watchDown).toBeUndefined();
    const lasting = { ...lost, symptomsSince: new Map([['heartbeat-lost', nowMs - 5_000]]) };
    expect(nodes(lasting).watchDown).toMatch(/^heartbeat-lost: /);
    expect(nodes(viewWith({})).watchDown).toBeNull();
  });

  it('a replica that is not read from is named with its reason; one that is, is not', () => {
    const { outOfPool } = nodes(viewWith({ 2: down }));
    expect(outOfPool.get(key(2))).toMatch(/^down: /);
    expect(outOfPool.get(key(3))).toBeNull();
  });

  it('nothing is said of a replica that was not looked at, in maintenance, or during an operation', () => {
    const unknown = { probe: { outcome: 'unknown' as const, detail: '', sinceMs: 0 }, state: null };
    expect(nodes(viewWith({ 2: unknown })).outOfPool.has(key(2))).toBe(false);
    const maintenance = { by: 'ann', reason: 'disk', untilMs: null };
    expect(nodes(viewWith({ 2: down }, { maintenance })).outOfPool.size).toBe(0);
    expect(nodes(viewWith({ 2: down }, { operation: 'failover x' })).outOfPool.size).toBe(0);
  });

  it('a reason of the same kind is not written again', () => {
    expect(sameKind('lagging: 42 s', 'lagging: 43 s')).toBe(true);
    expect(sameKind('lagging: 42 s', 'down: gone')).toBe(false);
  });
});
