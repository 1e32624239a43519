import { chooseCandidate, type ChooseOptions, type Choice } from './candidates.js';
import { beyond, covers, errantOf, union } from './gtids.js';
import { isUsable, type GroupView, type MemberKey, type MemberView, type ServerState } from './model.js';

export interface CatchUp {
  /** Whom the policy would rather have. */
  readonly member: MemberKey;
  /** Who has everything that it lacks. */
  readonly source: MemberKey;
  /** What it must have before it may be promoted. */
  readonly set: string;
  /** Nobody can be promoted without it. */
  readonly needed: boolean;
  readonly reason: string;
}

type Usable = MemberView & { readonly state: ServerState };

const ruleOrder = { prefer: 0, neutral: 1, 'prefer-not': 2, 'must-not': 3 } as const;

/**
 * Whether somebody should first catch up from a more complete sibling: whoever the policy prefers (promotion rule, then
 * the old primary's region) to the most complete member, or anybody at all where the most complete may not be promoted.
 * `null` when nothing is gained. Sets of the view are what each member has received.
 */
export function planCatchUp(view: GroupView, options: ChooseOptions, choice: Choice): CatchUp | null {
  const usable = view.members.filter((m): m is Usable => isUsable(m) && m.key !== options.replaces);
  const { oldPrimary } = options;
  const errant = (m: Usable): string =>
    oldPrimary === undefined ? '' : errantOf(m.state.gtidExecuted, oldPrimary);
  const all = usable
    .map((m) => beyond(m.state.gtidExecuted, errant(m)))
    .reduce((sum, set) => union(sum, set), '');
  // Whoever fetches from it gets all that it has.
  const canServe = (m: Usable): boolean =>
    errant(m) === '' &&
    m.state.logBin &&
    m.state.logReplicaUpdates &&
    m.state.channel?.applierError === '' &&
    covers(m.state.gtidExecuted, all);

  const members = view.members.map((m) =>
    isUsable(m) ? { ...m, state: { ...m.state, gtidExecuted: union(m.state.gtidExecuted, all) } } : m,
  );
  const wished = chooseCandidate({ ...view, members }, options).chosen;
  const better = usable.find((m) => m.key === wished);
  if (better === undefined || better.key === choice.chosen) return null;

  if (choice.chosen !== null) {
    const chosen = usable.find((m) => m.key === choice.chosen);
    if (chosen === undefined || !canServe(chosen) || !isPreferred(view, options, better, chosen)) return null;
    return {
      member: better.key,
      source: chosen.key,
      set: all,
      needed: false,
      reason: `${better.key} is preferred to ${chosen.key}, which has more`,
    };
  }
  const source = usable.find((m) => m.key !== better.key && canServe(m));
  if (source === undefined || !covers(better.state.gtidExecuted, source.state.gtidPurged)) return null;
  return {
    member: better.key,
    source: source.key,
    set: all,
    needed: true,
    reason: `${source.key} is the most complete and may not be promoted`,
  };
}

function isPreferred(view: GroupView, options: ChooseOptions, a: Usable, b: Usable): boolean {
  if (!covers(a.state.gtidExecuted, b.state.gtidPurged)) return false;
  const rank = ruleOrder[a.promotion] - ruleOrder[b.promotion];
  if (rank !== 0) return rank < 0;
  const home = view.members.find((m) => m.key === options.replaces)?.region;
  return a.region === home && b.region !== home;
}
