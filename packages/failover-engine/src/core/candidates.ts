import { beyond, countOf, covers, errantOf } from './gtids.js';
import { isUsable, type GroupView, type MemberKey, type MemberView, type ServerState } from './model.js';

export interface RefusedCandidate {
  readonly member: MemberKey;
  readonly reason: string;
}

export interface Choice {
  readonly chosen: MemberKey | null;
  /** Better than the rest in this order; the chosen one first. */
  readonly eligible: readonly MemberKey[];
  readonly refused: readonly RefusedCandidate[];
  /** Why the chosen one, in words. */
  readonly reason: string;
}

type Usable = MemberView & { readonly state: ServerState };

export interface ChooseOptions {
  /** Only this member will do (a switchover with a target). */
  readonly target?: MemberKey;
  /** The primary that is being replaced: neither a candidate nor compared with one. */
  readonly replaces: MemberKey;
  /** No candidates any more, and yet a candidate may lack nothing of what they have. */
  readonly passedOver?: ReadonlySet<MemberKey>;
  /** The old primary as it was last seen: what a member has beyond it, and not under its UUID, is errant. */
  readonly oldPrimary?: { readonly serverUuid: string; readonly gtidExecuted: string };
}

const promotionOrder = { prefer: 0, neutral: 1, 'prefer-not': 2, 'must-not': 3 } as const;

/**
 * Who becomes primary. Most complete GTID set first (no policy outweighs a transaction), then promotion rule, region
 * of the old primary, version (never newer than a replica that would follow it), then name, so that two engines that
 * see the same choose the same.
 */
export function chooseCandidate(view: GroupView, options: ChooseOptions): Choice {
  const refused: RefusedCandidate[] = [];
  const refuse = (member: MemberView, reason: string): void => {
    refused.push({ member: member.key, reason });
  };

  const considered = view.members.filter((m) => m.key !== options.replaces);
  const usable = considered.filter((m): m is Usable => isUsable(m));
  const oldRegion = view.members.find((m) => m.key === options.replaces)?.region;
  const possible: Usable[] = [];

  for (const member of considered) {
    if (options.passedOver?.has(member.key) === true) continue;
    const reason = isUsable(member)
      ? whyNot(member, view, options, oldRegion)
      : `does not answer (${member.probe.outcome}: ${member.probe.detail || 'no detail'})`;
    if (reason !== null) refuse(member, reason);
    else possible.push(member as Usable);
  }

  const complete: Usable[] = [];
  // An errant transaction makes its holder no more complete than the others.
  const sound = (m: Usable): string =>
    options.oldPrimary === undefined
      ? m.state.gtidExecuted
      : beyond(m.state.gtidExecuted, errantOf(m.state.gtidExecuted, options.oldPrimary));
  for (const member of possible) {
    const ahead = usable.find(
      (other) => other !== member && !covers(member.state.gtidExecuted, sound(other)),
    );
    if (ahead === undefined) complete.push(member);
    else refuse(member, `lacks ${beyond(sound(ahead), member.state.gtidExecuted)}, which ${ahead.key} has`);
  }

  const version = (m: Usable): string => m.state.version.map((n) => String(n).padStart(5, '0')).join('.');
  const followable: Usable[] = [];
  for (const member of complete) {
    const older = usable.find(
      (other) => other !== member && compareVersions(other.state.version, member.state.version) < 0,
    );
    if (
      older !== undefined &&
      complete.some((c) => compareVersions(c.state.version, member.state.version) < 0)
    ) {
      refuse(
        member,
        `runs ${member.state.version.join('.')}, newer than ${older.key}, which could not follow it`,
      );
    } else followable.push(member);
  }

  followable.sort(
    (a, b) =>
      promotionOrder[a.promotion] - promotionOrder[b.promotion] ||
      Number(b.region === oldRegion) - Number(a.region === oldRegion) ||
      version(a).localeCompare(version(b)) ||
      a.key.localeCompare(b.key),
  );

  const chosen = followable[0];
  return {
    chosen: chosen?.key ?? null,
    eligible: followable.map((m) => m.key),
    refused,
    reason:
      chosen === undefined
        ? `no member may be promoted: ${refused.map((r) => `${r.member} ${r.reason}`).join('; ') || 'the group has no other member'}`
        : `${chosen.key} is the most complete (${countOf(chosen.state.gtidExecuted)} transactions, rule ${chosen.promotion})`,
  };
}

function whyNot(
  member: Usable,
  view: GroupView,
  options: ChooseOptions,
  oldRegion: string | undefined,
): string | null {
  const { state } = member;
  if (options.target !== undefined && member.key !== options.target)
    return `is not the target ${options.target}`;
  if (member.promotion === 'must-not') return 'has the promotion rule must-not';
  if (!view.policy.crossRegion && oldRegion !== undefined && member.region !== oldRegion) {
    return `is in region ${member.region}, and the policy keeps the primary in ${oldRegion}`;
  }
  if (!state.logBin) return 'has its binary log off; set log_bin';
  if (!state.logReplicaUpdates) return 'does not log what it replicates; set log_replica_updates=ON';
  if (state.flavor === 'mysql' && state.gtidMode !== 'ON')
    return `has gtid_mode=${state.gtidMode}; set it ON`;
  if (state.channel === null) return 'replicates from nobody';
  if (state.channel.delayMs > 0) {
    return `is delayed on purpose by ${state.channel.delayMs / 1000} s`;
  }
  if (state.channel.applierError !== '') {
    return `has a stopped applier: ${state.channel.applierError}`;
  }
  if (options.oldPrimary !== undefined) {
    const errant = errantOf(state.gtidExecuted, options.oldPrimary);
    if (errant !== '') return `has errant transactions: ${errant}`;
  }
  return null;
}

/** Negative when `a` is older. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
