import type { PromotionRule } from '../model/nodes/meta-host.js';
import type { GroupPolicy } from './group-policy.js';

/** What a policy is to be used on: it may be good in itself and still contradict the group. */
export interface PolicyFacts {
  readonly members: readonly {
    readonly server: string;
    readonly region: string;
    readonly promotion: PromotionRule;
  }[];
  /** The primary, where what holds is to be judged for this one; without it, whether anybody could ever be promoted. */
  readonly primary?: string | null;
  readonly flavor?: 'mysql' | 'mariadb';
  /** The longest ZooKeeper session timeout of the members' agents, where it is known. */
  readonly agentSessionTimeoutMs?: number;
  /** Hooks that every engine has in its configuration, where they can be asked. */
  readonly hooks?: readonly string[];
}

export interface PolicyProblem {
  /** Of the policy: `durability.ackers`. */
  readonly key: string;
  readonly value: unknown;
  /** What is wrong with it, and what to do. */
  readonly problem: string;
}

export const hookPoints = ['preFailover', 'postFailover', 'preSwitchover', 'postSwitchover'] as const;
export type HookPoint = (typeof hookPoints)[number];

/** Where a policy contradicts the group that it is for; empty when it does not. */
export function checkPolicy(policy: GroupPolicy, facts: PolicyFacts): readonly PolicyProblem[] {
  return [
    ...checkAckers(policy, facts),
    ...checkLease(policy, facts),
    ...checkCandidates(policy, facts),
    ...checkHooks(policy, facts),
  ];
}

/** One line: `durability.ackers = 3: the group has 2 replicas; ...`. */
export function policyProblemText({ key, value, problem }: PolicyProblem): string {
  return `${key} = ${JSON.stringify(value)}: ${problem}`;
}

function checkAckers({ durability }: GroupPolicy, { members, flavor }: PolicyFacts): PolicyProblem[] {
  if (durability.mode !== 'semisync') return [];
  const { ackers } = durability;
  const replicas = Math.max(0, members.length - 1);
  if (ackers > replicas) {
    return [
      {
        key: 'durability.ackers',
        value: ackers,
        problem:
          `the group has ${replicas} replica${replicas === 1 ? '' : 's'}, so no commit could ever be acknowledged; ` +
          (replicas === 0 ? 'set durability.mode "async"' : `set at most ${replicas}, or add members`),
      },
    ];
  }
  if (flavor === 'mariadb' && ackers > 1) {
    return [
      {
        key: 'durability.ackers',
        value: ackers,
        problem: 'MariaDB waits for one acknowledgement at most; set 1',
      },
    ];
  }
  return [];
}

function checkLease({ fencing, leaseMs }: GroupPolicy, facts: PolicyFacts): PolicyProblem[] {
  const { agentSessionTimeoutMs } = facts;
  if (fencing === 'none' || agentSessionTimeoutMs === undefined || leaseMs >= agentSessionTimeoutMs)
    return [];
  return [
    {
      key: 'leaseMs',
      value: leaseMs,
      problem: `below the ZooKeeper session timeout of the agents (${agentSessionTimeoutMs} ms), within which an old primary may still be open; set at least ${agentSessionTimeoutMs}`,
    },
  ];
}

/** Automatic failover needs somebody who could ever be promoted. */
function checkCandidates({ failover, crossRegion }: GroupPolicy, facts: PolicyFacts): PolicyProblem[] {
  const { members, primary } = facts;
  if (failover !== 'automatic' || members.length === 0) return [];
  const others = members.filter(({ server }) => server !== primary);
  const willing = others.filter(({ promotion }) => promotion !== 'must-not');
  if (willing.length === 0 || members.length < 2) {
    const why =
      members.length < 2
        ? 'the group has no other member'
        : others.map(({ server }) => `${server} has promotion must-not`).join(', ');
    return [
      {
        key: 'failover',
        value: failover,
        problem: `nobody could ever be promoted: ${why}; set failover "manual", or let a member be promoted`,
      },
    ];
  }
  const home = members.find(({ server }) => server === primary)?.region;
  if (crossRegion || home === undefined || willing.some(({ region }) => region === home)) return [];
  return [
    {
      key: 'crossRegion',
      value: crossRegion,
      problem: `nobody could ever be promoted: the primary ${primary} is the only member of region ${home} that may be; set crossRegion true, or failover "manual"`,
    },
  ];
}

function checkHooks({ hooks }: GroupPolicy, { hooks: known }: PolicyFacts): PolicyProblem[] {
  if (known === undefined) return [];
  return hookPoints.flatMap((point) =>
    hooks[point]
      .filter((name) => !known.includes(name))
      .map((name) => ({
        key: `hooks.${point}`,
        value: name,
        problem: `no hook of this name is in the engines' configuration; expected ${known.length === 0 ? 'none: it defines no hook' : `one of ${known.join(', ')}`}`,
      })),
  );
}
