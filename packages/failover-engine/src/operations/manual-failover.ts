import { chooseCandidate, isHopeless } from '../core/candidates.js';
import { beyond, countBeyond, union } from '../core/gtids.js';
import { answers, isUsable, primaryMember, type GroupView, type MemberKey } from '../core/model.js';

/** A failover that a person asks for: also where the policy, the anti-flap window or a lag keeps the engine from it. */
export interface FailoverRequest {
  readonly id: string;
  /** `null`: the engine chooses. */
  readonly target: MemberKey | null;
  readonly requestedBy: string;
  readonly task: string | null;
  /** Go on although transactions of the old primary are known to be missing, or its tail cannot be had. */
  readonly allowDataLoss: boolean;
}

/** A failover by hand that was not begun: the message says what is in the way and what to do about it. */
export class FailoverRefusedError extends Error {
  override readonly name = 'FailoverRefusedError';
}

/** What the old primary had, as it was last seen, and no reachable member has received. */
export interface KnownLoss {
  readonly gtids: string;
  readonly count: bigint;
}

/** `null` when nothing is known to be missing: what was written after the last look is not known. */
export function knownLoss(view: GroupView, oldPrimary: MemberKey): KnownLoss | null {
  const last = view.members.find((m) => m.key === oldPrimary)?.state?.gtidExecuted;
  if (last === undefined) return null;
  const received = view.members.reduce((all, m) => {
    if (m.key === oldPrimary || !isUsable(m)) return all;
    return union(all, union(m.state.gtidExecuted, m.state.channel?.receivedGtids ?? ''));
  }, '');
  return lossBetween(last, received);
}

export function lossBetween(had: string, has: string): KnownLoss | null {
  const count = countBeyond(had, has);
  return count === 0n ? null : { gtids: beyond(had, has), count };
}

export function lossText(oldPrimary: MemberKey, { gtids, count }: KnownLoss): string {
  return `${count} transaction${count === 1n ? '' : 's'} of ${oldPrimary} would be lost (${gtids})`;
}

/**
 * From whom a failover by hand would fail over.
 * @throws FailoverRefusedError
 */
export function planFailover(
  view: GroupView,
  { target, allowDataLoss }: Pick<FailoverRequest, 'target' | 'allowDataLoss'>,
): { readonly from: MemberKey; readonly notes: readonly string[] } {
  const refuse = (reason: string): never => {
    throw new FailoverRefusedError(reason);
  };
  const { group, policy } = view;
  const primary = primaryMember(view);
  if (primary === undefined) return refuse(`${group} has no primary to fail over from`);
  const { key } = primary;
  if (view.operation !== null) return refuse(`${view.operation} of ${group} is under way; wait for it`);
  if (view.maintenance !== null) {
    return refuse(
      `${group} is in maintenance by ${view.maintenance.by} ("${view.maintenance.reason}"); end it first`,
    );
  }
  if (target !== null && !view.members.some((m) => m.key === target)) {
    return refuse(
      `${target} is not a member of ${group}; its members are ${view.members.map((m) => m.key).join(', ')}`,
    );
  }
  if (target === key) return refuse(`${target} is the primary of ${group} already`);
  if (answers(primary.probe)) {
    return refuse(
      `the primary ${key} answers (${primary.probe.outcome}); use a switchover, which loses nothing`,
    );
  }
  if (primary.probe.outcome === 'unknown')
    return refuse(`the primary ${key} was not looked at yet; repeat it`);
  const receiving = view.members.filter(
    (m) =>
      m.key !== key &&
      isUsable(m) &&
      m.state.channel?.source === key &&
      m.state.channel.receiver === 'running',
  );
  if (primary.probe.outcome !== 'hung' && receiving.length > 0 && !allowDataLoss) {
    return refuse(
      `${receiving.map((m) => m.key).join(', ')} still receive from ${key}: it is alive, and only this engine does not reach it; with allow-data-loss it is failed over all the same`,
    );
  }

  const choice = chooseCandidate(view, {
    replaces: key,
    allowDataLoss,
    ...(target === null ? {} : { target }),
    ...(primary.state === null ? {} : { oldPrimary: primary.state }),
  });
  if (isHopeless(choice)) return refuse(choice.reason);

  const notes: string[] = [];
  const loss = knownLoss(view, key);
  const diskReachable = primary.agent.up && policy.tailRecovery !== 'off';
  if (loss !== null && !diskReachable) {
    if (!allowDataLoss) {
      const why = primary.agent.up
        ? 'the policy says tailRecovery: off'
        : 'its agent is not there, so its disk cannot be read';
      return refuse(
        `${lossText(key, loss)}: no reachable member has received them, and ${why}; bring its host back, or give allow-data-loss`,
      );
    }
    notes.push(`accepted by hand: ${lossText(key, loss)}`);
  }
  if (policy.tailRecovery === 'required' && !primary.agent.up && !allowDataLoss) {
    return refuse(
      `the policy says tailRecovery: required, and the agent of ${key} is not there to serve its binlog: what it had last cannot be known; bring its host back, or give allow-data-loss`,
    );
  }
  return { from: key, notes };
}
