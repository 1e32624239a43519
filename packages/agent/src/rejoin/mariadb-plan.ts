import { MariadbGtidSet } from '@dcmha/binlog-reconcile/gtid';

export type MariadbRejoinPlan =
  | { readonly kind: 'follow' }
  /** It has what the primary has not. */
  | { readonly kind: 'errant'; readonly errant: string };

/**
 * MariaDB has no GTID under which an undo could be noted in the same commit, and no clone plugin: a server with
 * transactions of its own is not touched.
 */
export function planMariadbRejoin(input: {
  readonly server: { readonly gtidExecuted: string };
  /** `binlogState` (`gtid_binlog_state`) tells of every server that wrote in a domain, the position only of the last. */
  readonly primary: { readonly gtidExecuted: string; readonly binlogState: string };
}): MariadbRejoinPlan {
  const own = MariadbGtidSet.parse(input.server.gtidExecuted);
  const { gtidExecuted, binlogState } = input.primary;
  const theirs = MariadbGtidSet.parse(gtidExecuted).union(MariadbGtidSet.parse(binlogState));
  if (theirs.contains(own)) return { kind: 'follow' };
  const ranges = own.rangesBeyond(theirs).map(({ domainId, serverId, after, upTo }) => {
    const first = `${domainId}-${serverId}-${after + 1n}`;
    return after + 1n === upTo ? first : `${first} to ${upTo}`;
  });
  return { kind: 'errant', errant: ranges.join(', ') };
}
