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
