import { parseGroupPolicy, type GroupPolicy } from '@dcmha/zk-schema';

/** What the agent knows of its group; kept through a lost session, when it may be old. */
export interface Knowledge {
  group: string | null;
  primary: { readonly primary: string; readonly epoch: number } | null;
  maintenance: { readonly untilMs?: number | undefined } | null;
  operationInProgress: boolean;
  policy: GroupPolicy;
}

export function nothingKnown(): Knowledge {
  return {
    group: null,
    primary: null,
    maintenance: null,
    operationInProgress: false,
    policy: parseGroupPolicy({}),
  };
}

export function leaseEnforced({ policy }: Knowledge): boolean {
  return policy.fencing === 'lease';
}

/** It ends by itself at its time, also while ZooKeeper cannot be asked. */
export function inMaintenance({ maintenance }: Knowledge, nowMs: number): boolean {
  return maintenance !== null && (maintenance.untilMs === undefined || maintenance.untilMs > nowMs);
}
