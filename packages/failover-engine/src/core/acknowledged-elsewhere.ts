import { covers } from './gtids.js';
import { isUsable, type GroupView, type MemberKey, type MemberView } from './model.js';

/**
 * With semi-sync: whether a transaction that was acknowledged to a client may be only on replicas that cannot be asked now,
 * in words; `null` when that is excluded. Each acknowledged transaction is on `ackers` replicas: when fewer than that are
 * missing, one that answers has it. Otherwise only what the old primary said last can help: whoever acknowledged then was
 * receiving, so when as many replicas as it counted answer and have all that it had, the missing ones were not among them.
 *
 * @param members as they are now, with what each has received; those that could not be asked have no state.
 */
export function acknowledgedElsewhere(
  view: Pick<GroupView, 'policy'>,
  members: readonly MemberView[],
  oldPrimary: MemberKey,
): string | null {
  const { durability } = view.policy;
  // A policy that lets commits go on without acknowledgement has accepted that they may be lost.
  if (durability.mode !== 'semisync' || durability.fallbackMs !== undefined) return null;
  const replicas = members.filter((m) => m.key !== oldPrimary);
  const silent = replicas.filter((m) => !isUsable(m));
  if (silent.length < durability.ackers) return null;
  const last = members.find((m) => m.key === oldPrimary)?.state ?? null;
  const complete = replicas.filter(
    (m) => isUsable(m) && last !== null && covers(m.state.gtidExecuted, last.gtidExecuted),
  );
  if (last !== null && complete.length >= last.semisync.ackers && complete.length > 0) return null;
  const said =
    last === null
      ? `${oldPrimary} was never seen`
      : `${last.semisync.ackers} replicas acknowledged when ${oldPrimary} was last seen, and ${complete.length} that answer have all that it had then`;
  return (
    `what was acknowledged may be only on ${silent.map((m) => m.key).join(', ')}, which cannot be asked (${said}); ` +
    'bring one of them or the old primary back, or fail over by hand and accept the loss'
  );
}
