import { describe, expect, it } from 'vitest';
import {
  checkPolicy,
  groupPolicySchema,
  parseGroupPolicy,
  policyProblemText,
  type PolicyFacts,
} from './index.js';

const member = (n: number, rest: Partial<PolicyFacts['members'][number]> = {}) => ({
  server: `db${n}:3306`,
  region: 'eu',
  promotion: 'neutral' as const,
  ...rest,
});
const three: PolicyFacts = { members: [member(1), member(2), member(3)], primary: 'db1:3306' };
const problems = (policy: unknown, facts: Partial<PolicyFacts> = {}): string[] =>
  checkPolicy(parseGroupPolicy(policy), { ...three, ...facts }).map(policyProblemText);

describe('a policy in itself', () => {
  it('is good when nothing is said', () => {
    expect(problems({})).toEqual([]);
  });

  it.each([
    [{ antiFlapMs: -1 }, ['antiFlapMs']],
    [{ patience: { hungMs: 0 } }, ['patience', 'hungMs']],
    [{ fencing: 'lease', leaseMs: 0 }, ['leaseMs']],
    [{ readLagMaxMs: 10_000, failoverLagMaxMs: 1_000 }, ['failoverLagMaxMs']],
    [{ tailRecovery: 'required', tailTimeoutMs: 0 }, ['tailTimeoutMs']],
    [{ switchoverTimeoutMs: 0 }, ['switchoverTimeoutMs']],
    [{ hooks: { preFailover: ['a', 'a'] } }, ['hooks', 'preFailover']],
    [{ hooks: { preFailover: ['rm -rf /'] } }, ['hooks', 'preFailover', 0]],
    [{ hooks: { before: [] } }, ['hooks']],
    [{ durability: { mode: 'semisync', ackers: 0 } }, ['durability', 'ackers']],
    [{ antiFlapsMs: 1 }, []],
  ])('%j is refused', (policy, path) => {
    const result = groupPolicySchema.safeParse(policy);
    expect(result.error?.issues.map((issue) => issue.path)).toContainEqual(path);
  });

  it('names the value that contradicts another', () => {
    const result = groupPolicySchema.safeParse({ failoverLagMaxMs: 1_000 });
    expect(result.error?.issues[0]?.message).toContain('1000 is below readLagMaxMs = 10000');
  });
});

describe('a policy and its group', () => {
  it('more acknowledgements than replicas', () => {
    expect(problems({ durability: { mode: 'semisync', ackers: 3 } })).toEqual([
      expect.stringContaining('durability.ackers = 3: the group has 2 replicas'),
    ]);
    expect(problems({ durability: { mode: 'semisync', ackers: 2 } })).toEqual([]);
    expect(problems({ durability: { mode: 'semisync', ackers: 2 } }, { flavor: 'mariadb' })).toEqual([
      expect.stringContaining('MariaDB waits for one'),
    ]);
  });

  it('a lease that ends before the agents close their servers', () => {
    expect(problems({ leaseMs: 5_000 }, { agentSessionTimeoutMs: 6_000 })).toEqual([
      expect.stringContaining('leaseMs = 5000: below the ZooKeeper session timeout of the agents (6000 ms)'),
    ]);
    expect(problems({ leaseMs: 5_000, fencing: 'none' }, { agentSessionTimeoutMs: 6_000 })).toEqual([]);
  });

  it('automatic failover that could promote nobody', () => {
    const members = [member(1), member(2, { promotion: 'must-not' })];
    expect(problems({}, { members })).toEqual([
      'failover = "automatic": nobody could ever be promoted: db2:3306 has promotion must-not; set failover "manual", or let a member be promoted',
    ]);
    expect(problems({ failover: 'manual' }, { members })).toEqual([]);
    expect(problems({ durability: { mode: 'async' } }, { members: [member(1)] })).toEqual([
      expect.stringContaining('the group has no other member'),
    ]);
  });

  it('a region that nobody may be promoted in', () => {
    const members = [member(1), member(2, { region: 'us' }), member(3, { promotion: 'must-not' })];
    expect(problems({ crossRegion: false }, { members })).toEqual([
      expect.stringContaining('crossRegion = false: nobody could ever be promoted'),
    ]);
    expect(problems({ crossRegion: true }, { members })).toEqual([]);
  });

  it('a hook that no engine knows', () => {
    expect(problems({ hooks: { postFailover: ['page'] } }, { hooks: ['dns'] })).toEqual([
      'hooks.postFailover = "page": no hook of this name is in the engines\' configuration; expected one of dns',
    ]);
    expect(problems({ hooks: { postFailover: ['page'] } })).toEqual([]);
  });
});
