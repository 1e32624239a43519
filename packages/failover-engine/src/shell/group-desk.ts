import type { Evaluation } from '../core/decide.js';
import type { HistoryEntry, Journal } from '../core/journal.js';
import type { GroupView, MemberKey } from '../core/model.js';
import { hookResultText, type HookFacts, type HookResult } from '../hooks/hook.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import { adopt, AdoptionRefusedError } from '../operations/adopt.js';
import {
  checkSwitchover,
  requirePlan,
  SwitchoverRefusedError,
  type SwitchoverReport,
} from '../operations/check-switchover.js';
import { stepTimeoutMs, type OperationContext, type OperationOutcome } from '../operations/context.js';
import { startFailover } from '../operations/failover.js';
import { FailoverRefusedError, planFailover } from '../operations/manual-failover.js';
import { startSwitchover } from '../operations/switchover.js';
import { TaskWithdrawnError, type Clock, type EngineLogger, type GroupLedger } from '../ports.js';
import type { GroupTask } from './group-task.js';
import { NotableEvaluations } from './notable.js';

export interface GroupDeskOptions {
  readonly engineId: string;
  readonly group: string;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: EngineLogger;
  readonly ledger: GroupLedger;
  readonly hooks: HookRunner | null;
  /** `notes` go into the history with the operation. */
  readonly context: (notes: readonly string[]) => OperationContext;
  /** Resolves when every member was looked at once more. */
  readonly lookAgain: () => Promise<void>;
  readonly ended: (kind: Journal['operation'], outcome: OperationOutcome) => void;
}

/** A task that waits for its time, or for the group to become healthy. */
export interface WaitingTask {
  readonly name: string;
  readonly kind: string;
  readonly requestedBy: string;
  readonly notBeforeMs: number | null;
  readonly notAfterMs: number | null;
  /** Why it was not begun yet; `null` when its time has not come. */
  readonly reason: string | null;
}

const pendingMax = 20;
const laterMs = 1_000;

/**
 * What people and hooks have to do with a group: tasks that are asked for, hooks around operations, the end of
 * maintenance, and entries of the history that no operation writes.
 */
export class GroupDesk {
  readonly #o: GroupDeskOptions;
  readonly #notable = new NotableEvaluations();
  #pending: HistoryEntry[] = [];
  /** Scheduled tasks that could not be begun when last looked at. */
  readonly #postponed = new Map<string, { readonly untilMs: number; readonly reason: string }>();
  #adoptionRefused: string | null = null;

  constructor(options: GroupDeskOptions) {
    this.#o = options;
  }

  /** The task that is to be carried out now. */
  due(tasks: readonly GroupTask[]): GroupTask | null {
    for (const name of this.#postponed.keys()) {
      if (!tasks.some((task) => task.name === name)) this.#postponed.delete(name);
    }
    const [wallMs, nowMs] = [this.#o.clock.wallMs(), this.#o.clock.monotonicMs()];
    return (
      tasks.find(
        (task) =>
          (numberOf(task, 'notBeforeMs') ?? 0) <= wallMs &&
          (this.#postponed.get(task.name)?.untilMs ?? 0) <= nowMs,
      ) ?? null
    );
  }

  waiting(tasks: readonly GroupTask[]): readonly WaitingTask[] {
    return tasks.map((task) => ({
      name: task.name,
      kind: task.kind,
      requestedBy: task.requestedBy,
      notBeforeMs: numberOf(task, 'notBeforeMs'),
      notAfterMs: numberOf(task, 'notAfterMs'),
      reason: this.#postponed.get(task.name)?.reason ?? null,
    }));
  }

  /** True when something was done; false when the task waits on. */
  async carryOut(task: GroupTask, evaluation: Evaluation): Promise<boolean> {
    const { clock, ledger, log, group } = this.#o;
    if (!(await ledger.hasTask(task.name, { timeoutMs: stepTimeoutMs }))) {
      // Finished already: the copy in memory is a moment old.
      await clock.sleep(5);
      return true;
    }
    const notAfterMs = numberOf(task, 'notAfterMs');
    if (notAfterMs !== null && clock.wallMs() > notAfterMs) {
      const why = this.#postponed.get(task.name)?.reason;
      await this.#refuse(
        task,
        `it was not begun in the time that was given for it${why === undefined ? '' : `: ${why}`}`,
      );
      return true;
    }
    try {
      switch (task.kind) {
        case 'switchover':
          return await this.#switchover(task, evaluation);
        case 'failover':
          await this.#failoverByHand(task);
          return true;
        case 'adopt':
          await this.#adopt(task);
          return true;
        default:
          await this.#refuse(task, `this engine does not know tasks of the kind "${task.kind}"`);
          return true;
      }
    } catch (error) {
      if (
        error instanceof SwitchoverRefusedError ||
        error instanceof FailoverRefusedError ||
        error instanceof AdoptionRefusedError
      )
        await this.#refuse(task, error.message);
      else if (error instanceof TaskWithdrawnError) log.info(error.message, { group });
      else throw error;
      return true;
    }
  }

  /** The failover that was decided on, after its hooks. */
  async failover(from: MemberKey, evaluation: Evaluation, confirm: () => boolean): Promise<void> {
    const id = this.#o.newId();
    const before = await this.#before({
      operation: 'failover',
      id,
      from,
      to: null,
      reason: evaluation.reason,
      requestedBy: null,
    });
    if (before.veto !== null) {
      this.#enter({
        ...this.#entry('failover', 'refused', before.veto),
        id,
        from,
        notes: before.notes,
      });
      await this.flush();
      this.#o.ended('failover', { result: 'refused', reason: before.veto, phasesMs: {} });
      return;
    }
    // Hooks take their time: the primary may have come back.
    if (before.notes.length > 0 && !confirm()) return;
    const outcome = await startFailover(this.#o.context(before.notes), from, evaluation, id);
    this.#o.ended('failover', outcome);
  }

  /** Maintenance whose time is over. */
  async endMaintenance(): Promise<void> {
    const { newId, context, log, group } = this.#o;
    try {
      await adopt(context([]), { id: newId(), target: null, requestedBy: null, task: null });
      this.#adoptionRefused = null;
    } catch (error) {
      if (!(error instanceof AdoptionRefusedError)) throw error;
      if (this.#adoptionRefused === error.message) return;
      this.#adoptionRefused = error.message;
      const reason = `the time of the maintenance is over, but it goes on: ${error.message}`;
      log.error(`${group}: ${reason}`, { group });
      this.#enter({ ...this.#entry('adopt', 'refused', reason), id: newId() });
    }
  }

  /** Why maintenance whose time is over goes on. */
  get adoptionRefused(): string | null {
    return this.#adoptionRefused;
  }

  /** Runs the hooks that come after an operation, behind the group's back. */
  after(kind: Journal['operation'], outcome: OperationOutcome): void {
    const { hooks, engineId, group, clock, newId, context } = this.#o;
    const { operation } = outcome;
    if (hooks === null || operation === undefined || kind === 'election') return;
    const point = kind === 'failover' ? 'postFailover' : 'postSwitchover';
    const { id, from, to, epoch, requestedBy } = operation;
    const facts: HookFacts = {
      point,
      group,
      operation: kind,
      id,
      from,
      to,
      epoch,
      reason: outcome.reason,
      requestedBy,
      engine: engineId,
      atMs: Math.round(clock.wallMs()),
      result: outcome.result,
      phasesMs: outcome.phasesMs,
    };
    hooks.after(context([]).view().policy.hooks[point], facts, (results) => {
      const failed = results.some((r) => r.outcome !== 'ok');
      this.#enter({
        ...this.#entry('hooks', failed ? 'failed' : 'done', `after the ${kind}`),
        id: newId(),
        from,
        to,
        epoch,
        reason: `${point} of ${id}: ${results.map((r) => `${r.name} ${r.outcome}`).join(', ')}`,
        notes: results.map(hookResultText),
      });
    });
  }

  /** An evaluation that is worth an entry of the history gets one. */
  note(evaluation: Evaluation, view: GroupView): void {
    const entry = this.#notable.next(evaluation, view);
    if (entry !== null) this.#enter({ ...entry, id: this.#o.newId() });
  }

  /** Writes the entries that no operation writes. */
  async flush(): Promise<void> {
    const { ledger } = this.#o;
    if (this.#pending.length === 0) return;
    await ledger.read({ timeoutMs: stepTimeoutMs });
    for (let history = this.#pending[0]; history !== undefined; history = this.#pending[0]) {
      await ledger.commit({ history }, { timeoutMs: stepTimeoutMs });
      this.#pending = this.#pending.filter((entry) => entry !== history);
    }
  }

  /** What a switchover would do and what is in its way. Writes nothing. */
  checkSwitchover(target: MemberKey | null): Promise<SwitchoverReport> {
    return checkSwitchover(this.#o.context([]), target);
  }

  async #switchover(task: GroupTask, evaluation: Evaluation): Promise<boolean> {
    const context = this.#o.context([]);
    const target = textOf(task, 'target');
    const report = await checkSwitchover(context, target);
    const scheduled = numberOf(task, 'notBeforeMs') !== null;
    const ill = scheduled ? whyNotHealthy(evaluation) : null;
    const problems = report.checks.filter(({ ok }) => !ok).map(({ detail }) => detail);
    if (scheduled && (ill !== null || problems.length > 0)) {
      const reason = ill ?? problems.join('; ');
      if (numberOf(task, 'notAfterMs') === null) throw new SwitchoverRefusedError(reason);
      this.#postponed.set(task.name, { untilMs: this.#o.clock.monotonicMs() + laterMs, reason });
      return false;
    }
    const plan = requirePlan(report);
    const id = this.#o.newId();
    const { requestedBy } = task;
    const before = await this.#before({
      operation: 'switchover',
      id,
      from: plan.from,
      to: plan.to,
      reason: `asked for by ${requestedBy}`,
      requestedBy,
    });
    if (before.veto !== null) throw new SwitchoverRefusedError(before.veto);
    const request = { id, target, requestedBy, task: task.name };
    this.#o.ended('switchover', await startSwitchover(this.#o.context(before.notes), request));
    return true;
  }

  async #failoverByHand(task: GroupTask): Promise<void> {
    const target = textOf(task, 'target');
    const allowDataLoss = task.args['allowDataLoss'] === true;
    const { requestedBy } = task;
    // A person may know of a death before the engine has seen it.
    await this.#o.lookAgain();
    const view = this.#o.context([]).view();
    const plan = planFailover(view, { target, allowDataLoss });
    const id = this.#o.newId();
    const reason = `asked for by ${requestedBy}${allowDataLoss ? ', losses accepted' : ''}`;
    const before = await this.#before({
      operation: 'failover',
      id,
      from: plan.from,
      to: target,
      reason,
      requestedBy,
    });
    if (before.veto !== null) throw new FailoverRefusedError(before.veto);
    const outcome = await startFailover(
      this.#o.context([...plan.notes, ...before.notes]),
      plan.from,
      { reason },
      id,
      { target, requestedBy, task: task.name, allowDataLoss },
    );
    if (outcome.result === 'refused') throw new FailoverRefusedError(outcome.reason);
    this.#o.ended('failover', outcome);
  }

  async #adopt(task: GroupTask): Promise<void> {
    const context = this.#o.context([]);
    if (context.view().maintenance === null)
      throw new AdoptionRefusedError(`${this.#o.group} is not in maintenance`);
    const { requestedBy } = task;
    await adopt(context, {
      id: this.#o.newId(),
      target: textOf(task, 'target'),
      requestedBy,
      task: task.name,
    });
    this.#adoptionRefused = null;
  }

  async #before(
    what: Pick<HookFacts, 'operation' | 'id' | 'from' | 'to' | 'reason' | 'requestedBy'>,
  ): Promise<{ veto: string | null; notes: readonly string[] }> {
    const { hooks, engineId, group, clock, context } = this.#o;
    const view = context([]).view();
    const point = what.operation === 'failover' ? 'preFailover' : 'preSwitchover';
    const names = view.policy.hooks[point];
    if (hooks === null || names.length === 0) return { veto: null, notes: [] };
    const epoch = Math.max(view.primary?.epoch ?? 0, view.route?.epoch ?? 0) + 1;
    const facts = {
      ...what,
      point,
      group,
      epoch,
      engine: engineId,
      atMs: Math.round(clock.wallMs()),
    } as const;
    const { veto, results } = await hooks.before(names, facts, view.policy.hookFailure);
    return { veto, notes: results.map((r: HookResult) => hookResultText(r)) };
  }

  async #refuse(task: GroupTask, reason: string): Promise<void> {
    const { ledger, log, group, newId } = this.#o;
    const records = await ledger.read({ timeoutMs: stepTimeoutMs });
    await ledger.commit(
      {
        finishedTask: task.name,
        history: {
          ...this.#entry(task.kind, 'refused', reason),
          id: newId(),
          from: records.primary?.primary ?? null,
          epoch: records.primary?.epoch ?? 0,
          task: task.name,
          requestedBy: task.requestedBy,
        },
      },
      { timeoutMs: stepTimeoutMs },
    );
    this.#postponed.delete(task.name);
    log.warn(`${task.kind} of ${group} refused: ${reason}`, { group, task: task.name });
  }

  #entry(kind: string, result: HistoryEntry['result'], reason: string): Omit<HistoryEntry, 'id'> {
    const { primary } = this.#o.context([]).view();
    return {
      kind,
      result,
      atMs: this.#o.clock.wallMs(),
      from: primary?.primary ?? null,
      to: null,
      epoch: primary?.epoch ?? 0,
      reason,
      phasesMs: {},
      task: null,
      notes: [],
    };
  }

  /** Said again and again, the same is written once. */
  #enter(entry: HistoryEntry): void {
    const same = (e: HistoryEntry): boolean => e.kind === entry.kind && e.reason === entry.reason;
    if (entry.result === 'refused' && this.#lastRefusal !== null && same(this.#lastRefusal)) return;
    this.#lastRefusal =
      entry.result === 'refused' ? entry : entry.kind === 'hooks' ? this.#lastRefusal : null;
    this.#pending.push(entry);
    if (this.#pending.length > pendingMax) this.#pending.shift();
  }
  #lastRefusal: HistoryEntry | null = null;
}

/** Why a switchover that was planned for this time had better not happen now. */
function whyNotHealthy({ alerts, action, reason }: Evaluation): string | null {
  if (action.kind === 'failover' || action.kind === 'wait' || action.kind === 'elect') return reason;
  const serious = alerts.filter(({ name }) => !name.startsWith('replica-'));
  return serious.length === 0
    ? null
    : serious.map(({ name, evidence }) => `${name}: ${evidence.join(', ')}`).join('; ');
}

function numberOf({ args }: GroupTask, key: string): number | null {
  const value = args[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function textOf({ args }: GroupTask, key: string): string | null {
  const value = args[key];
  return typeof value === 'string' && value !== '' ? value : null;
}
