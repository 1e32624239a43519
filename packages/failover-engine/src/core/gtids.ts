import { MariadbGtidSet, parseAnyGtidSet, parseGtidSetPair } from '@dcmha/binlog-reconcile/gtid';

/*
 * Sets are text: MySQL GTID sets (`uuid:1-100`) or MariaDB positions (`0-1-100`). A MariaDB position names the last
 * transaction of each domain only: that it covers what other servers wrote before it is MariaDB's own rule.
 */

/** `a` holds every transaction of `b`. */
export function covers(a: string, b: string): boolean {
  if (a === b) return true;
  const pair = parseGtidSetPair(a, b);
  return pair.flavor === 'mysql' ? pair.left.contains(pair.right) : pair.left.contains(pair.right);
}

/** What `a` has and `b` has not, as text; empty when there is nothing. Of MariaDB: the last one of each stream. */
export function beyond(a: string, b: string): string {
  if (a === b) return '';
  const pair = parseGtidSetPair(a, b);
  return (
    pair.flavor === 'mysql' ? pair.left.subtract(pair.right) : pair.left.subtract(pair.right)
  ).toString();
}

/** Of MariaDB: the position that both lead to, in the form that the server takes (one GTID for each domain). */
export function union(a: string, b: string): string {
  if (a === b) return a;
  const pair = parseGtidSetPair(a, b);
  return pair.flavor === 'mysql'
    ? pair.left.union(pair.right).toString()
    : pair.left.union(pair.right).position().toString();
}

/** How many transactions the set holds. */
export function countOf(set: string): bigint {
  return parseAnyGtidSet(set).count;
}

/** How many transactions `a` has and `b` has not. */
export function countBeyond(a: string, b: string): bigint {
  if (a === b) return 0n;
  const pair = parseGtidSetPair(a, b);
  return pair.flavor === 'mysql'
    ? pair.left.subtract(pair.right).count
    : pair.left.rangesBeyond(pair.right).reduce((count, { after, upTo }) => count + (upTo - after), 0n);
}

/**
 * Transactions of a replica that did not come from its primary. What the primary committed after its own set was read is
 * under the primary's UUID (MariaDB: its server id) and does not count.
 */
export function errantOf(
  replicaGtids: string,
  primary: { readonly serverUuid: string; readonly serverId?: number; readonly gtidExecuted: string },
): string {
  if (replicaGtids === primary.gtidExecuted) return '';
  const pair = parseGtidSetPair(replicaGtids, primary.gtidExecuted);
  if (pair.flavor === 'mariadb') {
    const errant = [...pair.left.subtract(pair.right)].filter(
      ({ serverId }) => serverId !== primary.serverId,
    );
    return MariadbGtidSet.fromGtids(errant).toString();
  }
  const uuid = primary.serverUuid.toLowerCase();
  return pair.left
    .subtract(pair.right)
    .toString()
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !part.startsWith(`${uuid}:`))
    .join(',');
}
