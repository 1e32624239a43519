import { chooseCandidate, type Choice } from '../core/candidates.js';
import { isUsable, primaryMember, type GroupView, type MemberKey } from '../core/model.js';
import { settle, stepTimeoutMs, type OperationContext } from './context.js';

/** One thing that is looked at before a switchover. */
export interface SwitchoverCheck {
  readonly name:
    | 'group'
    | 'target'
    | 'primary'
    | 'candidate'
    | 'replication'
    | 'lag'
    | 'long-transactions'
    | 'running-ddl';
  readonly ok: boolean;
  /** What was found; where it is not ok, also what to do. */
  readonly detail: string;
}

export interface SwitchoverPlan {
  readonly from: MemberKey;
  readonly to: MemberKey;
  /** In order, in words. */
  readonly steps: readonly string[];
  /** Writes are expected to be held for so long, and never for longer than `holdMsMax`: then it goes back. */
  readonly holdMs: number;
  readonly holdMsMax: number;
}

export interface SwitchoverReport {
  readonly group: string;
  /** Every check is ok. */
  readonly possible: boolean;
  readonly checks: readonly SwitchoverCheck[];
  /** Who could take over, in order, and why each of the others could not. */
  readonly candidates: Choice | null;
  /** `null` when there is nobody to hand the writes to. */
  readonly plan: SwitchoverPlan | null;
}

/** A switchover that was not begun: `reason` says what is in the way and what to do about it. */
export class SwitchoverRefusedError extends Error {
  override readonly name = 'SwitchoverRefusedError';
}

/** Closing, catching up, recording and opening take so long when nothing is in the way (see docs/performance). */
const holdMsFloor = 100;

/** What is known without asking the servers anything new. Pure. */
export function judgeSwitchover(view: GroupView, target: MemberKey | null): SwitchoverReport {
  const checks: SwitchoverCheck[] = [];
  const check = (name: SwitchoverCheck['name'], problem: string | null, fine: string): boolean => {
    checks.push({ name, ok: problem === null, detail: problem ?? fine });
    return problem === null;
  };
  const report = (candidates: Choice | null, plan: SwitchoverPlan | null): SwitchoverReport => ({
    group: view.group,
    possible: plan !== null && checks.every(({ ok }) => ok),
    checks,
    candidates,
    plan,
  });

  check('group', groupProblem(view), 'nothing is under way, no maintenance');
  const primary = primaryMember(view);
  const known =
    target === null ||
    check('target', targetProblem(view, target), `${target} is a replica of ${view.group}`);
  check('primary', primaryProblem(view), `${primary?.key ?? ''} answers and is open for writes`);
  if (primary === undefined || !known) return report(null, null);

  const candidates = chooseCandidate(view, {
    replaces: primary.key,
    catchesUp: true,
    ...(isUsable(primary) ? { oldPrimary: primary.state } : {}),
    ...(target === null ? {} : { target }),
  });
  const chosen = view.members.find((m) => m.key === candidates.chosen);
  if (chosen === undefined || !isUsable(chosen)) {
    check('candidate', candidates.reason, '');
    return report(candidates, null);
  }
  check('candidate', null, candidates.reason);
  const { channel } = chosen.state;
  const replicates = channel?.receiver === 'running' && channel.applier === 'running';
  check(
    'replication',
    replicates ? null : `${chosen.key} does not replicate; start its replication first`,
    `${chosen.key} receives and applies`,
  );
  const lagMs = channel?.lagMs ?? 0;
  const { switchoverTimeoutMs } = view.policy;
  check(
    'lag',
    lagMs > switchoverTimeoutMs
      ? `${chosen.key} is ${lagMs} ms behind, more than a switchover may hold writes (switchoverTimeoutMs ${switchoverTimeoutMs})`
      : null,
    `${chosen.key} is ${lagMs} ms behind`,
  );
  return report(candidates, {
    from: primary.key,
    to: chosen.key,
    steps: [
      `let the other replicas follow ${chosen.key}`,
      `close the route and ${primary.key} (super_read_only, clients disconnected)`,
      `wait until ${chosen.key} has every transaction of ${primary.key}`,
      `record ${chosen.key} as primary, open it, route to it`,
      `let ${primary.key} follow ${chosen.key}`,
    ],
    holdMs: lagMs + holdMsFloor,
    holdMsMax: switchoverTimeoutMs,
  });
}

/** All checks, those that ask the primary itself included. Writes nothing. */
export async function checkSwitchover(
  context: Pick<OperationContext, 'view' | 'server'>,
  target: MemberKey | null,
): Promise<SwitchoverReport> {
  const view = context.view();
  const report = judgeSwitchover(view, target);
  const primary = primaryMember(view);
  if (primary === undefined || !isUsable(primary)) return report;
  const server = context.server(primary.key);
  const { longTransactionMs } = view.policy;
  const [long, ddl] = await Promise.all([
    settle(server.longTransactions(longTransactionMs, { timeoutMs: stepTimeoutMs })),
    settle(server.runningDdl?.({ timeoutMs: stepTimeoutMs }) ?? Promise.resolve(null)),
  ]);
  const checks = [...report.checks];
  if (!long.ok || long.value.length > 0) {
    const what = long.ok
      ? `transactions are open on ${primary.key}: ${long.value.map((t) => `${t.user} for ${Math.round(t.ageMs / 1000)} s`).join(', ')}; end them, or raise longTransactionMs`
      : `${primary.key} cannot be asked for its transactions: ${long.error.message}`;
    checks.push({ name: 'long-transactions', ok: false, detail: what });
  } else {
    const detail = `no transaction is open for longer than ${longTransactionMs} ms`;
    checks.push({ name: 'long-transactions', ok: true, detail });
  }
  if (!ddl.ok || (ddl.value !== null && ddl.value.length > 0)) {
    const what = ddl.ok
      ? `statements that change tables run on ${primary.key}: ${(ddl.value ?? []).map((d) => `${d.user}: ${d.statement.slice(0, 60)} (${Math.round(d.ageMs / 1000)} s)`).join(', ')}; wait for them or end them`
      : `${primary.key} cannot be asked what it runs: ${ddl.error.message}`;
    checks.push({ name: 'running-ddl', ok: false, detail: what });
  } else if (ddl.value !== null) {
    checks.push({ name: 'running-ddl', ok: true, detail: 'no statement that changes tables is running' });
  }
  return { ...report, checks, possible: report.plan !== null && checks.every(({ ok }) => ok) };
}

/**
 * The plan of a switchover whose checks are all ok.
 * @throws SwitchoverRefusedError naming everything that is in the way
 */
export function requirePlan({ checks, plan, group }: SwitchoverReport): SwitchoverPlan {
  const problems = checks.filter(({ ok }) => !ok).map(({ detail }) => detail);
  if (problems.length > 0) throw new SwitchoverRefusedError(problems.join('; '));
  if (plan === null) throw new SwitchoverRefusedError(`${group} has nobody to hand the writes to`);
  return plan;
}

function groupProblem(view: GroupView): string | null {
  if (view.operation !== null) return `${view.operation} of ${view.group} is under way; wait for it`;
  if (view.maintenance !== null) {
    const { by, reason } = view.maintenance;
    return `${view.group} is in maintenance by ${by} ("${reason}"); end it first`;
  }
  return null;
}

function targetProblem(view: GroupView, target: MemberKey): string | null {
  if (!view.members.some((m) => m.key === target)) {
    return `${target} is not a member of ${view.group}; its members are ${view.members.map((m) => m.key).join(', ')}`;
  }
  return view.primary?.primary === target ? `${target} is the primary of ${view.group} already` : null;
}

function primaryProblem(view: GroupView): string | null {
  const primary = primaryMember(view);
  if (primary === undefined) return `${view.group} has no primary to switch from`;
  if (!isUsable(primary)) {
    return `the primary ${primary.key} is ${primary.probe.outcome} (${primary.probe.detail}); a switchover needs it alive`;
  }
  return primary.state.readOnly
    ? `the primary ${primary.key} is closed for writes; see "dcmha explain ${view.group}"`
    : null;
}
