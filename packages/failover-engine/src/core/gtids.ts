import { GtidSet } from '@dcmha/binlog-reconcile/gtid';

/** `a` holds every transaction of `b`. Sets are MySQL GTID sets as text. */
export function covers(a: string, b: string): boolean {
  return a === b || GtidSet.parse(a).contains(GtidSet.parse(b));
}

/** What `a` has and `b` has not, as text; empty when there is nothing. */
export function beyond(a: string, b: string): string {
  return a === b ? '' : GtidSet.parse(a).subtract(GtidSet.parse(b)).toString();
}

export function union(a: string, b: string): string {
  return a === b ? a : GtidSet.parse(a).union(GtidSet.parse(b)).toString();
}

/** How many transactions the set holds. */
export function countOf(set: string): bigint {
  return GtidSet.parse(set).count;
}

/**
 * Transactions of a replica that did not come from its primary. What the primary committed after its own set was read
 * is under the primary's UUID and does not count.
 */
export function errantOf(
  replicaGtids: string,
  primary: { readonly serverUuid: string; readonly gtidExecuted: string },
): string {
  return beyond(replicaGtids, primary.gtidExecuted)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !part.startsWith(`${primary.serverUuid.toLowerCase()}:`))
    .join(',');
}
