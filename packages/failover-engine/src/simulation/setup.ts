import type { GroupPolicyInput } from '@dcmha/zk-schema';
import type { EngineConfigInput } from '../config.js';
import type { PromotionRule } from '../core/model.js';
import type { PlannedFault } from './faults/fault.js';
import type { Mutation } from './mutations.js';

export interface MemberSetup {
  readonly region: string;
  readonly promotion: PromotionRule;
  readonly version: readonly number[];
  /** What its applier needs for one transaction. */
  readonly applyMs: number;
}

/** Everything that a run is made of; with the seed it is the whole run. */
export interface Setup {
  readonly seed: number;
  readonly policy: GroupPolicyInput;
  /** The first is the primary at the beginning. */
  readonly members: readonly MemberSetup[];
  readonly engines: number;
  readonly routers: number;
  readonly clients: number;
  readonly sessionTimeoutMs: number;
  readonly network: {
    readonly delayMs: readonly [min: number, max: number];
    readonly regionDelayMs: number;
    readonly loss: number;
  };
  /** Between two writes of a client. */
  readonly thinkMs: readonly [min: number, max: number];
  readonly netTimeoutMs: number;
  readonly relayLogRecovery: boolean;
  readonly observe: EngineConfigInput['observe'];
  readonly faults: readonly PlannedFault[];
  /** By then all faults are over, but for hosts that are lost. */
  readonly faultsUntilMs: number;
  /** How long after that the group may take to converge. */
  readonly convergeWithinMs: number;
  readonly mutation: Mutation | null;
}

export const defaultMember: MemberSetup = {
  region: 'eu',
  promotion: 'neutral',
  version: [9, 7, 4],
  applyMs: 0,
};

export const defaultSetup: Setup = {
  seed: 1,
  policy: { antiFlapMs: 0 },
  members: [defaultMember, defaultMember, defaultMember],
  engines: 2,
  routers: 2,
  clients: 2,
  sessionTimeoutMs: 6_000,
  network: { delayMs: [0.1, 0.6], regionDelayMs: 30, loss: 0 },
  thinkMs: [20, 60],
  netTimeoutMs: 4_000,
  relayLogRecovery: true,
  observe: {},
  faults: [],
  faultsUntilMs: 5_000,
  convergeWithinMs: 120_000,
  mutation: null,
};
