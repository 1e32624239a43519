import type { Evaluation } from './decide.js';
import { doesNotReplicate, followsAnother, isDown, lags } from './diagnosis/replica-checks.js';
import { primaryMember, replicasOf, type GroupView, type MemberKey } from './model.js';
import { readPool } from './read-pool.js';

/** What the tree should say of a group besides its route; a key that is missing stays as it is. */
export interface AlertNodes {
  /** `watch-down/<group>`: why it is raised, `null` when it is over. */
  readonly watchDown?: string | null;
  /** `slavedown/<server>`: why each replica is not read from, `null` for one that is. */
  readonly outOfPool: ReadonlyMap<MemberKey, string | null>;
}

const nothing: AlertNodes = { outOfPool: new Map() };

/** Pure. Reasons begin with what kind they are, up to the first colon: within one kind a reason is not written again. */
export function alertNodes(view: GroupView, evaluation: Evaluation): AlertNodes {
  const primary = primaryMember(view);
  if (!view.storeConnected || view.operation !== null || view.maintenance !== null) return nothing;
  if (primary === undefined) return nothing;
  const raised = evaluation.alerts.find(({ name }) => name === 'heartbeat-lost');
  const watchDown =
    raised !== undefined
      ? `heartbeat-lost: ${raised.evidence.join('; ')}`
      : primary.heartbeat
        ? null
        : undefined;

  const pool = readPool(view);
  const outOfPool = new Map<MemberKey, string | null>();
  for (const replica of replicasOf(view)) {
    if (pool.includes(replica.key)) outOfPool.set(replica.key, null);
    else if (replica.probe.outcome !== 'unknown') outOfPool.set(replica.key, whyOut(replica, view));
  }
  return { ...(watchDown === undefined ? {} : { watchDown }), outOfPool };
}

function whyOut(replica: GroupView['members'][number], view: GroupView): string {
  const checks = [
    ['down', isDown],
    ['wrong-source', followsAnother],
    ['not-replicating', doesNotReplicate],
    ['lagging', lags],
  ] as const;
  for (const [kind, check] of checks) {
    const reason = check(replica, view);
    if (reason !== null) return `${kind}: ${replica.key} ${reason}`;
  }
  return `unread: the status of ${replica.key} was not read yet`;
}

/** Whether a reason that is there already says the same as the one that is wanted. */
export function sameKind(there: string, wanted: string): boolean {
  return there.split(':', 1)[0] === wanted.split(':', 1)[0];
}
