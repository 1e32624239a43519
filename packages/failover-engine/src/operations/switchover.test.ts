import { describe, expect, it } from 'vitest';
import { EngineDied, FakeWorld, key } from '../testing/fake-world.js';
import { SwitchoverRefusedError } from './check-switchover.js';
import { planSwitchover, resumeSwitchover, startSwitchover } from './switchover.js';

const request = { id: 'op-1', target: null, requestedBy: 'ann', task: 'task-1' };

describe('switchover', () => {
  it('hands the writes to a replica and lets the old primary follow', async () => {
    const world = new FakeWorld();
    expect((await startSwitchover(world.context('e1'), { ...request, target: key(3) })).result).toBe('done');
    expect(world.writable()).toEqual([key(3)]);
    expect(world.records).toMatchObject({
      primary: { primary: key(3), epoch: 8 },
      route: { write: key(3) },
      journal: null,
    });
    for (const n of [1, 2])
      expect(world.server(n)).toMatchObject({ source: key(3), receiver: 'running', readOnly: true });
    expect(world.server(3).source).toBeNull();
    expect(world.writableAtOnce).toEqual([]);
    expect(world.finishedTasks).toEqual(['task-1']);
  });

  it('goes back to the old primary whole when the target does not catch up', async () => {
    const world = new FakeWorld();
    world.server(1).executed = `${world.server(1).uuid}:1-200`;
    world.server(3).applies = false;
    const context = world.context('e1');
    const stuck = {
      ...context,
      server: (k: string) => ({
        ...context.server(k),
        ...(k === key(3) ? { waitForGtids: async () => false } : {}),
      }),
    };
    const outcome = await startSwitchover(stuck, { ...request, target: key(3) });
    expect(outcome.result).toBe('stood-down');
    expect(outcome.reason).toContain('did not catch up');
    expect(world.writable()).toEqual([key(1)]);
    expect(world.records.route?.write).toBe(key(1));
    expect(world.server(2).source).toBe(key(1));
  });

  it.each([
    ['an unknown target', key(9), 'is not a member'],
    ['the primary itself', key(1), 'primary of g already'],
  ])('refuses %s', (_, target, message) => {
    expect(() => planSwitchover(new FakeWorld().view(), target)).toThrow(message);
  });

  it('refuses a target that must not be promoted, naming the rule', () => {
    const world = new FakeWorld();
    world.promotion.set(key(2), 'must-not');
    expect(() => planSwitchover(world.view(), key(2))).toThrow('must-not');
  });

  it('is not begun when its task was withdrawn', async () => {
    const world = new FakeWorld();
    world.withdrawn = true;
    await expect(startSwitchover(world.context('e1'), request)).rejects.toThrow('withdrawn');
    expect(world.writable()).toEqual([key(1)]);
    expect(world.records.journal).toBeNull();
  });

  it('is brought to an end by another engine, wherever the first one dies', async () => {
    const rehearsal = new FakeWorld();
    await startSwitchover(rehearsal.context('e1'), request);
    for (let call = 0; call < rehearsal.calls; call += 1) {
      const world = new FakeWorld();
      world.diesAtCall = call;
      await startSwitchover(world.context('e1'), request).catch((error: unknown) => {
        // While it asks the primary, the death of the engine looks to it like that of the primary.
        if (!(error instanceof SwitchoverRefusedError)) expect(error).toBeInstanceOf(EngineDied);
        expect(world.records.journal === null || error instanceof EngineDied).toBe(true);
      });
      world.diesAtCall = Number.POSITIVE_INFINITY;
      const { journal } = world.records;
      if (journal !== null) await resumeSwitchover(world.context('e2'), journal, world.records);
      const primary = world.records.primary?.primary;
      expect(world.records.journal, `died at call ${call}`).toBeNull();
      expect(world.writable()).toEqual([primary]);
      expect(world.records.route?.write).toBe(primary);
      for (const s of world.servers.values()) if (s.key !== primary) expect(s.source).toBe(primary);
      expect(world.writableAtOnce).toEqual([]);
    }
  });
});
