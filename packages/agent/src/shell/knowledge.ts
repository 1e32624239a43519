import { parseGroupPolicy, type GroupPolicy } from '@dcmha/zk-schema';

/** What the agent knows of its group; kept through a lost session, when it may be old. */
export interface Knowledge {
  group: string | null;
  primary: { readonly primary: string; readonly epoch: number } | null;
  maintenance: { readonly untilMs?: number | undefined } | null;
  operationInProgress: boolean;
  /** A failover is under way, away from this server, and no successor is open yet; else `null`. */
  failoverFrom: string | null;
  members: readonly string[];
  /** Where the agent of each member answers; kept after its node has gone. */
  readonly endpoints: Map<string, string>;
  policy: GroupPolicy;
}

export function nothingKnown(): Knowledge {
  return {
    group: null,
    primary: null,
    maintenance: null,
    operationInProgress: false,
    failoverFrom: null,
    members: [],
    endpoints: new Map(),
    policy: parseGroupPolicy({}),
  };
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
