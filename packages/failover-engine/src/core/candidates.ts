import { beyond, countBeyond, countOf, covers, errantOf } from './gtids.js';
import { isUsable, type GroupView, type MemberKey, type MemberView, type ServerState } from './model.js';

/** Why a member is refused; `behind` and `newer-version` depend on the others, the rest on the member alone. */
export type RefusalRule =
  | 'no-answer'
  | 'not-the-target'
  | 'promotion-rule'
  | 'region'
  | 'binlog-off'
  | 'replica-updates-off'
  | 'gtid-off'
  | 'no-source'
  | 'delayed'
  | 'applier-stopped'
  | 'lag'
  | 'errant'
  | 'behind'
  | 'newer-version';

export interface RefusedCandidate {
  readonly member: MemberKey;
  readonly rule: RefusalRule;
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
  readonly oldPrimary?: {
    readonly serverUuid: string;
    readonly serverId?: number;
    readonly gtidExecuted: string;
  };
  /** Not one that is further behind than this, milliseconds. */
  readonly lagMaxMs?: number;
  /**
   * The chosen one catches up with the old primary before it is promoted (a switchover): nobody counts as behind, because
   * members are not read at one moment and on a busy group each is behind whoever was read after it.
   */
  readonly catchesUp?: boolean;
  /** A person accepts losses: whoever lacks least of what the others have is chosen, also when that is not nothing. */
  readonly allowDataLoss?: boolean;
}

const promotionOrder = { prefer: 0, neutral: 1, 'prefer-not': 2, 'must-not': 3 } as const;

/**
 * Who becomes primary. Most complete GTID set first (no policy outweighs a transaction), then promotion rule, region
 * of the old primary, version (never newer than a replica that would follow it), then name, so that two engines that
 * see the same choose the same.
 */
export function chooseCandidate(view: GroupView, options: ChooseOptions): Choice {
  const refused: RefusedCandidate[] = [];
  const refuse = (member: MemberView, refusal: Refusal): void => {
    refused.push({ member: member.key, ...refusal });
  };

  const considered = view.members.filter((m) => m.key !== options.replaces);
  const usable = considered.filter((m): m is Usable => isUsable(m));
  const oldRegion = view.members.find((m) => m.key === options.replaces)?.region;
  const possible: Usable[] = [];

  for (const member of considered) {
    if (options.passedOver?.has(member.key) === true) continue;
    const refusal = isUsable(member) ? whyNot(member, view, options, oldRegion) : noAnswer(member);
    if (refusal !== null) refuse(member, refusal);
    else possible.push(member as Usable);
  }

  const complete = options.catchesUp === true ? possible : mostComplete(possible, usable, options, refuse);

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
      refuse(member, {
        rule: 'newer-version',
        reason: `runs ${member.state.version.join('.')}, newer than ${older.key}, which could not follow it`,
      });
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
        : options.catchesUp === true
          ? `${chosen.key} has the rule ${chosen.promotion}`
          : `${chosen.key} is the most complete (${countOf(chosen.state.gtidExecuted)} transactions, rule ${chosen.promotion})`,
  };
}

/** Nobody can be chosen, and not because one is behind another: waiting or catching up changes nothing. */
export function isHopeless({ chosen, refused }: Choice): boolean {
  return chosen === null && refused.every(({ rule }) => rule !== 'behind' && rule !== 'newer-version');
}

interface Refusal {
  readonly rule: RefusalRule;
  readonly reason: string;
}

/** Those who lack nothing of what any reachable member has; with losses accepted, those who lack least. */
function mostComplete(
  possible: readonly Usable[],
  usable: readonly Usable[],
  options: ChooseOptions,
  refuse: (member: MemberView, refusal: Refusal) => void,
): Usable[] {
  const { oldPrimary } = options;
  // An errant transaction makes its holder no more complete than the others.
  const sound = (m: Usable): string =>
    oldPrimary === undefined
      ? m.state.gtidExecuted
      : withoutErrant(m.state.gtidExecuted, errantOf(m.state.gtidExecuted, oldPrimary));
  const aheadOf = (member: Usable): Usable | undefined =>
    usable.find((other) => other !== member && !covers(member.state.gtidExecuted, sound(other)));
  const lacking = (m: Usable): bigint =>
    usable.reduce((most, other) => {
      const count = countBeyond(sound(other), m.state.gtidExecuted);
      return count > most ? count : most;
    }, 0n);

  let complete = possible.filter((m) => aheadOf(m) === undefined);
  if (complete.length === 0 && options.allowDataLoss === true && possible.length > 0) {
    const counts = possible.map(lacking);
    const least = counts.reduce((a, b) => (b < a ? b : a));
    complete = possible.filter((_, i) => counts[i] === least);
  }
  for (const member of possible) {
    const ahead = aheadOf(member);
    if (ahead === undefined || complete.includes(member)) continue;
    refuse(member, {
      rule: 'behind',
      reason: `lacks ${beyond(sound(ahead), member.state.gtidExecuted)}, which ${ahead.key} has`,
    });
  }
  return complete;
}

function withoutErrant(gtids: string, errant: string): string {
  return errant === '' ? gtids : beyond(gtids, errant);
}

function noAnswer({ probe }: MemberView): Refusal {
  return { rule: 'no-answer', reason: `does not answer (${probe.outcome}: ${probe.detail || 'no detail'})` };
}

function whyNot(
  member: Usable,
  view: GroupView,
  options: ChooseOptions,
  oldRegion: string | undefined,
): Refusal | null {
  const { state } = member;
  if (options.target !== undefined && member.key !== options.target)
    return { rule: 'not-the-target', reason: `is not the target ${options.target}` };
  if (member.promotion === 'must-not')
    return { rule: 'promotion-rule', reason: 'has the promotion rule must-not' };
  if (!view.policy.crossRegion && oldRegion !== undefined && member.region !== oldRegion) {
    return {
      rule: 'region',
      reason: `is in region ${member.region}, and the policy keeps the primary in ${oldRegion}`,
    };
  }
  if (!state.logBin) return { rule: 'binlog-off', reason: 'has its binary log off; set log_bin' };
  if (!state.logReplicaUpdates)
    return {
      rule: 'replica-updates-off',
      reason: 'does not log what it replicates; set log_replica_updates=ON',
    };
  if (state.flavor === 'mysql' && state.gtidMode !== 'ON')
    return { rule: 'gtid-off', reason: `has gtid_mode=${state.gtidMode}; set it ON` };
  if (state.channel === null) return { rule: 'no-source', reason: 'replicates from nobody' };
  const { delayMs, applierError } = state.channel;
  const lagMs = lagOf(member);
  if (delayMs > 0) return { rule: 'delayed', reason: `is delayed on purpose by ${delayMs / 1000} s` };
  if (applierError !== '')
    return { rule: 'applier-stopped', reason: `has a stopped applier: ${applierError}` };
  if (options.lagMaxMs !== undefined && lagMs !== null && lagMs > options.lagMaxMs)
    return {
      rule: 'lag',
      reason: `is ${lagMs} ms behind, more than the policy's failoverLagMaxMs of ${options.lagMaxMs}`,
    };
  if (options.oldPrimary !== undefined) {
    const errant = errantOf(state.gtidExecuted, options.oldPrimary);
    if (errant !== '') return { rule: 'errant', reason: `has errant transactions: ${errant}` };
  }
  return null;
}

/** `null` when nobody can say. What is received and applied is not behind, however long ago that was so. */
function lagOf({ state, lastLagMs }: Usable): number | null {
  const { channel } = state;
  if (channel === null) return null;
  if (channel.lagMs !== null) return channel.lagMs;
  return covers(state.gtidExecuted, channel.receivedGtids) ? 0 : (lastLagMs ?? null);
}

/** Negative when `a` is older. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
