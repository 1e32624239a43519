/** What the agent knows when it decides what to do about its own server. */
export interface GuardInput {
  readonly server: string;
  readonly mysqld: 'up' | 'down' | 'hung' | 'unknown';
  /** Who the primary is, by ZooKeeper; `null` when no primary is recorded or it was never read. */
  readonly primary: string | null;
  readonly maintenance: boolean;
  /** An engine's operation is under way: it decides who follows whom until it is done. */
  readonly operationInProgress: boolean;
  /** The session is connected: what is known of ZooKeeper is current. */
  readonly connected: boolean;
  /** Until the session may be expired at the server, milliseconds. */
  readonly leaseRemainingMs: number;
  /** Below this the lease counts as lost. */
  readonly leaseMarginMs: number;
  /** The group relies on the lease (fencing `lease` or `failsafe`). */
  readonly leaseEnforced: boolean;
  /** With fencing `failsafe`: for how long the agents of all other members have agreed that this is the primary. */
  readonly vouchedRemainingMs: number;
  /** Below this their agreement counts as run out. */
  readonly vouchMarginMs: number;
  /** A failover away from this server is under way and has not stood down: an engine takes it for dead. */
  readonly condemned: boolean;
  readonly local: {
    readonly writable: boolean;
    /** Not even an administrator may write (`super_read_only`). */
    readonly closed: boolean;
    /** `host:port` of the source it is configured for, `null` without one. */
    readonly source: string | null;
    readonly receiver: 'running' | 'connecting' | 'stopped';
    readonly applier: 'running' | 'stopped';
  } | null;
}

export type GuardAction =
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'close'; readonly reason: string }
  /** Compare with the primary, then follow it, or stay closed with an alert. */
  | { readonly kind: 'rejoin'; readonly primary: string; readonly reason: string };

/**
 * What the agent does about its server. Pure. When in doubt it does nothing, except that a server which must not be
 * writable is closed.
 */
export function guard(input: GuardInput): GuardAction {
  const none = (reason: string): GuardAction => ({ kind: 'none', reason });
  const { local, primary, server } = input;
  if (input.mysqld !== 'up' || local === null) return none(`mysqld is ${input.mysqld}`);
  if (input.maintenance) return none('the group is in maintenance');
  if (primary === null) return none('no primary is recorded for the group');

  const isPrimary = primary === server;
  if (isPrimary) {
    if (local.writable && input.condemned) {
      return { kind: 'close', reason: 'an engine fails over from this server and it is not dead' };
    }
    if (local.writable && input.leaseEnforced && input.leaseRemainingMs <= input.leaseMarginMs) {
      if (input.vouchedRemainingMs > input.vouchMarginMs) {
        return none('primary and open: ZooKeeper is away, and the agents of all other members agree');
      }
      return {
        kind: 'close',
        reason: `the lease is lost: ${Math.round(input.leaseRemainingMs)} ms of the session remain`,
      };
    }
    return none(local.writable ? 'primary and open' : 'primary and closed: the engine opens it');
  }
  if (!input.connected) return none('no connection to ZooKeeper: what is known of the group may be old');
  if (local.writable)
    return { kind: 'close', reason: `${primary} is the primary and this server is writable` };
  if (!local.closed) return { kind: 'close', reason: `${primary} is the primary and super_read_only is off` };
  if (input.operationInProgress) return none('an operation is under way');
  if (local.source !== primary) {
    const reason = local.source === null ? 'it follows nobody' : `it follows ${local.source}`;
    return { kind: 'rejoin', primary, reason: `${primary} is the primary and ${reason}` };
  }
  if (local.receiver === 'stopped' || local.applier === 'stopped') {
    return {
      kind: 'rejoin',
      primary,
      reason: `its ${local.receiver === 'stopped' ? 'receiver' : 'applier'} is stopped`,
    };
  }
  return none(`follows ${primary}`);
}
