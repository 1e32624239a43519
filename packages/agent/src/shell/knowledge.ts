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

/**
 * Over when the engine has removed it: it adopts the primary that was left before anything is closed for not being the
 * recorded one. Without ZooKeeper it is over at its time, so that a lease is kept to again.
 */
export function inMaintenance({ maintenance }: Knowledge, nowMs: number, connected: boolean): boolean {
  return (
    maintenance !== null && (connected || maintenance.untilMs === undefined || maintenance.untilMs > nowMs)
  );
}
