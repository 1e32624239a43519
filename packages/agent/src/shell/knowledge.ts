import { parseGroupPolicy, type GroupPolicy } from '@dcmha/zk-schema';

/** What the agent knows of its group; kept through a lost session, when it may be old. */
export interface Knowledge {
  group: string | null;
  primary: { readonly primary: string; readonly epoch: number } | null;
  maintenance: boolean;
  operationInProgress: boolean;
  policy: GroupPolicy;
}

export function nothingKnown(): Knowledge {
  return {
    group: null,
    primary: null,
    maintenance: false,
    operationInProgress: false,
    policy: parseGroupPolicy({}),
  };
}

export function leaseEnforced({ policy }: Knowledge): boolean {
  return policy.fencing === 'lease' && policy.durability.mode === 'async';
}
