import { diagnose } from './diagnosis/diagnose.js';
import type { Diagnosis } from './diagnosis/types.js';
import { isUsable, primaryMember, type GroupView, type MemberKey } from './model.js';
import { readPool } from './read-pool.js';

export type Action =
  | { readonly kind: 'none' }
  | { readonly kind: 'wait'; /** Engine's monotonic clock: when to look again. */ readonly untilMs: number }
  | { readonly kind: 'failover'; readonly from: MemberKey }
  | { readonly kind: 'close-others'; readonly members: readonly MemberKey[] }
  | { readonly kind: 'reopen'; readonly member: MemberKey }
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
}

/** Pure: the same view gives the same evaluation. */
export function evaluate(view: GroupView): Evaluation {
  const findings = diagnose(view);
  const main = findings[0];
  if (main === undefined) throw new Error('diagnose() returned nothing; it must return at least "healthy"');
  const { action, reason } = decideOn(
    view,
    main.diagnosis,
    main.problem?.remedy ?? 'none',
    main.problem?.patienceMs(view) ?? 0,
  );
  return {
    group: view.group,
    wallMs: view.wallMs,
    diagnoses: findings.map((f) => f.diagnosis),
    action,
    reason,
    alerts: findings.filter((f) => f.problem !== null && f.problem.remedy !== 'none').map((f) => f.diagnosis),
  };
}

function decideOn(
  view: GroupView,
  diagnosis: Diagnosis,
  remedy: string,
  patienceMs: number,
): { action: Action; reason: string } {
  const nothing = (reason: string) => ({ action: { kind: 'none' } as const, reason });
  const because = `${diagnosis.name}: ${diagnosis.evidence.join('; ')}`;

  if (remedy === 'none' || remedy === 'alert') {
    const route = routeUpkeep(view);
    if (route !== null)
      return { action: route, reason: `route ${route.write}, read ${route.read.join(', ')} (${because})` };
    return nothing(`${remedy === 'none' ? 'nothing to do' : 'alert only'} (${because})`);
  }
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

  const blocked = whyNoFailover(view);
  if (blocked !== null) return nothing(`no failover: ${blocked} (${because})`);
  const lastedMs = view.nowMs - diagnosis.sinceMs;
  if (lastedMs < patienceMs) {
    return {
      action: { kind: 'wait', untilMs: diagnosis.sinceMs + patienceMs },
      reason: `wait until it has lasted ${patienceMs} ms, ${Math.round(lastedMs)} ms so far (${because})`,
    };
  }
  const from = diagnosis.members[0];
  if (from === undefined) return nothing(because);
  return { action: { kind: 'failover', from }, reason: `fail over (${because})` };
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
