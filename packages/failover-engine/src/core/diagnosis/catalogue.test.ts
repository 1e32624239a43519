import { defaultGroupPolicy, groupPolicySchema, type GroupPolicyInput } from '@dcmha/zk-schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeWorld, key } from '../../testing/fake-world.js';
import { evaluate } from '../decide.js';
import type { GroupView, MemberView, Opinion, ProbeOutcome, ServerState } from '../model.js';
import { catalogue } from './catalogue.js';
import { describeCatalogue } from './describe-catalogue.js';
import { diagnose } from './diagnose.js';
import { diagnosisNames, type DiagnosisName } from './types.js';

const nowMs = 100_000;
type Change = (m: MemberView) => Partial<MemberView>;

function viewWith(changes: Record<number, Change>, rest: Partial<GroupView> = {}): GroupView {
  const view = new FakeWorld().view();
  return {
    ...view,
    nowMs,
    wallMs: nowMs,
    members: view.members.map((m, i) => ({
      ...m,
      readAtMs: nowMs,
      probe: { ...m.probe, sinceMs: 0 },
      ...changes[i + 1]?.(m),
    })),
    ...rest,
  };
}

const both =
  (...changes: Change[]): Change =>
  (m) =>
    changes.reduce<MemberView>((member, change) => ({ ...member, ...change(member) }), m);
const probe =
  (outcome: ProbeOutcome, lastedMs = 5_000): Change =>
  () => ({ probe: { outcome, detail: 'test', sinceMs: nowMs - lastedMs } });
const agent =
  (mysqld: 'up' | 'down' | 'hung' | 'unknown', change: Partial<MemberView['agent']> = {}): Change =>
  () => ({ agent: { up: true, mysqld, detail: 'test', endpoint: 'http://a:1', ...change } });
const agentGone: Change = () => ({
  agent: { up: false, mysqld: 'unknown', detail: '', endpoint: null },
  heartbeat: false,
});
const state =
  (change: Partial<ServerState>): Change =>
  (m) => ({ state: m.state === null ? null : { ...m.state, ...change } });
const channel =
  (change: Partial<NonNullable<ServerState['channel']>>): Change =>
  (m) => ({
    state: m.state?.channel == null ? m.state : { ...m.state, channel: { ...m.state.channel, ...change } },
  });
const semisync =
  (change: Partial<ServerState['semisync']>): Change =>
  (m) => ({
    state: m.state === null ? null : { ...m.state, semisync: { ...m.state.semisync, ...change } },
  });
const silentReceiver = channel({ heardAgoMs: 5_000 });
const opinion = (outcome: Opinion['outcome'], ageMs = 100): Opinion => ({
  by: key(2),
  outcome,
  detail: '',
  atMs: nowMs - ageMs,
});
const said =
  (...opinions: Opinion[]): Change =>
  () => ({ opinions });
const uuid3 = '00000003-0000-0000-0000-000000000000';
const uuid1 = '00000001-0000-0000-0000-000000000000';
const newGroup = { primary: null, route: null };
const allClosed = { 1: state({ readOnly: true, superReadOnly: true }) };
const policy = (input: GroupPolicyInput): Partial<GroupView> => ({ policy: groupPolicySchema.parse(input) });
const names = (view: GroupView): DiagnosisName[] => diagnose(view).map((f) => f.diagnosis.name);

const frozen = { 1: both(probe('hung'), agent('hung')), 2: silentReceiver, 3: silentReceiver };
const vanished = {
  1: both(probe('unreachable'), agentGone),
  2: both(silentReceiver, agent('up')),
  3: both(silentReceiver, agent('up')),
};

describe('the catalogue of diagnoses', () => {
  const rows: Record<Exclude<DiagnosisName, 'healthy'>, GroupView> = {
    'store-unreachable': viewWith({}, { storeConnected: false }),
    'operation-in-progress': viewWith({}, { operation: 'failover x (closing)' }),
    'policy-refused': viewWith({}, { refusedPolicy: ['leaseMs: 0'] }),
    'maintenance-over': viewWith({}, { maintenance: { by: 'ann', reason: 'disk', untilMs: nowMs - 1 } }),
    'primary-not-a-member': viewWith(
      {},
      { primary: { primary: 'x:1', epoch: 1, sinceMs: 0, gtidExecuted: '', serverUuid: '' } },
    ),
    'no-primary': viewWith(allClosed, newGroup),
    'no-primary-undecided': viewWith({ ...allClosed, 2: probe('refused') }, newGroup),
    'engine-cut-off': viewWith({ 1: probe('unreachable'), 2: probe('unreachable'), 3: probe('unreachable') }),
    'whole-group-down': viewWith({ 1: probe('refused'), 2: probe('refused'), 3: probe('refused') }),
    'primary-process-gone': viewWith({ 1: both(probe('refused'), agent('down')) }),
    'primary-unreachable-from-here': viewWith({ 1: both(probe('unreachable'), agentGone) }),
    'primary-refuses': viewWith({
      1: both(probe('refused'), agentGone),
      2: channel({ receiver: 'connecting' }),
      3: channel({ receiver: 'connecting' }),
    }),
    'primary-host-gone': viewWith(vanished),
    'primary-hung': viewWith(frozen),
    'primary-disk-full': viewWith({
      1: agent('up', { stalled: { reason: 'disk-full', detail: '0 bytes left' } }),
    }),
    'primary-writes-stalled': viewWith({
      1: agent('up', { stalled: { reason: 'storage', detail: '3 commits' } }),
    }),
    'two-writable-servers': viewWith({ 3: state({ readOnly: false }) }),
    'replica-writable': viewWith({ 1: probe('refused'), 3: state({ readOnly: false }) }),
    'primary-read-only': viewWith(allClosed),
    'primary-settings-lost': viewWith({ 1: state({ durable: false }) }),
    'primary-in-doubt': viewWith({ 1: both(probe('starting'), agentGone) }),
    'primary-saturated': viewWith({ 1: probe('saturated') }),
    'primary-credentials-refused': viewWith({ 1: probe('denied') }),
    'primary-writes-locked': viewWith({
      1: agent('up', { stalled: { reason: 'lock', detail: 'backup' } }),
    }),
    'heartbeat-lost': viewWith({ 1: agentGone }),
    'semisync-blocked': viewWith({ 1: semisync({ ackers: 0 }) }),
    'semisync-at-limit': viewWith({ 1: semisync({ ackers: 1 }) }),
    'replica-down': viewWith({ 2: probe('refused') }),
    'replica-diverged': viewWith({
      2: channel({
        applier: 'stopped',
        applierError: "1062 Could not execute Write_rows event; Duplicate entry '1'",
      }),
    }),
    'replica-errant': viewWith({ 2: state({ gtidExecuted: `${uuid1}:1-100,${uuid3}:1-2` }) }),
    'replica-wrong-source': viewWith({ 2: channel({ source: key(3) }) }),
    'replica-not-replicating': viewWith({ 2: channel({ receiver: 'stopped' }) }),
    'replica-lagging': viewWith({ 2: channel({ lagMs: 60_000 }) }),
    'replica-not-acknowledging': viewWith({ 2: semisync({ replicaEnabled: false }) }),
    'store-flapping': viewWith({}, { store: { connectedSinceMs: 0, losses: 4, windowMs: 60_000 } }),
  };

  it.each(Object.entries(rows))('%s', (name, view) => {
    const found = diagnose(view).find((f) => f.diagnosis.name === name);
    expect(found?.diagnosis.evidence.join(''), names(view).join()).not.toBe('');
  });

  it('has a row for every name, and every row a view of its own', () => {
    expect([...catalogue.map((p) => p.name), 'healthy']).toEqual([...diagnosisNames]);
    for (const view of Object.values(rows)) expect(names(view)).not.toContain('healthy');
    expect(names(viewWith({}))).toEqual(['healthy']);
  });

  it('is the page in docs/diagnoses.md', async () => {
    await expect(describeCatalogue(defaultGroupPolicy)).toMatchFileSnapshot(
      '../../../../../docs/diagnoses.md',
    );
  });
});

describe('a primary that does not answer', () => {
  const action = (view: GroupView) => evaluate(view).action.kind;

  it('is never called dead while the agent of a replica reaches it', () => {
    for (const [change, outcome] of [
      [vanished, 'alive'],
      [frozen, 'alive'],
      [vanished, 'saturated'],
      [frozen, 'denied'],
    ] as const) {
      const seen = viewWith({ ...change, 1: both(change[1], said(opinion(outcome))) });
      expect(names(seen)[0]).toBe('primary-unreachable-from-here');
      expect(action(seen)).toBe('none');
      expect(evaluate(seen).reason).toContain(key(2));
    }
  });

  it('an opinion counts for a while, and only one that was asked for after the silence began', () => {
    const old = (ageMs: number) =>
      viewWith({ ...vanished, 1: both(vanished[1], said(opinion('alive', ageMs))) });
    expect(names(old(1_900))[0]).toBe('primary-unreachable-from-here');
    expect(names(old(2_100))[0]).toBe('primary-host-gone');
    expect(
      names(
        viewWith({
          ...vanished,
          1: both(vanished[1], probe('unreachable', 50), said(opinion('alive', 100))),
        }),
      )[0],
    ).toBe('primary-host-gone');
  });

  it('the verdict waits for the opinions that can be had, and not for ever', () => {
    const asked = (lastedMs: number, ...opinions: Opinion[]) =>
      viewWith({ ...vanished, 1: both(vanished[1], probe('unreachable', lastedMs), said(...opinions)) });
    const third = { ...opinion('no-answer'), by: key(3) };
    expect(action(asked(1_100))).toBe('wait');
    expect(action(asked(1_100, opinion('unreachable')))).toBe('wait');
    expect(action(asked(1_100, opinion('unreachable'), third))).toBe('failover');
    expect(action(asked(1_900))).toBe('failover');
  });

  it('a process that the agent saw end needs no opinion', () => {
    expect(
      action(
        viewWith({
          1: both(probe('refused', 0), agent('down')),
          2: agent('up'),
          3: agent('up'),
        }),
      ),
    ).toBe('failover');
  });

  it('a receiver that still runs, and has heard nothing for some heartbeats, proves nothing', () => {
    const heard = (heardAgoMs: number | null) =>
      viewWith({ ...vanished, 2: channel({ heardAgoMs }), 3: channel({ heardAgoMs: 5_000 }) });
    expect(names(heard(200))[0]).toBe('primary-unreachable-from-here');
    expect(names(heard(1_300))[0]).toBe('primary-host-gone');
    expect(names(heard(null))[0]).toBe('primary-unreachable-from-here');
  });

  it('hangs only when no replica has heard of it since it fell silent here', () => {
    const heard = (heardAgoMs: number) => viewWith({ ...frozen, 2: channel({ heardAgoMs }) });
    expect(names(heard(300))[0]).toBe('primary-unreachable-from-here');
    const since = (heardAgoMs: number) =>
      viewWith({ ...frozen, 1: both(probe('hung', 2_100), agent('hung')), 2: channel({ heardAgoMs }) });
    expect(action(since(1_200))).toBe('none');
    expect(action(since(2_200))).toBe('failover');
  });

  it('hung is decided on after two seconds, also when its agent is gone with it', () => {
    const hung = (lastedMs: number) => viewWith({ ...frozen, 1: both(probe('hung', lastedMs), agentGone) });
    expect(action(hung(1_900))).toBe('wait');
    expect(action(hung(2_000))).toBe('failover');
  });

  it('nothing that rests on the absence of nodes is decided on right after ZooKeeper came back', () => {
    const back = (connectedSinceMs: number) =>
      viewWith(vanished, { store: { connectedSinceMs, losses: 1, windowMs: 60_000 } });
    expect(action(back(nowMs - 300))).toBe('wait');
    expect(action(back(nowMs - 3_000))).toBe('failover');
  });
});

describe('a primary that answers', () => {
  const stalled = (reason: 'storage' | 'disk-full' | 'lock', lastedMs: number) => {
    const view = viewWith({ 1: agent('up', { stalled: { reason, detail: 'test' } }) });
    const [name] = names(view);
    return evaluate({ ...view, symptomsSince: new Map([[name ?? '', nowMs - lastedMs]]) }).action.kind;
  };

  it('is failed over when its commits do not come back from storage; a lock is somebody’s own doing', () => {
    expect(stalled('storage', 4_900)).toBe('wait');
    expect(stalled('storage', 5_100)).toBe('failover');
    expect(stalled('disk-full', 2_100)).toBe('failover');
    expect(stalled('lock', 60_000)).toBe('none');
  });

  it('is given back its settings, after the route has been seen to', () => {
    const lost = viewWith(
      { 1: semisync({ sourceEnabled: false }) },
      { symptomsSince: new Map([['primary-settings-lost', nowMs - 2_000]]) },
    );
    expect(evaluate(lost).action).toEqual({ kind: 'restore-settings', members: [key(1)] });
    expect(evaluate({ ...lost, symptomsSince: new Map() }).action.kind).toBe('wait');
    expect(evaluate({ ...lost, route: null }).action.kind).toBe('publish-route');
  });

  it('never falls back to async silently: a finite wait for acknowledgements is a wrong setting', () => {
    const waits = (timeoutMs: number, input: GroupPolicyInput = {}) =>
      names(viewWith({ 1: semisync({ timeoutMs, waitForAckers: 1 }) }, policy(input)));
    expect(waits(10_000)).toContain('primary-settings-lost');
    expect(waits(4_294_967_295)).not.toContain('primary-settings-lost');
    expect(waits(10_000, { durability: { mode: 'semisync', fallbackMs: 10_000 } })).not.toContain(
      'primary-settings-lost',
    );
  });

  it('whose heartbeat is lost is told of after a while, never switched', () => {
    const lost = viewWith({ 1: agentGone });
    expect(evaluate(lost).alerts).toEqual([]);
    const lasting = evaluate({ ...lost, symptomsSince: new Map([['heartbeat-lost', nowMs - 2_500]]) });
    expect(lasting.alerts.map((a) => a.name)).toEqual(['heartbeat-lost']);
    expect(lasting.action.kind).toBe('none');
  });

  it('an alert hides no remedy below it', () => {
    const view = viewWith({ 1: agentGone, 2: probe('refused'), 3: state({ readOnly: false }) });
    expect(evaluate(view).action).toEqual({ kind: 'close-others', members: [key(3)] });
  });
});

describe('the election in a new group', () => {
  const executed = (set: string): Change => state({ gtidExecuted: set, readOnly: true });
  const elected = (changes: Record<number, Change>, rest: Partial<GroupView> = {}) => {
    const view = viewWith({ ...allClosed, ...changes }, { ...newGroup, ...rest });
    return evaluate({ ...view, symptomsSince: new Map([['no-primary', nowMs - 10_000]]) });
  };

  it('takes the most complete member', () => {
    expect(elected({ 2: executed(`${uuid1}:1-120`) }).action).toEqual({ kind: 'elect', member: key(2) });
  });

  it('among equals the one that others follow already', () => {
    expect(elected({}).action).toEqual({ kind: 'elect', member: key(1) });
  });

  it.each([
    ['somebody does not answer', { 2: probe('refused') }, 'may be the most complete'],
    [
      'two have diverged',
      { 2: executed(`${uuid1}:1-100,${uuid3}:1`), 3: executed(`${uuid1}:1-101`) },
      'have diverged',
    ],
    ['two are writable', { 1: state({}), 2: state({ readOnly: false }) }, 'more than one member is writable'],
    ['one follows a stranger', { 2: channel({ source: 'elsewhere:1' }) }, 'not a member'],
    [
      'the writable one lacks something',
      { 1: state({ readOnly: false }), 2: executed(`${uuid1}:1-120`) },
      'lacks transactions',
    ],
    [
      'what others lack is purged',
      {
        1: executed(`${uuid1}:1-100`),
        2: both(executed(`${uuid1}:1-120`), state({ gtidPurged: `${uuid1}:1-110` })),
      },
      'has purged',
    ],
  ] satisfies [string, Record<number, Change>, string][])('nobody when %s', (_, changes, reason) => {
    const evaluation = elected(changes);
    expect(evaluation.action.kind).toBe('none');
    expect(evaluation.reason).toContain(reason);
  });

  it('nobody where there was a primary before: the route tells', () => {
    const { route } = viewWith({});
    const evaluation = elected({}, { route });
    expect(evaluation.action.kind).toBe('none');
    expect(evaluation.reason).toContain('the master record of g is gone');
  });
});

describe('whatever is seen', () => {
  const outcomes = [
    'alive',
    'saturated',
    'denied',
    'starting',
    'refused',
    'unreachable',
    'hung',
    'unknown',
  ] as const;
  const gtids = fc.constantFrom('', `${uuid1}:1-100`, `${uuid1}:1-90,${uuid3}:1`, '0-1-100', 'not a set');
  const member = fc.record({
    outcome: fc.constantFrom(...outcomes),
    lastedMs: fc.integer({ min: 0, max: 60_000 }),
    heartbeat: fc.boolean(),
    up: fc.boolean(),
    mysqld: fc.constantFrom('up' as const, 'down' as const, 'hung' as const, 'unknown' as const),
    readOnly: fc.boolean(),
    gtidExecuted: gtids,
    source: fc.constantFrom(null, key(1), key(2), 'elsewhere:1'),
    receiver: fc.constantFrom('running' as const, 'connecting' as const, 'stopped' as const),
    applier: fc.constantFrom('running' as const, 'stopped' as const),
    heardAgoMs: fc.constantFrom(null, undefined, 100, 10_000),
    hasState: fc.boolean(),
    stalled: fc.constantFrom(null, 'disk-full' as const, 'storage' as const, 'lock' as const),
    ackers: fc.integer({ min: 0, max: 3 }),
    opinion: fc.constantFrom(null, ...outcomes, 'no-answer' as const),
    opinionAgeMs: fc.integer({ min: 0, max: 5_000 }),
  });
  type Facts = typeof member extends fc.Arbitrary<infer F> ? F : never;

  const seen = (m: MemberView, f: Facts): MemberView => ({
    ...m,
    heartbeat: f.heartbeat,
    readAtMs: nowMs - 100,
    probe: { outcome: f.outcome, detail: 'test', sinceMs: nowMs - f.lastedMs },
    agent: {
      up: f.up,
      mysqld: f.up ? f.mysqld : 'unknown',
      detail: '',
      endpoint: f.up ? 'http://a:1' : null,
      stalled: f.stalled === null ? null : { reason: f.stalled, detail: '' },
    },
    opinions: f.opinion === null ? [] : [opinion(f.opinion, f.opinionAgeMs)],
    state:
      m.state === null || !f.hasState
        ? null
        : {
            ...m.state,
            readOnly: f.readOnly,
            gtidExecuted: f.gtidExecuted,
            semisync: { ...m.state.semisync, ackers: f.ackers },
            channel:
              f.source === null
                ? null
                : {
                    source: f.source,
                    sourceUuid: '',
                    receiver: f.receiver,
                    applier: f.applier,
                    receivedGtids: '',
                    autoPosition: true,
                    lagMs: 0,
                    delayMs: 0,
                    receiverError: '',
                    applierError: '',
                    heardAgoMs: f.heardAgoMs ?? null,
                  },
          },
  });
  const views = fc
    .record({
      members: fc.array(member, { minLength: 0, maxLength: 3 }),
      connected: fc.boolean(),
      recorded: fc.boolean(),
      operation: fc.option(fc.constant('failover x'), { nil: null }),
    })
    .map(({ members, connected, recorded, operation }): GroupView => {
      const view = viewWith({});
      return {
        ...view,
        storeConnected: connected,
        operation,
        ...(recorded ? {} : newGroup),
        members: members.flatMap((facts, i) => {
          const base = view.members[i];
          return base === undefined ? [] : [seen(base, facts)];
        }),
      };
    });

  it('there is a diagnosis with evidence, it never throws, and health means a primary that answers', () => {
    fc.assert(
      fc.property(views, (view) => {
        const findings = diagnose(view);
        expect(findings.length).toBeGreaterThan(0);
        for (const { diagnosis } of findings) {
          expect(diagnosis.evidence.join('').trim()).not.toBe('');
          expect(diagnosis.sinceMs).toBeLessThanOrEqual(view.nowMs);
        }
        if (findings[0]?.diagnosis.name === 'healthy') {
          const primary = view.members.find((m) => m.key === view.primary?.primary);
          expect(['alive', 'saturated', 'denied']).toContain(primary?.probe.outcome);
        }
        expect(evaluate(view).reason).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });

  it('no failover without ZooKeeper, during an operation, or while anybody reaches the primary', () => {
    fc.assert(
      fc.property(views, (view) => {
        const { action } = evaluate(view);
        if (action.kind !== 'failover') return;
        const primary = view.members.find((m) => m.key === action.from);
        expect(view.storeConnected && view.operation === null).toBe(true);
        expect(action.from).toBe(view.primary?.primary);
        const stalledItself = primary?.agent.stalled != null && primary.agent.stalled.reason !== 'lock';
        const answered = ['alive', 'saturated', 'denied'].includes(primary?.probe.outcome ?? '');
        expect(answered && !stalledItself).toBe(false);
        if (answered) return;
        const reached = primary?.opinions?.some(
          ({ outcome, atMs }) =>
            ['alive', 'saturated', 'denied'].includes(outcome) &&
            nowMs - atMs <= 2_000 &&
            atMs >= primary.probe.sinceMs,
        );
        expect(reached === true && primary?.agent.mysqld !== 'down').toBe(false);
        expect(
          view.members.some(
            (m) =>
              m.key !== action.from && ['alive', 'saturated', 'denied', 'unknown'].includes(m.probe.outcome),
          ),
        ).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
