import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import type { InstanceStatus } from '@dcmha/mysql-instance';

/**
 * The part of `gtid_executed` that a server wrote itself: it changes when somebody writes to a replica, and never with what
 * is replicated. Text, as the server gives it: it is looked at several times a second.
 */
export function ownPart({
  gtidExecuted,
  serverUuid,
}: Pick<InstanceStatus, 'gtidExecuted' | 'serverUuid'>): string {
  if (serverUuid === '') return '';
  return gtidExecuted.split(',').find((part) => part.startsWith(`${serverUuid}:`)) ?? '';
}

/** What a server has and its primary has not; read the server first. Empty: nothing. */
export function errantOn(
  server: Pick<InstanceStatus, 'gtidExecuted'>,
  primary: Pick<InstanceStatus, 'gtidExecuted'>,
): string {
  return GtidSet.parse(server.gtidExecuted).subtract(GtidSet.parse(primary.gtidExecuted)).toString();
}
