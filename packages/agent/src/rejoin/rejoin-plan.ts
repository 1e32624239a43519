import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import type { RejoinState } from './rejoin-state.js';
import { undoMarker } from './undo-marker.js';

export type RejoinPlan =
  | { readonly kind: 'follow' }
  /** It has what the primary has not: to be undone before it may follow. */
  | { readonly kind: 'undo'; readonly errant: string; readonly marker: string }
  /** The undo is done: the server's own history is to be forgotten. */
  | { readonly kind: 'forget'; readonly purged: string; readonly errant: string }
  /** The primary no longer has all that this server lacks: replication cannot bring it, only a copy can. */
  | { readonly kind: 'purged'; readonly missing: string };

export interface RejoinInput {
  readonly server: { readonly serverUuid: string; readonly gtidExecuted: string };
  readonly primary: { readonly gtidExecuted: string; readonly gtidPurged: string };
  /** What an unfinished rejoin left on disk. */
  readonly state: RejoinState | null;
}

/**
 * What comes next for a closed server that shall follow the primary, by what each has executed. Read the server first, then
 * the primary: what the primary commits in between must not look errant.
 */
export function planRejoin({ server, primary, state }: RejoinInput): RejoinPlan {
  const own = GtidSet.parse(server.gtidExecuted);
  const theirs = GtidSet.parse(primary.gtidExecuted);

  // Died between the reset and setting gtid_purged, or just before the reset: the state on disk knows what it holds.
  if (
    state !== null &&
    (own.isEmpty || own.equals(GtidSet.parse(state.purged)) || undone(server, own, theirs) !== null)
  ) {
    return own.equals(GtidSet.parse(state.purged))
      ? followOrPurged(own, primary)
      : { kind: 'forget', ...state };
  }
  const done = undone(server, own, theirs);
  if (done !== null) return { kind: 'forget', ...done };
  const errant = own.subtract(theirs);
  if (errant.isEmpty) return followOrPurged(own, primary);
  return {
    kind: 'undo',
    errant: errant.toString(),
    marker: undoMarker(server.serverUuid, errant.toString()),
  };
}

function followOrPurged(own: GtidSet, primary: RejoinInput['primary']): RejoinPlan {
  const missing = GtidSet.parse(primary.gtidPurged).subtract(own);
  return missing.isEmpty ? { kind: 'follow' } : { kind: 'purged', missing: missing.toString() };
}

/** The undo of exactly the transactions that are errant now was committed: its marker says so. */
function undone(server: RejoinInput['server'], own: GtidSet, theirs: GtidSet): RejoinState | null {
  const beyond = own.subtract(theirs);
  for (const uuid of beyond.uuids) {
    const marker = beyond.ofUuid(uuid);
    const errant = beyond.subtract(marker);
    if (errant.isEmpty || marker.toString() !== undoMarker(server.serverUuid, errant.toString())) continue;
    return { errant: errant.toString(), purged: own.subtract(beyond).toString() };
  }
  return null;
}
