import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import type { RejoinState, Undo } from './rejoin-state.js';
import { undoMarker } from './undo-marker.js';

export type RejoinPlan =
  | { readonly kind: 'follow' }
  /** It has what the primary has not: to be undone before it may follow. `undos`: what was undone before that. */
  | {
      readonly kind: 'undo';
      readonly errant: string;
      readonly marker: string;
      readonly undos: readonly Undo[];
    }
  /** The undo is done: the server's own history is to be forgotten. */
  | { readonly kind: 'forget'; readonly purged: string; readonly undos: readonly Undo[] }
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
 * the primary: what the primary commits in between must not look errant. The primary may be another one than when the
 * rejoin was begun.
 */
export function planRejoin({ server, primary, state }: RejoinInput): RejoinPlan {
  const own = GtidSet.parse(server.gtidExecuted);
  const theirs = GtidSet.parse(primary.gtidExecuted);
  const known = state !== null && state.serverUuid === server.serverUuid ? state : null;

  if (known?.step === 'forget' && !own.equals(GtidSet.parse(known.executed))) {
    const { purged, undos } = known;
    // Reset, wholly or (it died meanwhile) in part: only the state on disk knows what the data holds.
    const isReset = own.isEmpty || GtidSet.parse(known.executed).contains(own);
    if (isReset && !own.equals(GtidSet.parse(purged))) return { kind: 'forget', purged, undos };
  }

  const undos = committedUndos(own, theirs, server.serverUuid, known);
  const holds = undos.reduce(
    (set, undo) => set.subtract(GtidSet.parse(undo.errant)).subtract(GtidSet.parse(undo.marker)),
    own,
  );
  const errant = holds.subtract(theirs);
  if (!errant.isEmpty) {
    const text = errant.toString();
    return { kind: 'undo', errant: text, marker: undoMarker(server.serverUuid, text), undos };
  }
  if (undos.length > 0) return { kind: 'forget', purged: holds.toString(), undos };
  const missing = GtidSet.parse(primary.gtidPurged).subtract(own);
  return missing.isEmpty ? { kind: 'follow' } : { kind: 'purged', missing: missing.toString() };
}

/** Undos whose marker the server has: they were committed, and its history still says that it has what they took back. */
function committedUndos(
  own: GtidSet,
  theirs: GtidSet,
  serverUuid: string,
  state: RejoinState | null,
): readonly Undo[] {
  const committed = (state?.undos ?? []).filter(({ marker }) => own.contains(GtidSet.parse(marker)));
  if (committed.length > 0) return committed;
  // Without the state (its disk was lost) the marker says it, as long as the primary is the one it was made for.
  const beyond = own.subtract(theirs);
  for (const uuid of beyond.uuids) {
    const marker = beyond.ofUuid(uuid);
    const errant = beyond.subtract(marker).toString();
    if (errant === '' || marker.toString() !== undoMarker(serverUuid, errant)) continue;
    return [{ errant, marker: marker.toString(), lost: '' }];
  }
  return [];
}
