import { describe, expect, it } from 'vitest';
import type { SessionAction } from './session-action.js';
import type { SessionEvent } from './session-event.js';
import { SessionMachine, type SessionSettings } from './session-machine.js';
import type { Traffic } from './traffic.js';

const host = (name: string): { host: string; port: number } => ({ host: name, port: 2181 });
const password = Buffer.from('0123456789abcdef');

/** Drives a machine by hand: a clock that stands still until moved, and traffic as the shell would keep it. */
class Bench {
  now = 1_000;
  readonly traffic: Traffic = {
    lastReceivedAtMs: 0,
    lastAnsweredAtMs: 0,
    lastSentAtMs: 0,
    oldestUnansweredSentAtMs: null,
    leaseFromMs: 0,
    lastZxid: 0n,
  };
  readonly machine: SessionMachine;

  constructor(settings: Partial<SessionSettings> = {}) {
    this.machine = new SessionMachine({
      hosts: [host('a'), host('b'), host('c')],
      requestedTimeoutMs: 6_000,
      connectTimeoutMs: 1_000,
      authenticates: false,
      expireByOwnClock: false,
      leaseReserveMs: 0,
      random: () => 0.999,
      ...settings,
    });
  }

  feed(event: SessionEvent): SessionAction[] {
    return this.machine.handle(event, this.now, this.traffic);
  }

  /** Goes to the time the machine asked to be woken at, and wakes it. */
  wake(): SessionAction[] {
    const at = this.machine.wakeAtMs(this.traffic);
    if (at === null) throw new Error('the machine sleeps for good');
    this.now = Math.max(this.now, at);
    return this.feed({ type: 'timer' });
  }

  /** Attaches the session at whatever server is being tried. */
  attach(timeoutMs = 6_000): SessionAction[] {
    this.feed({ type: 'transport-open' });
    const sentAt = this.now;
    const actions = this.feed({ type: 'handshake', response: { timeoutMs, sessionId: 7n, password } });
    Object.assign(this.traffic, {
      lastReceivedAtMs: this.now,
      lastAnsweredAtMs: this.now,
      lastSentAtMs: sentAt,
      leaseFromMs: sentAt,
    });
    return actions;
  }

  lose(reason = 'reset'): SessionAction[] {
    return this.feed({ type: 'transport-lost', reason });
  }
}

function targets(actions: readonly SessionAction[]): string[] {
  return actions.flatMap((action) => (action.type === 'connect' ? [action.host.host] : []));
}

function types(actions: readonly SessionAction[]): string[] {
  return actions.map(({ type }) => type);
}

function states(actions: readonly SessionAction[]): string[] {
  return actions.flatMap((action) => (action.type === 'change' ? [action.state] : []));
}

describe('finding a server', () => {
  it('tries each server once, at once, before it waits and tries any again', () => {
    const bench = new Bench();
    const tried = targets(bench.feed({ type: 'start' }));
    tried.push(...targets(bench.lose()), ...targets(bench.lose()));
    expect([...tried].sort()).toEqual(['a', 'b', 'c']);
    expect(types(bench.lose())).toEqual(['disconnect']);
    const before = bench.now;
    expect(targets(bench.wake())).toHaveLength(1);
    expect(bench.now - before).toBeGreaterThanOrEqual(10);
    expect(bench.now - before).toBeLessThanOrEqual(20);
  });

  it.each([1, 2, 3, 4, 5])('of %i servers that all refuse never spins and never gives up', (count) => {
    const bench = new Bench({ hosts: Array.from({ length: count }, (_, index) => host(String(index))) });
    let attempts = targets(bench.feed({ type: 'start' })).length;
    const startedAt = bench.now;
    while (bench.now < startedAt + 60_000) {
      let actions = bench.lose();
      if (targets(actions).length === 0) actions = bench.wake();
      attempts += targets(actions).length;
      bench.now += 0.1;
    }
    // Every 250 to 500 ms each server is tried once.
    expect(attempts).toBeGreaterThan(100 * count);
    expect(attempts).toBeLessThan(300 * count);
    expect(bench.machine.state).toBe('connecting');
  });

  it('leaves one that accepts but does not answer after the connect timeout, which grows by the round', () => {
    const bench = new Bench({ hosts: [host('a')] });
    bench.feed({ type: 'start' });
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const startedAt = bench.now;
      bench.feed({ type: 'transport-open' });
      expect(types(bench.wake())).toEqual(['disconnect']);
      waits.push(Math.round(bench.now - startedAt));
      bench.wake();
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 4_000]);
  });

  it('asks for a new session first, and for the same one with its password after that', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    expect(bench.feed({ type: 'transport-open' })).toMatchObject([
      { type: 'send-handshake', request: { sessionId: 0n, timeoutMs: 6_000, lastZxid: 0n } },
    ]);
    bench.feed({ type: 'handshake', response: { timeoutMs: 4_000, sessionId: 7n, password } });
    expect(bench.machine).toMatchObject({ sessionId: 7n, timeoutMs: 4_000, state: 'connected' });
    bench.now += 5_000;
    bench.traffic.lastZxid = 99n;
    bench.lose();
    expect(bench.feed({ type: 'transport-open' })).toMatchObject([
      { type: 'send-handshake', request: { sessionId: 7n, password, timeoutMs: 6_000, lastZxid: 99n } },
    ]);
  });

  it('proves who it is before the session is attached, within the same time', () => {
    const bench = new Bench({ authenticates: true, hosts: [host('a')] });
    bench.feed({ type: 'start' });
    const startedAt = bench.now;
    expect(types(bench.attach())).toEqual(['authenticate']);
    expect(bench.machine).toMatchObject({ state: 'connecting', isAuthenticating: true, isAttached: false });
    expect(types(bench.wake())).toEqual(['disconnect']);
    expect(bench.now - startedAt).toBe(1_000);
    bench.wake();
    bench.attach();
    expect(types(bench.feed({ type: 'authenticated' }))).toEqual(['attached', 'change']);
    expect(bench.machine.state).toBe('connected');
    expect(bench.feed({ type: 'authenticated' })).toEqual([]);
  });

  it('counts the attempts of each server by itself, for names that have several addresses', () => {
    const bench = new Bench({ hosts: [host('a'), host('b')] });
    const attempts: Record<string, number[]> = { a: [], b: [] };
    let actions = bench.feed({ type: 'start' });
    for (let step = 0; step < 12; step += 1) {
      for (const action of actions) {
        if (action.type === 'connect') attempts[action.host.host]?.push(action.attempt);
      }
      actions = [...bench.lose(), ...(bench.machine.state === 'connecting' ? bench.wake() : [])];
    }
    for (const list of Object.values(attempts)) {
      expect(list.length).toBeGreaterThan(2);
      expect(list).toEqual(list.map((_, index) => index));
    }
  });

  it('tries a server that was lost after all others', () => {
    const bench = new Bench();
    const first = targets(bench.feed({ type: 'start' }))[0];
    bench.attach();
    bench.now += 10_000;
    const tried = [...targets(bench.lose()), ...targets(bench.lose()), ...targets(bench.lose())];
    expect(tried[2]).toBe(first);
  });

  it('does not spin when a server attaches the session only to drop it', () => {
    const bench = new Bench({ hosts: [host('a')] });
    bench.feed({ type: 'start' });
    let attempts = 0;
    const startedAt = bench.now;
    while (bench.now < startedAt + 10_000) {
      bench.attach();
      bench.lose();
      bench.wake();
      attempts += 1;
    }
    expect(attempts).toBeLessThan(60);
  });

  it('goes on elsewhere when a server answers with another session, or with none', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.feed({ type: 'transport-open' });
    const none = bench.feed({ type: 'handshake', response: { timeoutMs: 0, sessionId: 0n, password } });
    expect(types(none)).toEqual(['disconnect', 'connect']);
    bench.attach();
    bench.now += 5_000;
    bench.lose();
    bench.feed({ type: 'transport-open' });
    const foreign = bench.feed({
      type: 'handshake',
      response: { timeoutMs: 6_000, sessionId: 8n, password },
    });
    expect(types(foreign)).toEqual(['disconnect', 'connect']);
    expect(bench.machine.sessionId).toBe(7n);
  });
});

describe('a connection', () => {
  it('is pinged after a third of the session timeout without a request', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    const startedAt = bench.now;
    expect(types(bench.wake())).toEqual(['send-ping']);
    expect(bench.now - startedAt).toBe(2_000);
  });

  it('to a silent server is left after two thirds when idle', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    const lastHeard = bench.now;
    bench.wake();
    bench.traffic.lastSentAtMs = bench.now;
    bench.traffic.oldestUnansweredSentAtMs = bench.now;
    const actions = bench.wake();
    expect(types(actions)).toEqual(['disconnect', 'change', 'connect']);
    expect(bench.now - lastHeard).toBe(4_000);
    expect(bench.machine.state).toBe('disconnected');
  });

  it('to a silent server is left after one third when a request waits for its answer', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    bench.now += 100;
    bench.traffic.oldestUnansweredSentAtMs = bench.now;
    bench.traffic.lastSentAtMs = bench.now;
    const sentAt = bench.now;
    let actions: SessionAction[] = [];
    while (!types(actions).includes('disconnect')) {
      actions = bench.wake();
      expect(bench.now - sentAt).toBeLessThanOrEqual(4_000);
    }
    expect(bench.now - sentAt).toBe(2_000);
  });

  it('that brings bytes but no answer is left after two thirds', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    const startedAt = bench.now;
    bench.traffic.oldestUnansweredSentAtMs = bench.now;
    let actions: SessionAction[] = [];
    while (!types(actions).includes('disconnect')) {
      bench.now += 100;
      bench.traffic.lastReceivedAtMs = bench.now;
      bench.traffic.lastSentAtMs = bench.now;
      actions = bench.feed({ type: 'timer' });
      expect(bench.now - startedAt).toBeLessThan(5_000);
    }
    expect(bench.now - startedAt).toBe(4_000);
  });

  it('that answers is kept however long', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    for (let round = 0; round < 1_000; round += 1) {
      const actions = bench.wake();
      expect(types(actions)).toEqual(['send-ping']);
      Object.assign(bench.traffic, {
        lastSentAtMs: bench.now,
        lastReceivedAtMs: bench.now,
        lastAnsweredAtMs: bench.now,
        leaseFromMs: bench.now,
      });
    }
    expect(bench.machine.state).toBe('connected');
  });
});

describe('the lease', () => {
  it('counts down from when the last answered request was sent, to 0', () => {
    const bench = new Bench();
    expect(bench.machine.remainingMs(bench.now, bench.traffic)).toBe(0);
    bench.feed({ type: 'start' });
    bench.attach();
    expect(bench.machine.remainingMs(bench.now + 1_500, bench.traffic)).toBe(4_500);
    expect(bench.machine.remainingMs(bench.now + 60_000, bench.traffic)).toBe(0);
  });

  it('is shorter by the reserve', () => {
    const bench = new Bench({ leaseReserveMs: 500 });
    bench.feed({ type: 'start' });
    bench.attach();
    expect(bench.machine.remainingMs(bench.now + 1_500, bench.traffic)).toBe(4_000);
    expect(bench.machine.remainingMs(bench.now + 5_500, bench.traffic)).toBe(0);
  });

  it('that runs out is told once, and the session is still looked for', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    const leaseEnd = bench.traffic.leaseFromMs + 6_000;
    bench.now += 2_000;
    bench.lose();
    const told: number[] = [];
    while (bench.now < leaseEnd + 10_000) {
      const actions = bench.wake();
      if (types(actions).includes('lease-ended')) told.push(bench.now);
      bench.lose();
    }
    expect(told).toEqual([leaseEnd]);
    expect(bench.machine.state).toBe('disconnected');
    bench.wake();
    expect(states(bench.attach())).toEqual(['connected']);
  });

  it('that runs out ends the session where the client is told to go by its own clock', () => {
    const bench = new Bench({ expireByOwnClock: true });
    bench.feed({ type: 'start' });
    bench.attach();
    bench.now += 2_000;
    bench.lose();
    let actions: SessionAction[] = [];
    while (states(actions).length === 0) {
      actions = bench.wake();
      if (states(actions).length === 0) bench.lose();
    }
    expect(states(actions)).toEqual(['expired']);
    expect(bench.now).toBe(bench.traffic.leaseFromMs + 6_000);
    expect(bench.machine.wakeAtMs(bench.traffic)).toBeNull();
  });
});

describe('the end', () => {
  it('comes when the server says that the session has expired; nothing happens after it', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    bench.lose();
    bench.wake();
    bench.feed({ type: 'transport-open' });
    const actions = bench.feed({ type: 'handshake', response: { timeoutMs: 0, sessionId: 0n, password } });
    expect(types(actions)).toEqual(['disconnect', 'change']);
    expect(bench.machine.state).toBe('expired');
    expect(bench.machine.remainingMs(bench.now, bench.traffic)).toBe(0);
    for (const event of [{ type: 'start' }, { type: 'timer' }, { type: 'transport-open' }] as const) {
      expect(bench.feed(event)).toEqual([]);
    }
    expect(bench.lose()).toEqual([]);
    expect(bench.machine.wakeAtMs(bench.traffic)).toBeNull();
  });

  it('by close is at once where there is no session yet', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    expect(states(bench.feed({ type: 'close', deadlineMs: bench.now + 2_000 }))).toEqual(['closed']);
  });

  it('by close waits for the answer of the server', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    expect(types(bench.feed({ type: 'close', deadlineMs: bench.now + 2_000 }))).toEqual(['send-close']);
    expect(bench.feed({ type: 'close', deadlineMs: bench.now + 2_000 })).toEqual([]);
    expect(types(bench.feed({ type: 'close-answered' }))).toEqual(['disconnect', 'change']);
    expect(bench.machine.state).toBe('closed');
  });

  it('by close is sought on another server when the connection is lost, and given up at the deadline', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    bench.now += 5_000;
    const deadlineMs = bench.now + 2_000;
    bench.feed({ type: 'close', deadlineMs });
    expect(types(bench.lose())).toEqual(['disconnect', 'change', 'connect']);
    expect(types(bench.attach())).toEqual(['attached', 'change', 'send-close']);
    bench.lose();
    let actions: SessionAction[] = [];
    while (!states(actions).includes('closed')) {
      actions = bench.wake();
      if (!states(actions).includes('closed')) bench.lose();
    }
    expect(bench.now).toBe(deadlineMs);
  });

  it('by close of a session that expired meanwhile is closed, not expired', () => {
    const bench = new Bench();
    bench.feed({ type: 'start' });
    bench.attach();
    bench.now += 5_000;
    bench.lose();
    bench.feed({ type: 'close', deadlineMs: bench.now + 2_000 });
    bench.feed({ type: 'transport-open' });
    bench.feed({ type: 'handshake', response: { timeoutMs: 0, sessionId: 0n, password } });
    expect(bench.machine.state).toBe('closed');
  });
});
