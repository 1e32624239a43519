import { verdict, vouch, type Said, type VouchFacts } from './vouch.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guard } from './guard.js';

const facts: VouchFacts = {
  asker: { group: 'g', primary: 'p:1', epoch: 7 },
  server: 'a:1',
  known: { group: 'g', primary: { primary: 'p:1', epoch: 7 }, operationInProgress: false },
  local: { writable: false, source: 'p:1', receiver: 'running' },
  downForMs: null,
  leaseMs: 10_000,
};

describe('what an agent says of a primary that has lost ZooKeeper', () => {
  it('agrees when it knows no better and its server follows it', () => {
    expect(vouch(facts).agrees).toBe(true);
    expect(
      vouch({ ...facts, local: { writable: false, source: 'p:1', receiver: 'connecting' } }).agrees,
    ).toBe(true);
  });

  it.each([
    ['another epoch is known', { known: { ...facts.known, primary: { primary: 'p:1', epoch: 8 } } }],
    ['another primary is known', { known: { ...facts.known, primary: { primary: 'b:1', epoch: 7 } } }],
    ['no primary is known', { known: { ...facts.known, primary: null } }],
    ['the group is another', { known: { ...facts.known, group: 'h' } }],
    ['no group is known', { known: { ...facts.known, group: null } }],
    ['an operation is under way', { known: { ...facts.known, operationInProgress: true } }],
    ['its server does not answer', { local: null }],
    ['its server is writable', { local: { writable: true, source: 'p:1', receiver: 'running' } }],
    ['its server follows nobody', { local: { writable: false, source: null, receiver: 'stopped' } }],
    ['its server follows another', { local: { writable: false, source: 'b:1', receiver: 'running' } }],
    ['the receiver is stopped', { local: { writable: false, source: 'p:1', receiver: 'stopped' } }],
    ['its server has only just gone down', { local: null, downForMs: 9_000 }],
    ['it is asked about its own server', { server: 'p:1' }],
  ] satisfies [string, Partial<VouchFacts>][])('refuses when %s', (_, change) => {
    expect(vouch({ ...facts, ...change }).agrees).toBe(false);
  });

  it('a server that has been down for longer than an engine waits is no obstacle', () => {
    expect(vouch({ ...facts, local: null, downForMs: 10_001 }).agrees).toBe(true);
  });
});

describe('the verdict of all agents', () => {
  const yes: Said = { agrees: true, reason: '', members: ['p:1', 'a:1', 'b:1'] };
  const all = ['p:1', 'a:1', 'b:1'];
  it('needs the word of every other member', () => {
    expect(
      verdict(
        'p:1',
        all,
        new Map([
          ['a:1', yes],
          ['b:1', yes],
        ]),
      ).agrees,
    ).toBe(true);
    expect(verdict('p:1', all, new Map([['a:1', yes]])).agrees).toBe(false);
    expect(
      verdict(
        'p:1',
        all,
        new Map([
          ['a:1', yes],
          ['b:1', null],
        ]),
      ).agrees,
    ).toBe(false);
    expect(
      verdict(
        'p:1',
        all,
        new Map([
          ['a:1', yes],
          ['b:1', { ...yes, agrees: false }],
        ]),
      ).agrees,
    ).toBe(false);
  });

  it('does not count where somebody knows a member that was not asked', () => {
    const more = { ...yes, members: [...all, 'c:1'] };
    expect(
      verdict(
        'p:1',
        all,
        new Map([
          ['a:1', yes],
          ['b:1', more],
        ]),
      ).agrees,
    ).toBe(false);
  });

  it('a primary without other members stays open', () => {
    expect(verdict('p:1', ['p:1'], new Map()).agrees).toBe(true);
  });
});

/**
 * The rule of docs/architecture.md, played with the real functions: a primary that is cut off from ZooKeeper and asks the
 * others; an engine that has stopped the receivers of some members, waits for `leaseMs` and promotes one of them whose
 * receiver is still stopped then. Members crash and come back as they like.
 */
describe('an engine that has waited for leaseMs', () => {
  const leaseMs = 10_000;
  const validMs = leaseMs / 2;
  const marginMs = validMs / 3;
  const tickMs = 250;
  const stopAtMs = 20_000;
  const promoteAtMs = stopAtMs + leaseMs;

  const outage = fc.record({
    fromMs: fc.integer({ min: 0, max: promoteAtMs }),
    lastsMs: fc.integer({ min: 1, max: 15_000 }),
  });
  const member = fc.record({
    stopped: fc.boolean(),
    outages: fc.array(outage, { maxLength: 3 }),
    /** Whether replication starts by itself when the server comes up. */
    autostart: fc.boolean(),
  });
  const round = fc.record({
    everyMs: fc.integer({ min: 200, max: 2_000 }),
    delayMs: fc.integer({ min: 0, max: 1_000 }),
    /** Agents without ZooKeeper know of no operation; one that has it does. */
    connected: fc.boolean(),
  });
  type Member = typeof member extends fc.Arbitrary<infer M> ? M : never;

  /** Sorted outages that do not overlap. */
  const timeline = ({ outages }: Member) => {
    const found: { fromMs: number; toMs: number }[] = [];
    for (const { fromMs, lastsMs } of [...outages].sort((a, b) => a.fromMs - b.fromMs)) {
      if ((found.at(-1)?.toMs ?? -1) < fromMs) found.push({ fromMs, toMs: fromMs + lastsMs });
    }
    return found;
  };
  const stateAt = (m: Member, atMs: number) => {
    const outages = timeline(m);
    const down = outages.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
    if (down !== undefined) return { downForMs: atMs - down.fromMs, receiver: 'stopped' as const };
    const stoppedByEngine =
      m.stopped &&
      atMs >= stopAtMs &&
      !outages.some(({ fromMs, toMs }) => fromMs <= stopAtMs && stopAtMs < toMs);
    const restarted = outages.filter(({ toMs }) => toMs <= atMs).at(-1);
    const afterStop = restarted !== undefined && (!stoppedByEngine || restarted.toMs > stopAtMs);
    const running = afterStop ? m.autostart : !stoppedByEngine;
    return { downForMs: null, receiver: running ? ('running' as const) : ('stopped' as const) };
  };
  /** The engine holds it: it answered when it was stopped and when it is promoted, and its receiver is stopped. */
  const promotable = (m: Member): boolean => {
    const [before, after] = [stateAt(m, stopAtMs), stateAt(m, promoteAtMs)];
    return (
      m.stopped &&
      before.downForMs === null &&
      before.receiver === 'stopped' &&
      after.downForMs === null &&
      after.receiver === 'stopped'
    );
  };

  it('finds the old primary closed, whatever members did meanwhile', () => {
    let promotions = 0;
    fc.assert(
      fc.property(
        fc.array(member, { minLength: 1, maxLength: 3 }),
        round,
        (members, { everyMs, delayMs, connected }) => {
          if (!members.some(promotable)) return;
          promotions += 1;
          const names = members.map((_, i) => `m${i}:1`);
          const all = ['p:1', ...names];
          let validUntilMs = -Infinity;
          let open = true;
          let nextRoundMs = 0;
          for (let nowMs = 0; nowMs <= promoteAtMs; nowMs += tickMs) {
            if (nowMs >= nextRoundMs) {
              nextRoundMs = nowMs + everyMs;
              const heardAtMs = nowMs + delayMs;
              const said = new Map<string, Said>(
                members.map((m, i) => {
                  const { downForMs, receiver } = stateAt(m, heardAtMs);
                  const answer = vouch({
                    ...facts,
                    server: names[i] ?? '',
                    known: { ...facts.known, operationInProgress: connected && heardAtMs >= stopAtMs },
                    downForMs,
                    local: downForMs === null ? { writable: false, source: 'p:1', receiver } : null,
                    leaseMs,
                  });
                  return [names[i] ?? '', { ...answer, members: all }];
                }),
              );
              // Counted from before the question, whenever the answer comes.
              if (verdict('p:1', all, said).agrees) validUntilMs = nowMs + validMs;
            }
            const action = guard({
              server: 'p:1',
              mysqld: 'up',
              primary: 'p:1',
              maintenance: false,
              operationInProgress: false,
              connected: false,
              leaseRemainingMs: 0,
              leaseMarginMs: 2_000,
              leaseEnforced: true,
              vouchedRemainingMs: validUntilMs - nowMs,
              vouchMarginMs: marginMs,
              condemned: false,
              local: { writable: open, closed: !open, source: null, receiver: 'stopped', applier: 'stopped' },
            });
            // Closed for good: an agent never opens a server.
            if (action.kind === 'close') open = false;
          }
          expect(open).toBe(false);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(promotions).toBeGreaterThan(100);
  });

  it('and a primary that all agree on stays open for as long as nobody acts', () => {
    const healthy: Member = { stopped: false, outages: [], autostart: true };
    for (const nowMs of [0, 50_000]) {
      const { downForMs, receiver } = stateAt(healthy, nowMs);
      expect(vouch({ ...facts, downForMs, local: { writable: false, source: 'p:1', receiver } }).agrees).toBe(
        true,
      );
    }
  });
});
