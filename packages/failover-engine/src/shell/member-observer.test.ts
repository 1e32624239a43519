import { describe, expect, it } from 'vitest';
import type { ProbeOutcome, ServerState } from '../core/model.js';
import type { ServerControl } from '../ports.js';
import { FakeWorld, key } from '../testing/fake-world.js';
import { ManualClock } from '../testing/manual-clock.js';
import { MemberObserver } from './member-observer.js';

const timeoutMs = 1_000;

function observed() {
  const clock = new ManualClock(10_000);
  const world = new FakeWorld();
  const healthy = world.view().members[1]?.state as ServerState;
  let state: ServerState = healthy;
  let outcome: ProbeOutcome = 'alive';
  let readTakesMs = 0;
  let changes = 0;
  const server: ServerControl = {
    ...world.context('e1').server(key(2)),
    read: async () => {
      await clock.sleep(readTakesMs);
      if (outcome !== 'alive') throw new Error('no answer');
      return state;
    },
    probe: async (deadline) => {
      if (outcome === 'hung') await clock.sleep(deadline.timeoutMs);
      return { outcome, detail: 'test' };
    },
  };
  const observer = new MemberObserver(
    server,
    clock,
    () => ({ intervalMs: 250, timeoutMs }),
    () => {
      changes += 1;
    },
  );
  return {
    clock,
    observer,
    changes: () => changes,
    become: (next: { state?: ServerState; outcome?: ProbeOutcome; readTakesMs?: number }) => {
      state = next.state ?? state;
      outcome = next.outcome ?? outcome;
      readTakesMs = next.readTakesMs ?? readTakesMs;
    },
    healthy,
  };
}

describe('watching a server', () => {
  it('silence begins with the first question that nobody answered', async () => {
    const { clock, observer, become } = observed();
    await clock.pass(0);
    expect(observer.probe.outcome).toBe('alive');
    become({ outcome: 'hung', readTakesMs: timeoutMs });
    await clock.pass(250);
    const askedAtMs = clock.monotonicMs();
    await clock.pass(timeoutMs);
    await clock.pass(timeoutMs / 2);
    expect(observer.probe).toMatchObject({ outcome: 'hung', sinceMs: askedAtMs });
    observer.stop();
  });

  it('a pause of this process is no silence of the server', async () => {
    const { clock, observer, become } = observed();
    await clock.pass(0);
    become({ outcome: 'hung', readTakesMs: timeoutMs });
    await clock.pass(250);
    await clock.pass(60_000);
    await clock.pass(timeoutMs / 2);
    expect(observer.probe.outcome).toBe('hung');
    expect(clock.monotonicMs() - observer.probe.sinceMs).toBeLessThan(2 * timeoutMs);
    observer.stop();
  });

  it('tells of what changed, not of a heartbeat more', async () => {
    const { clock, observer, become, changes, healthy } = observed();
    await clock.pass(0);
    const before = changes();
    const channel = healthy.channel as NonNullable<ServerState['channel']>;
    become({ state: { ...healthy, channel: { ...channel, heardAgoMs: 120 } } });
    await clock.pass(250);
    expect(changes()).toBe(before);
    expect(observer.state?.channel?.heardAgoMs).toBe(120);
    become({ state: { ...healthy, channel: { ...channel, receiver: 'stopped' } } });
    await clock.pass(250);
    expect(changes()).toBe(before + 1);
    observer.stop();
  });
});
