import { primaryMember, replicasOf, type GroupView, type MemberView } from '../model.js';
import type { Problem } from './types.js';

export type Finding = ReturnType<Problem['find']>;

export function finding(
  members: readonly MemberView[],
  evidence: readonly string[],
  sinceMs: number,
): NonNullable<Finding> {
  return { members: members.map((m) => m.key), evidence, sinceMs };
}

/** A problem of the recorded primary; nothing is found in a group without one. */
export function ofPrimary(check: (primary: MemberView, view: GroupView) => Finding): Problem['find'] {
  return (view) => {
    const primary = primaryMember(view);
    return primary === undefined ? null : check(primary, view);
  };
}

/** A problem that replicas may have, one finding for all that have it. */
export function ofReplicas(
  why: (replica: MemberView, view: GroupView) => string | null,
): (view: GroupView) => Finding {
  return (view) => {
    const found = replicasOf(view).flatMap((replica) => {
      const reason = why(replica, view);
      return reason === null ? [] : [{ replica, reason }];
    });
    if (found.length === 0) return null;
    return finding(
      found.map((f) => f.replica),
      found.map((f) => `${f.replica.key} ${f.reason}`),
      view.nowMs,
    );
  };
}

/** The same answer for a replica as in the catalogue, for whoever asks about one alone. */
export type ReplicaCheck = (replica: MemberView, view: GroupView) => string | null;

export const describeProbe = (m: MemberView): string =>
  `${m.key} is ${m.probe.outcome}${m.probe.detail === '' ? '' : ` (${m.probe.detail})`}`;
