import type { GroupPolicyInput } from '@dcmha/zk-schema';
import type { PromotionRule } from '../core/model.js';
import { planFaults } from './faults/plan.js';
import { defaultMember, defaultSetup, type MemberSetup, type Setup } from './setup.js';
import { Random } from './time/random.js';

/** What a user wants simulated; the rest comes from the seed. */
export interface Given {
  readonly policy?: GroupPolicyInput;
  readonly members?: readonly Partial<MemberSetup>[];
}

const faultsUntilMs = 10_000;

/** A whole run from one number: installation, policy, load, network and faults. */
export function setupFromSeed(seed: number, given: Given = {}): Setup {
  const random = Random.named(seed, 'setup');
  const count =
    given.members?.length ??
    random.weighted([
      [1, 2],
      [7, 3],
      [2, 4],
      [1, 5],
    ]);
  const regions = random.chance(0.3) ? ['eu', 'us'] : ['eu'];
  const rule = (): PromotionRule =>
    random.weighted<PromotionRule>([
      [8, 'neutral'],
      [2, 'prefer'],
      [1, 'prefer-not'],
    ]);
  const members = Array.from({ length: count }, (_, n): MemberSetup => {
    const drawn: MemberSetup = {
      ...defaultMember,
      region: regions[n % regions.length] as string,
      promotion: rule(),
      applyMs: random.chance(0.3) ? random.between(0.5, 20) : 0,
    };
    return { ...drawn, ...given.members?.[n] };
  });
  const semisync = random.chance(0.6);
  const drawnPolicy: GroupPolicyInput = {
    antiFlapMs: random.chance(0.8) ? 0 : 3_000,
    durability: semisync
      ? { mode: 'semisync', ackers: count >= 4 && random.chance(0.4) ? 2 : 1 }
      : { mode: 'async' },
    fencing: random.chance(0.85) ? random.pick(['failsafe', 'lease'] as const) : 'none',
    leaseMs: 10_000,
    relayApplyTimeoutMs: 20_000,
    tailTimeoutMs: 5_000,
  };
  const engines = random.whole(2, 3);
  const routers = random.whole(1, 2);
  const losesHosts = random.chance(0.15);
  return {
    ...defaultSetup,
    seed,
    policy: given.policy ?? drawnPolicy,
    members,
    engines,
    routers,
    clients: random.whole(1, 3),
    sessionTimeoutMs: random.pick([3_000, 6_000]),
    network: {
      delayMs: [0.1, random.pick([0.5, 2])],
      regionDelayMs: random.between(5, 40),
      loss: random.chance(0.2) ? random.between(0.001, 0.02) : 0,
    },
    thinkMs: [40, 140],
    netTimeoutMs: 4_000,
    relayLogRecovery: random.chance(0.8),
    // Looking less often than by default: more seeds in the same time, and every delay a little worse.
    observe: { primaryIntervalMs: 500, replicaIntervalMs: 1_000 },
    faults: planFaults(random, { members: count, engines, routers, untilMs: faultsUntilMs, losesHosts }),
    faultsUntilMs,
    convergeWithinMs: 120_000,
  };
}
