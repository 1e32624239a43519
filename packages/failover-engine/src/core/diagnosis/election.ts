import { compareVersions } from '../candidates.js';
import { beyond, covers } from '../gtids.js';
import { isUsable, type GroupView, type MemberKey, type MemberView, type ServerState } from '../model.js';

type Usable = MemberView & { readonly state: ServerState };

export type Election =
  | { readonly kind: 'elect'; readonly member: MemberKey; readonly evidence: readonly string[] }
  | { readonly kind: 'undecided'; readonly why: readonly string[] };

const promotionOrder = { prefer: 0, neutral: 1, 'prefer-not': 2, 'must-not': 3 } as const;

/**
 * Who becomes primary of a group that never had one: the most complete member, which all others can follow. Nobody,
 * while a member does not answer (it may be the most complete), or when two have diverged: then a person must say whose
 * transactions count.
 */
export function elect(view: GroupView): Election {
  const undecided = (...why: string[]): Election => ({ kind: 'undecided', why });
  if (view.members.length === 0) return undecided(`${view.group} has no members`);
  const silent = view.members.filter((m) => !isUsable(m));
  if (silent.length > 0) {
    return undecided(
      ...silent.map((m) => `${m.key} is ${m.probe.outcome} and may be the most complete member`),
    );
  }
  const members = view.members.filter((m): m is Usable => isUsable(m));
  const keys = new Set(members.map((m) => m.key));

  const outside = members.find((m) => m.state.channel !== null && !keys.has(m.state.channel.source));
  if (outside !== undefined) {
    return undecided(
      `${outside.key} follows ${outside.state.channel?.source ?? 'somebody'}, which is not a member of ${view.group}`,
    );
  }
  const writable = members.filter((m) => !m.state.readOnly);
  if (writable.length > 1) {
    return undecided(
      `more than one member is writable: ${writable.map((m) => m.key).join(', ')}; close all but one`,
    );
  }
  const complete = members.filter((m) =>
    members.every((other) => covers(m.state.gtidExecuted, other.state.gtidExecuted)),
  );
  if (complete.length === 0) return undecided(...divergence(members));
  const open = writable[0];
  if (open !== undefined && !complete.includes(open)) {
    return undecided(
      `${open.key} is writable and lacks transactions of others; close it, or give it what it lacks`,
    );
  }

  const refused: string[] = [];
  const possible = (open === undefined ? complete : [open]).filter((m) => {
    const reason = whyNot(m, members);
    if (reason !== null) refused.push(`${m.key} ${reason}`);
    return reason === null;
  });
  const followers = (m: Usable): number =>
    members.filter((other) => other.state.channel?.source === m.key).length;
  const [chosen] = possible.sort(
    (a, b) =>
      followers(b) - followers(a) ||
      promotionOrder[a.promotion] - promotionOrder[b.promotion] ||
      compareVersions(a.state.version, b.state.version) ||
      a.key.localeCompare(b.key),
  );
  if (chosen === undefined) return undecided(...refused);
  return {
    kind: 'elect',
    member: chosen.key,
    evidence: [
      `no primary was ever recorded for ${view.group}`,
      `all ${members.length} members answer and none has diverged`,
      `${chosen.key} has every transaction${chosen === open ? ' and is writable' : ''}, ${followers(chosen)} follow it already`,
      ...refused,
    ],
  };
}

function whyNot(member: Usable, members: readonly Usable[]): string | null {
  const { state } = member;
  if (member.promotion === 'must-not') return 'has the promotion rule must-not';
  if (!state.logBin) return 'has its binary log off; set log_bin';
  if (!state.logReplicaUpdates) return 'does not log what it replicates; set log_replica_updates=ON';
  if (state.flavor === 'mysql' && state.gtidMode !== 'ON')
    return `has gtid_mode=${state.gtidMode}; set it ON`;
  for (const other of members) {
    if (other === member) continue;
    if (compareVersions(other.state.version, state.version) < 0) {
      return `runs ${state.version.join('.')}, newer than ${other.key}, which could not follow it`;
    }
    if (!covers(other.state.gtidExecuted, state.gtidPurged)) {
      return `has purged ${beyond(state.gtidPurged, other.state.gtidExecuted)}, which ${other.key} lacks; rebuild ${other.key} first`;
    }
  }
  return null;
}

function divergence(members: readonly Usable[]): string[] {
  for (const a of members) {
    for (const b of members) {
      const [onlyA, onlyB] = [
        beyond(a.state.gtidExecuted, b.state.gtidExecuted),
        beyond(b.state.gtidExecuted, a.state.gtidExecuted),
      ];
      if (onlyA !== '' && onlyB !== '') {
        return [
          `${a.key} and ${b.key} have diverged: only the one has ${onlyA}, only the other ${onlyB}; register the right primary with "dcmha group add"`,
        ];
      }
    }
  }
  return ['no member has every transaction'];
}
