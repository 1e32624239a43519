/**
 * What an agent does about its server: a model of `packages/agent/src/core/guard.ts`, which this package may not import.
 * Keep them alike.
 */
export interface AgentFacts {
  readonly server: string;
  readonly primary: string | null;
  readonly maintenance: boolean;
  readonly operationInProgress: boolean;
  readonly connected: boolean;
  readonly leaseRemainingMs: number;
  readonly leaseMarginMs: number;
  readonly leaseEnforced: boolean;
  readonly vouchedRemainingMs: number;
  readonly vouchMarginMs: number;
  readonly condemned: boolean;
  readonly local: {
    readonly writable: boolean;
    readonly source: string | null;
    readonly receiver: 'running' | 'connecting' | 'stopped';
    readonly applier: 'running' | 'stopped';
  } | null;
}

export type AgentAction =
  | { readonly kind: 'none' }
  | { readonly kind: 'close'; readonly reason: string }
  | { readonly kind: 'rejoin'; readonly primary: string; readonly reason: string };

export function agentGuard(facts: AgentFacts): AgentAction {
  const { local, primary, server } = facts;
  if (local === null || facts.maintenance || primary === null) return { kind: 'none' };
  if (primary === server) {
    if (local.writable && facts.condemned)
      return { kind: 'close', reason: 'an engine fails over from this server and it is not dead' };
    const lost =
      facts.leaseEnforced &&
      facts.leaseRemainingMs <= facts.leaseMarginMs &&
      facts.vouchedRemainingMs <= facts.vouchMarginMs;
    return local.writable && lost ? { kind: 'close', reason: 'the lease is lost' } : { kind: 'none' };
  }
  if (!facts.connected) return { kind: 'none' };
  if (local.writable)
    return { kind: 'close', reason: `${primary} is the primary and this server is writable` };
  if (facts.operationInProgress) return { kind: 'none' };
  if (local.source !== primary)
    return { kind: 'rejoin', primary, reason: `it follows ${local.source ?? 'nobody'}` };
  if (local.receiver === 'stopped' || local.applier === 'stopped')
    return { kind: 'rejoin', primary, reason: 'its replication is stopped' };
  return { kind: 'none' };
}
