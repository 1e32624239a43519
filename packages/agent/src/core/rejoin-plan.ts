import { GtidSet } from '@dcmha/binlog-reconcile/gtid';

export type RejoinPlan =
  | { readonly kind: 'follow' }
  /** It has what the primary has not: that must be undone, or the server rebuilt, before it may follow. */
  | { readonly kind: 'errant'; readonly gtids: string }
  /** The primary no longer has all that this server lacks: replication cannot bring it, only a copy can. */
  | { readonly kind: 'purged'; readonly missing: string };

/** How a closed server may come behind the primary, by what each has executed. Read the server first, then the primary. */
export function planRejoin(
  server: { readonly gtidExecuted: string },
  primary: { readonly gtidExecuted: string; readonly gtidPurged: string },
): RejoinPlan {
  const own = GtidSet.parse(server.gtidExecuted);
  const errant = own.subtract(GtidSet.parse(primary.gtidExecuted));
  if (!errant.isEmpty) return { kind: 'errant', gtids: errant.toString() };
  const missing = GtidSet.parse(primary.gtidPurged).subtract(own);
  if (!missing.isEmpty) return { kind: 'purged', missing: missing.toString() };
  return { kind: 'follow' };
}
