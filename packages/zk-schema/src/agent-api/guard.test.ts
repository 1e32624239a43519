import { describe, expect, it } from 'vitest';
import { guard, type GuardInput } from './guard.js';

const replica: GuardInput = {
  server: 'b:1',
  mysqld: 'up',
  primary: 'a:1',
  maintenance: false,
  operationInProgress: false,
  connected: true,
  leaseRemainingMs: 5_000,
  leaseMarginMs: 1_000,
  leaseEnforced: false,
  vouchedRemainingMs: 0,
  vouchMarginMs: 500,
  condemned: false,
  local: { writable: false, closed: true, source: 'a:1', receiver: 'running', applier: 'running' },
};
const local = (change: Partial<NonNullable<GuardInput['local']>>) => ({
  local: {
    writable: false,
    closed: change.writable !== true,
    source: 'a:1',
    receiver: 'running' as const,
    applier: 'running' as const,
    ...change,
  },
});
const primary = {
  server: 'a:1',
  ...local({ writable: true, source: null, receiver: 'stopped', applier: 'stopped' }),
};
const kind = (change: Partial<GuardInput>) => guard({ ...replica, ...change }).kind;

describe('guard', () => {
  it('leaves a replica that follows the primary alone', () => expect(kind({})).toBe('none'));

  it('closes a writable server that is not the primary, also while an operation is under way', () => {
    expect(kind(local({ writable: true }))).toBe('close');
    expect(kind({ ...local({ writable: true }), operationInProgress: true })).toBe('close');
  });

  it('closes a replica for administrators too', () => expect(kind(local({ closed: false }))).toBe('close'));

  it('touches nothing in maintenance, without a recorded primary, or with old knowledge', () => {
    expect(kind({ ...local({ writable: true }), maintenance: true })).toBe('none');
    expect(kind({ ...local({ writable: true }), primary: null })).toBe('none');
    expect(kind({ ...local({ writable: true }), connected: false })).toBe('none');
  });

  it('rejoins when it follows somebody else, nobody, or stopped', () => {
    expect(kind(local({ source: 'c:1' }))).toBe('rejoin');
    expect(kind(local({ source: null, receiver: 'stopped', applier: 'stopped' }))).toBe('rejoin');
    expect(kind(local({ applier: 'stopped' }))).toBe('rejoin');
    expect(kind(local({ receiver: 'connecting' }))).toBe('none');
  });

  it('leaves following to the engine while an operation is under way', () => {
    expect(kind({ ...local({ source: 'c:1' }), operationInProgress: true })).toBe('none');
  });

  it('closes an open primary whose lease is lost, only where the group relies on it', () => {
    expect(kind(primary)).toBe('none');
    const lost = { ...primary, connected: false, leaseRemainingMs: 900 };
    expect(kind(lost)).toBe('none');
    expect(kind({ ...lost, leaseEnforced: true })).toBe('close');
    expect(kind({ ...lost, leaseEnforced: true, leaseRemainingMs: 4_000 })).toBe('none');
  });

  it('leaves it open on the word of the other agents, for as long as that counts', () => {
    const away = { ...primary, connected: false, leaseRemainingMs: 0, leaseEnforced: true };
    expect(kind({ ...away, vouchedRemainingMs: 2_000 })).toBe('none');
    expect(kind({ ...away, vouchedRemainingMs: 500 })).toBe('close');
  });

  it('closes a primary that an engine takes for dead, however good its lease is', () => {
    expect(kind({ ...primary, condemned: true })).toBe('close');
    expect(kind({ ...primary, condemned: true, maintenance: true })).toBe('none');
  });

  it('does nothing to a server that is down', () =>
    expect(kind({ mysqld: 'down', local: null })).toBe('none'));
});
