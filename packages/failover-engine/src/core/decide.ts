import { chooseCandidate, isHopeless, type Choice } from './candidates.js';
import { diagnose, type Finding } from './diagnosis/diagnose.js';
import { patienceMs as patienceOf, type Diagnosis, type Problem } from './diagnosis/types.js';
import { opinionsMissing } from './diagnosis/witnesses.js';
import { answers, isUsable, primaryMember, replicasOf, type GroupView, type MemberKey } from './model.js';
import { readPool } from './read-pool.js';

export type Action =
  | { readonly kind: 'none' }
  | { readonly kind: 'wait'; /** Engine's monotonic clock: when to look again. */ readonly untilMs: number }
  | { readonly kind: 'failover'; readonly from: MemberKey }
  | { readonly kind: 'close-others'; readonly members: readonly MemberKey[] }
  | { readonly kind: 'reopen'; readonly member: MemberKey }
  /** Give these the settings of their roles again: durability, semi-sync. */
  | { readonly kind: 'restore-settings'; readonly members: readonly MemberKey[] }
  /** Make this member the first primary of its group. */
  | { readonly kind: 'elect'; readonly member: MemberKey }
  /** End maintenance whose time is over: record the primary that was left. */
  | { readonly kind: 'adopt' }
  | { readonly kind: 'publish-route'; readonly write: MemberKey; readonly read: readonly MemberKey[] };

/** What an evaluation came to: kept, shown by `dcmha explain`, and acted on. */
export interface Evaluation {
  readonly group: string;
  readonly wallMs: number;
  /** Most urgent first. */
  readonly diagnoses: readonly Diagnosis[];
  readonly action: Action;
  /** Why that, or why nothing, in one sentence. */
  readonly reason: string;
  /** Diagnoses that a person should hear of. */
  readonly alerts: readonly Diagnosis[];
  /** Where it was about a failover: who would be promoted, and of everybody else why not. */
  readonly candidates?: Choice;
}

/** Pure: the same view gives the same evaluation. */
export function evaluate(view: GroupView): Evaluation {
  const findings = diagnose(view);
  const main = mainOf(findings);
  const candidates = main.problem?.remedy === 'failover' ? failoverCandidates(view) : null;
  const { action, reason } = decideOn(view, main.diagnosis, main.problem, candidates);
  return {
    group: view.group,
    wallMs: view.wallMs,
    diagnoses: findings.map((f) => f.diagnosis),
    action,
    reason,
    alerts: findings.filter((f) => isAlert(f, view)).map((f) => f.diagnosis),
    ...(candidates === null ? {} : { candidates }),
  };
}

/** What is acted on: an alert hides nothing below it, unless it is conclusive. */
function mainOf(findings: readonly Finding[]): Finding {
  const acting = findings.find(
    ({ problem }) => problem !== null && (problem.conclusive || problem.remedy !== 'alert'),
  );
  const main = acting ?? findings[0];
  if (main === undefined) throw new Error('diagnose() returned nothing; it must return at least "healthy"');
  return main;
}

/** A symptom that is only told of must have lasted; one that is acted on is told of at once. */
function isAlert({ problem, diagnosis }: Finding, view: GroupView): boolean {
  if (problem === null || problem.remedy === 'none') return false;
  return problem.remedy !== 'alert' || view.nowMs - diagnosis.sinceMs >= patienceOf(problem, view);
}

function decideOn(
  view: GroupView,
  diagnosis: Diagnosis,
  problem: Problem | null,
  candidates: Choice | null,
): { action: Action; reason: string } {
  const remedy = problem?.remedy ?? 'none';
  const patienceMs = problem === null ? 0 : patienceOf(problem, view);
  const nothing = (reason: string) => ({ action: { kind: 'none' } as const, reason });
  const because = `${diagnosis.name}: ${diagnosis.evidence.join('; ')}`;

  if (remedy === 'none' || remedy === 'alert') {
    const route = routeUpkeep(view);
    if (route !== null)
      return { action: route, reason: `route ${route.write}, read ${route.read.join(', ')} (${because})` };
    return nothing(`${remedy === 'none' ? 'nothing to do' : 'alert only'} (${because})`);
  }
  if (remedy === 'adopt')
    return { action: { kind: 'adopt' }, reason: `end maintenance, adopt the primary (${because})` };
  if (view.maintenance !== null) {
    return nothing(
      `${view.group} is in maintenance by ${view.maintenance.by} ("${view.maintenance.reason}"): ${because}`,
    );
  }
  if (remedy === 'close-others') {
    return {
      action: { kind: 'close-others', members: diagnosis.members },
      reason: `close them (${because})`,
    };
  }
  if (remedy === 'reopen') {
    const member = diagnosis.members[0];
    if (member === undefined) return nothing(because);
    return { action: { kind: 'reopen', member }, reason: `open it again (${because})` };
  }

  if (remedy === 'restore-settings') {
    const route = routeUpkeep(view);
    if (route !== null)
      return { action: route, reason: `route ${route.write}, read ${route.read.join(', ')} (${because})` };
  } else {
    const blocked = whyNoFailover(view) ?? whyNobody(view, candidates);
    if (blocked !== null)
      return nothing(`${remedy === 'elect' ? 'no election' : 'no failover'}: ${blocked} (${because})`);
  }
  const lastedMs = view.nowMs - diagnosis.sinceMs;
  if (lastedMs < patienceMs) {
    return {
      action: { kind: 'wait', untilMs: diagnosis.sinceMs + patienceMs },
      reason: `wait until it has lasted ${patienceMs} ms, ${Math.round(lastedMs)} ms so far (${because})`,
    };
  }
  if (remedy === 'restore-settings') {
    return {
      action: { kind: 'restore-settings', members: diagnosis.members },
      reason: `give back the settings of their roles (${because})`,
    };
  }
  const from = diagnosis.members[0];
  if (from === undefined) return nothing(because);
  const unsure = waitFor(view, diagnosis, problem, patienceMs);
  if (unsure !== null) return { ...unsure, reason: `${unsure.reason} (${because})` };
  if (remedy === 'elect')
    return { action: { kind: 'elect', member: from }, reason: `elect ${from} (${because})` };
  return { action: { kind: 'failover', from }, reason: `fail over (${because})` };
}

/** How soon to look again while something is waited for. */
const lookAgainMs = 50;

/**
 * What a verdict that has lasted long enough still waits for: opinions that were asked for (as long as agents may take to
 * answer, no longer), and ZooKeeper to settle after it was away, where the absence of nodes is part of the verdict.
 */
function waitFor(
  view: GroupView,
  { sinceMs }: Diagnosis,
  problem: Problem | null,
  patienceMs: number,
): { action: Action; reason: string } | null {
  if (problem?.asksOthers !== true) return null;
  const wait = (untilMs: number, reason: string) => ({ action: { kind: 'wait' as const, untilMs }, reason });
  const settledAtMs = (view.store?.connectedSinceMs ?? -Infinity) + view.policy.patience.storeSettledMs;
  if (view.nowMs < settledAtMs) return wait(settledAtMs, 'wait: ZooKeeper has only just come back');
  const primary = primaryMember(view);
  const missing = primary === undefined ? [] : opinionsMissing(view, primary);
  const untilMs = sinceMs + patienceMs + 2 * view.policy.opinionTimeoutMs;
  if (missing.length === 0 || view.nowMs >= untilMs) return null;
  return wait(
    Math.min(untilMs, view.nowMs + lookAgainMs),
    `wait for what the agents of ${missing.join(', ')} see`,
  );
}

/** Who would be promoted if the primary failed over now; `null` in a group without one. */
export function failoverCandidates(view: GroupView): Choice | null {
  const primary = primaryMember(view);
  if (primary === undefined) return null;
  try {
    return chooseCandidate(view, {
      replaces: primary.key,
      lagMaxMs: view.policy.failoverLagMaxMs,
      // As long as it serves, who has received most changes from one look to the next.
      catchesUp: answers(primary.probe),
      ...(primary.state === null ? {} : { oldPrimary: primary.state }),
    });
  } catch (error) {
    // GTID sets that do not parse: nobody is promoted on a guess.
    const reason = `the members cannot be compared: ${error instanceof Error ? error.message : String(error)}`;
    return { chosen: null, eligible: [], refused: [], reason };
  }
}

/** Closing the group for a failover that can promote nobody helps nobody. */
function whyNobody(view: GroupView, candidates: Choice | null): string | null {
  if (candidates === null || !isHopeless(candidates)) return null;
  // Whoever was not looked at yet may be the one.
  return replicasOf(view).some(({ probe }) => probe.outcome === 'unknown') ? null : candidates.reason;
}

/** Reasons that stop an automatic failover although the primary is dead. */
function whyNoFailover(view: GroupView): string | null {
  if (view.policy.failover === 'manual') return 'the policy says failover: manual';
  if (view.lastFailoverWallMs !== null) {
    const sinceMs = view.wallMs - view.lastFailoverWallMs;
    if (sinceMs >= 0 && sinceMs < view.policy.antiFlapMs) {
      return `the last one was ${Math.round(sinceMs / 1000)} s ago, within the anti-flap window of ${view.policy.antiFlapMs / 1000} s`;
    }
  }
  return null;
}

/**
 * The route of a group whose primary is open, where the published one differs. Nothing is published while the primary
 * is in doubt, an operation is under way, or a person works on the group.
 */
function routeUpkeep(view: GroupView): (Action & { kind: 'publish-route' }) | null {
  const primary = primaryMember(view);
  if (!view.storeConnected || view.operation !== null || view.maintenance !== null) return null;
  if ((view.refusedPolicy ?? []).length > 0) return null;
  if (primary === undefined || !isUsable(primary) || primary.state.readOnly) return null;
  const read = readPool(view);
  const { route } = view;
  const same =
    route !== null &&
    route.write === primary.key &&
    route.read.length === read.length &&
    route.read.every((key) => read.includes(key));
  return same ? null : { kind: 'publish-route', write: primary.key, read };
}
