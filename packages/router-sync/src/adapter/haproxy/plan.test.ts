import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  differences,
  planClose,
  planOpen,
  type ProxyState,
  type ResolvedServer,
  type ResolvedTarget,
} from './plan.js';
import type { Slot } from './proxy-state.js';

const server = (port: number): ResolvedServer => ({
  name: `db${port}:3306`,
  ip: '10.0.0.1',
  port,
  address: `10.0.0.1:${port}`,
});
const slot = (name: string, port: number, state: Slot['state'] = 'ready', sessions = 0): Slot => ({
  name,
  address: `10.0.0.1:${port}`,
  state,
  sessions,
});
const state = (write: Slot[], read: Slot[]): ProxyState => ({
  write: { name: 'w', id: 1, slots: write },
  read: { name: 'r', id: 2, slots: read },
});
const target = (write: number | null, read: number[] = []): ResolvedTarget => ({
  write: write === null ? null : server(write),
  read: read.map(server),
});

/** What HAProxy does with the commands. */
function carryOut(actual: ProxyState, commands: readonly string[]): ProxyState {
  const change = (backend: ProxyState['write']): ProxyState['write'] => {
    const slots = new Map(backend.slots.map((one) => [one.name, { ...one }]));
    for (const command of commands) {
      const set = /^set server (.+)\/(.+) (?:state (\w+)|addr (\S+) port (\d+))$/.exec(command);
      const cut = /^shutdown sessions server (.+)\/(.+)$/.exec(command);
      const [, name, slotName] = set ?? cut ?? [];
      const one = name === backend.name ? slots.get(slotName ?? '') : undefined;
      if (!one) continue;
      if (cut) slots.set(one.name, { ...one, sessions: 0 });
      else if (set?.[3]) slots.set(one.name, { ...one, state: set[3] as Slot['state'] });
      else slots.set(one.name, { ...one, address: `${set?.[4]}:${set?.[5]}` });
    }
    return { ...backend, slots: [...slots.values()] };
  };
  return { write: change(actual.write), read: change(actual.read) };
}

describe('closing', () => {
  it('takes writes from the deposed primary and cuts its sessions', () => {
    expect(planClose(target(2), state([slot('primary', 1)], []))).toEqual([
      'set server w/primary state maint',
      'shutdown sessions server w/primary',
    ]);
  });

  it('leaves the right primary alone', () => {
    expect(planClose(target(1), state([slot('primary', 1)], []))).toEqual([]);
  });

  it('closes everything that takes writes when there is no primary', () => {
    expect(planClose(target(null), state([slot('primary', 1, 'drained')], []))).toHaveLength(2);
  });

  it('cuts sessions that are left on a closed slot again', () => {
    expect(planClose(target(null), state([slot('primary', 1, 'maint', 2)], []))).toEqual([
      'shutdown sessions server w/primary',
    ]);
  });

  it('keeps the slots of read servers that stay, and closes doubles', () => {
    const actual = state(
      [slot('primary', 1)],
      [slot('r1', 2), slot('r2', 3), slot('r3', 2), slot('r4', 9, 'maint')],
    );
    expect(planClose(target(1, [2]), actual)).toEqual([
      'set server r/r2 state maint',
      'shutdown sessions server r/r2',
      'set server r/r3 state maint',
      'shutdown sessions server r/r3',
    ]);
  });
});

describe('opening', () => {
  it('points before it opens', () => {
    expect(planOpen(target(2), state([slot('primary', 1, 'maint')], []))).toEqual([
      'set server w/primary addr 10.0.0.1 port 2',
      'set server w/primary state ready',
    ]);
  });

  it('does nothing where all is right', () => {
    const actual = state([slot('primary', 1)], [slot('r1', 2), slot('r2', 3)]);
    expect(planOpen(target(1, [3, 2]), actual)).toEqual([]);
    expect(differences(target(1, [3, 2]), actual)).toEqual([]);
  });

  it('uses the slot that has the address already, then free ones', () => {
    const actual = state([slot('primary', 1)], [slot('r1', 5, 'maint'), slot('r2', 3, 'maint')]);
    expect(planOpen(target(1, [3, 4]), actual)).toEqual([
      'set server r/r2 state ready',
      'set server r/r1 addr 10.0.0.1 port 4',
      'set server r/r1 state ready',
    ]);
  });
});

describe('differences', () => {
  it('name a write backend with two slots, which could hold two primaries', () => {
    const actual = state([slot('a', 1), slot('b', 2, 'maint')], []);
    expect(differences(target(1), actual)).toEqual([
      expect.stringContaining('2 server slots, expected exactly one'),
    ]);
  });

  it('name too few read slots and the server that has none', () => {
    const actual = state([slot('primary', 1)], [slot('r1', 2)]);
    expect(differences(target(1, [2, 3]), actual)).toEqual([
      expect.stringMatching(/no slot for db3:3306.*readSlots/),
    ]);
  });
});

describe('any state of the proxy', () => {
  const port = fc.integer({ min: 1, max: 6 });
  const slots = (max: number) =>
    fc
      .array(fc.tuple(port, fc.constantFrom<Slot['state']>('ready', 'maint', 'drained'), fc.nat(2)), {
        minLength: 1,
        maxLength: max,
      })
      .map((list) => list.map(([at, what, sessions], index) => slot(`s${index}`, at, what, sessions)));

  it('is brought to the target by closing, then opening', () => {
    fc.assert(
      fc.property(slots(1), slots(6), fc.option(port), fc.uniqueArray(port), (write, read, to, reads) => {
        fc.pre(reads.length <= read.length);
        const wanted = target(to, reads);
        const closed = carryOut(state(write, read), planClose(wanted, state(write, read)));
        expect(planClose(wanted, closed)).toEqual([]);
        const opened = carryOut(closed, planOpen(wanted, closed));
        expect(differences(wanted, opened)).toEqual([]);
        expect([...planClose(wanted, opened), ...planOpen(wanted, opened)]).toEqual([]);
      }),
    );
  });

  it('never has writes on two servers on the way, whatever the number of slots', () => {
    fc.assert(
      fc.property(slots(3), fc.option(port), (write, to) => {
        const wanted = target(to);
        const before = state(write, [slot('r', 1, 'maint')]);
        const closed = carryOut(before, planClose(wanted, before));
        const takers = (actual: ProxyState) => actual.write.slots.filter((one) => one.state !== 'maint');
        expect(takers(closed).every((one) => one.address === wanted.write?.address)).toBe(true);
        expect(takers(carryOut(closed, planOpen(wanted, closed))).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
