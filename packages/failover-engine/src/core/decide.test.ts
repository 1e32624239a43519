import { describe, expect, it } from 'vitest';
import { FakeWorld, key } from '../testing/fake-world.js';
import { evaluate } from './decide.js';
import type { GroupView, MemberView } from './model.js';

type Change = (member: MemberView) => Partial<MemberView>;

/** A healthy group of three, with one member changed. */
function viewWith(changes: Record<number, Change>, rest: Partial<GroupView> = {}): GroupView {
  const view = new FakeWorld().view();
  return {
    ...view,
    nowMs: 100_000,
    wallMs: 100_000,
    members: view.members.map((member, i) => ({ ...member, ...changes[i + 1]?.(member) })),
    ...rest,
  };
}

const probe = (outcome: MemberView['probe']['outcome'], lastedMs = 60_000) => ({
  outcome,
  detail: 'test',
  sinceMs: 100_000 - lastedMs,
});
const agent = (mysqld: 'up' | 'down' | 'hung') => ({ up: true, mysqld, detail: 'test', endpoint: null });
const noAgent = { up: false, mysqld: 'unknown' as const, detail: '', endpoint: null };
const receiverStops: Change = (m) => ({
  state:
    m.state?.channel == null
      ? m.state
      : { ...m.state, channel: { ...m.state.channel, receiver: 'connecting' } },
});
const readOnly =
  (value: boolean): Change =>
  (m) => ({
    state: m.state === null ? null : { ...m.state, readOnly: value, superReadOnly: value },
  });

describe('evaluate', () => {
  it('a healthy group: nothing to do, and it says so', () => {
    const evaluation = evaluate(viewWith({}));
    expect(evaluation.diagnoses.map((d) => d.name)).toEqual(['healthy']);
    expect(evaluation.action.kind).toBe('none');
    expect(evaluation.reason).toContain('nothing to do');
  });

  it('the agent saw the process end: failover at once', () => {
    const evaluation = evaluate(
      viewWith({ 1: () => ({ probe: probe('unknown', 0), agent: agent('down') }) }),
    );
    expect(evaluation.diagnoses[0]?.name).toBe('primary-process-gone');
    expect(evaluation.action).toEqual({ kind: 'failover', from: key(1) });
  });

  it('the agent says gone but MySQL answers: no failover', () => {
    expect(evaluate(viewWith({ 1: () => ({ agent: agent('down') }) })).action.kind).toBe('none');
  });

  it('a refused connection is not enough while a replica still receives', () => {
    const evaluation = evaluate(viewWith({ 1: () => ({ probe: probe('refused'), agent: noAgent }) }));
    expect(evaluation.diagnoses[0]?.name).toBe('primary-unreachable-from-here');
    expect(evaluation.action.kind).toBe('none');
    expect(evaluation.alerts).not.toEqual([]);
  });

  it('refused, and nobody receives any more: failover after its patience', () => {
    const dead = (lastedMs: number) =>
      viewWith({
        1: () => ({ probe: probe('refused', lastedMs), agent: noAgent }),
        2: receiverStops,
        3: receiverStops,
      });
    expect(evaluate(dead(100)).action).toEqual({ kind: 'wait', untilMs: 100_000 - 100 + 300 });
    expect(evaluate(dead(400)).action.kind).toBe('failover');
  });

  it('a host that vanished: failover once its agent has left, never while its agent speaks', () => {
    const gone = (change: Partial<MemberView>) =>
      viewWith({
        1: () => ({ probe: probe('unreachable'), agent: noAgent, heartbeat: false, ...change }),
        2: receiverStops,
        3: receiverStops,
      });
    expect(evaluate(gone({})).action.kind).toBe('failover');
    expect(evaluate(gone({ agent: agent('up') })).diagnoses[0]?.name).toBe('primary-unreachable-from-here');
    expect(evaluate(gone({ heartbeat: true })).action.kind).toBe('none');
  });

  it('hung: only after two seconds, and only when its agent agrees', () => {
    const hung = (lastedMs: number, mysqld: 'up' | 'hung') =>
      viewWith({ 1: () => ({ probe: probe('hung', lastedMs), agent: agent(mysqld) }) });
    expect(evaluate(hung(1_000, 'hung')).action.kind).toBe('wait');
    expect(evaluate(hung(2_500, 'hung')).action.kind).toBe('failover');
    expect(evaluate(hung(60_000, 'up')).action.kind).toBe('none');
  });

  it.each([
    ['saturated', 'primary-saturated'],
    ['denied', 'primary-credentials-refused'],
  ] as const)('%s means alive: alert only', (outcome, name) => {
    const evaluation = evaluate(viewWith({ 1: () => ({ probe: probe(outcome) }) }));
    expect(evaluation.diagnoses[0]?.name).toBe(name);
    expect(evaluation.action.kind).toBe('none');
    expect(evaluation.alerts.map((a) => a.name)).toContain(name);
  });

  it('heartbeat lost though MySQL answers: alert, never a switch', () => {
    const evaluation = evaluate(viewWith({ 1: () => ({ heartbeat: false, agent: noAgent }) }));
    expect(evaluation.diagnoses[0]?.name).toBe('heartbeat-lost');
    expect(evaluation.action.kind).toBe('none');
  });

  it('cut off from every member: nothing, because it is more likely this engine', () => {
    const cut: Change = () => ({ probe: probe('unreachable') });
    const evaluation = evaluate(viewWith({ 1: cut, 2: cut, 3: cut }));
    expect(evaluation.diagnoses[0]?.name).toBe('engine-cut-off');
    expect(evaluation.action.kind).toBe('none');
  });

  it('primary and replicas all dead: alert, nobody could be promoted', () => {
    const down: Change = () => ({ probe: probe('refused'), agent: agent('down') });
    const evaluation = evaluate(viewWith({ 1: down, 2: down, 3: down }));
    expect(evaluation.diagnoses[0]?.name).toBe('whole-group-down');
    expect(evaluation.action.kind).toBe('none');
  });

  it('without ZooKeeper nothing is done, whatever is seen', () => {
    const dead: Change = () => ({ probe: probe('refused'), agent: agent('down') });
    expect(evaluate(viewWith({ 1: dead }, { storeConnected: false })).action.kind).toBe('none');
  });

  it('a second writable server is closed', () => {
    const evaluation = evaluate(viewWith({ 3: readOnly(false) }));
    expect(evaluation.action).toEqual({ kind: 'close-others', members: [key(3)] });
  });

  it('the primary closed by mistake is opened again', () => {
    expect(evaluate(viewWith({ 1: readOnly(true) })).action).toEqual({ kind: 'reopen', member: key(1) });
  });

  const dead = { 1: () => ({ probe: probe('unknown'), agent: agent('down') }) };

  it.each([
    ['maintenance', { maintenance: { by: 'ann', reason: 'disk swap', untilMs: null } }, 'maintenance by ann'],
    ['the anti-flap window', { lastFailoverWallMs: 90_000 }, 'anti-flap'],
  ] satisfies [string, Partial<GroupView>, string][])('no failover during %s', (_, rest, reason) => {
    const evaluation = evaluate(viewWith(dead, rest));
    expect(evaluation.action.kind).toBe('none');
    expect(evaluation.reason).toContain(reason);
    expect(evaluation.diagnoses[0]?.name).toBe('primary-process-gone');
  });

  it('no failover where the policy wants a person', () => {
    const { policy } = new FakeWorld({ policy: { failover: 'manual' } });
    expect(evaluate(viewWith(dead, { policy })).reason).toContain('manual');
  });

  it('no failover that could promote nobody: each is named with its reason', () => {
    const world = new FakeWorld();
    world.promotion.set(key(2), 'must-not');
    const members = viewWith({ ...dead, 3: () => ({ region: 'far' }) }).members.map((m) =>
      m.key === key(2) ? { ...m, promotion: 'must-not' as const } : m,
    );
    const { policy } = new FakeWorld({ policy: { crossRegion: false } });
    const evaluation = evaluate(viewWith({}, { members, policy }));
    expect(evaluation.action.kind).toBe('none');
    expect(evaluation.reason).toContain(
      `no failover: no member may be promoted: ${key(2)} has the promotion rule must-not`,
    );
    expect(evaluation.candidates?.refused.map((r) => r.rule)).toEqual(['promotion-rule', 'region']);
  });

  it('no failover to replicas that lagged too far when the primary died, unless they have applied it all', () => {
    const behind =
      (received: string): Change =>
      (m) => ({
        lastLagMs: 400_000,
        state:
          m.state?.channel == null
            ? m.state
            : {
                ...m.state,
                channel: { ...m.state.channel, receiver: 'connecting', lagMs: null, receivedGtids: received },
              },
      });
    const more = '00000001-0000-0000-0000-000000000000:1-200';
    const lagging = evaluate(viewWith({ ...dead, 2: behind(more), 3: behind(more) }));
    expect(lagging.action.kind).toBe('none');
    expect(lagging.reason).toContain('is 400000 ms behind, more than the policy');
    const same = '00000001-0000-0000-0000-000000000000:1-100';
    const applied = evaluate(viewWith({ ...dead, 2: behind(same), 3: behind(more) }));
    expect(applied.action.kind).toBe('failover');
  });

  it('names candidates with each failover that it decides on', () => {
    expect(evaluate(viewWith(dead)).candidates?.eligible).toEqual([key(2), key(3)]);
    expect(evaluate(viewWith({})).candidates).toBeUndefined();
  });

  it('a refused policy: nothing is done and nothing published, whatever is seen', () => {
    const all: Record<number, Change>[] = [
      dead,
      { 3: readOnly(false) },
      { 1: readOnly(true) },
      { 2: receiverStops },
    ];
    for (const changes of all) {
      const evaluation = evaluate(viewWith(changes, { refusedPolicy: ['leaseMs = 0: too short'] }));
      expect(evaluation.action.kind).toBe('none');
      expect(evaluation.reason).toContain('leaseMs = 0');
      expect(evaluation.alerts.map((a) => a.name)).toContain('policy-refused');
    }
  });

  it('maintenance whose time is over: the primary that was left is adopted before anything else', () => {
    const over = { maintenance: { by: 'ann', reason: 'disk swap', untilMs: 99_999 } };
    const all: Record<number, Change>[] = [dead, { 3: readOnly(false) }, {}];
    for (const changes of all) {
      expect(evaluate(viewWith(changes, over)).action).toEqual({ kind: 'adopt' });
    }
    const later = { maintenance: { by: 'ann', reason: 'disk swap', untilMs: 100_001 } };
    expect(evaluate(viewWith(dead, later)).action.kind).toBe('none');
  });

  it('a replica that lags beyond the limit leaves the read pool', () => {
    const lagging: Change = (m) => ({
      state:
        m.state?.channel == null ? m.state : { ...m.state, channel: { ...m.state.channel, lagMs: 60_000 } },
    });
    const evaluation = evaluate(viewWith({ 2: lagging }));
    expect(evaluation.diagnoses[0]?.name).toBe('replica-lagging');
    expect(evaluation.action).toEqual({ kind: 'publish-route', write: key(1), read: [key(3)] });
  });

  it('with no replica to read from, reads go to the primary', () => {
    const stopped = receiverStops;
    expect(evaluate(viewWith({ 2: stopped, 3: stopped })).action).toMatchObject({ read: [key(1)] });
  });

  it('an errant transaction on a replica is named; what the primary has just written is not errant', () => {
    const uuid = '00000003-0000-0000-0000-000000000000';
    const withGtids =
      (extra: string): Change =>
      (m) => ({
        state: m.state === null ? null : { ...m.state, gtidExecuted: `${m.state.gtidExecuted},${extra}` },
      });
    const errant = evaluate(viewWith({ 3: withGtids(`${uuid}:1-2`) }));
    expect(errant.diagnoses[0]).toMatchObject({ name: 'replica-errant', members: [key(3)] });
    const ahead = evaluate(viewWith({ 3: withGtids('00000001-0000-0000-0000-000000000000:101-103') }));
    expect(ahead.diagnoses[0]?.name).toBe('healthy');
  });
});
