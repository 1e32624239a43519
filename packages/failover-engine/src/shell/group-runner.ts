import type { Choice } from '../core/candidates.js';
import { evaluate, failoverCandidates, type Evaluation } from '../core/decide.js';
import type { Journal } from '../core/journal.js';
import type {
  GroupView,
  Maintenance,
  MemberKey,
  MemberView,
  PrimaryRecord,
  Route,
  StoreSteadiness,
} from '../core/model.js';
import type { GroupPolicy } from '@dcmha/zk-schema';
import {
  settle,
  stepTimeoutMs,
  type OperationContext,
  type OperationOutcome,
} from '../operations/context.js';
import { resumeElection, startElection } from '../operations/elect.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { SwitchoverReport } from '../operations/check-switchover.js';
import { resumeFailover } from '../operations/failover.js';
import { restoreSettings } from '../operations/restore-settings.js';
import { resumeSwitchover } from '../operations/switchover.js';
import { closeOthers, publishRoute, reopen } from '../operations/upkeep.js';
import {
  OwnershipLostError,
  type AgentControl,
  type Clock,
  type EngineLogger,
  type GroupLedger,
  type ManagedServerControl,
} from '../ports.js';
import { GroupDesk, type WaitingTask } from './group-desk.js';
import type { GroupTask } from './group-task.js';
import { MemberObserver } from './member-observer.js';
import type { Permit, Permits } from './permits.js';
import { SecondOpinions } from './second-opinions.js';

/** What the coordination store says of one member. */
export interface MemberRecord extends Omit<
  MemberView,
  'probe' | 'state' | 'readAtMs' | 'opinions' | 'lastLagMs'
> {
  readonly agentControl: AgentControl | null;
}

/** What the coordination store says of the group; read from memory, as often as wanted. */
export interface GroupInputs {
  readonly policy: GroupPolicy;
  /** Why the policy is refused; the group is left alone then. */
  readonly refusedPolicy?: readonly string[];
  readonly primary: PrimaryRecord | null;
  readonly route: Route | null;
  readonly maintenance: Maintenance | null;
  readonly journal: Journal | null;
  readonly members: readonly MemberRecord[];
  readonly tasks: readonly GroupTask[];
  readonly lastFailoverWallMs: number | null;
  readonly storeConnected: boolean;
  readonly store?: StoreSteadiness;
}

export interface GroupRunnerOptions {
  readonly engineId: string;
  readonly group: string;
  readonly clock: Clock;
  /** Names an operation; never the same twice. */
  readonly newId: () => string;
  readonly log: EngineLogger;
  readonly ledger: GroupLedger;
  /** `null` while the group cannot be read (removed, or a value that does not parse). */
  readonly inputs: () => GroupInputs | null;
  readonly connect: (member: MemberKey) => ManagedServerControl;
  readonly timing: {
    readonly primaryIntervalMs: number;
    readonly replicaIntervalMs: number;
    readonly timeoutMs: number;
  };
  /** Shared by the groups of an engine: an operation takes one and gives it back. */
  readonly permits: Permits;
  /** Around operations, as the policy names them; missing: none is known. */
  readonly hooks?: HookRunner;
  /** An operation has ended, its history is written. */
  readonly finished: (what: {
    readonly kind: Journal['operation'];
    readonly result: OperationOutcome['result'];
  }) => void;
  /** Told of each evaluation and what it was made from; must not throw. */
  readonly evaluated?: (view: GroupView, evaluation: Evaluation) => void;
  /** The group must not be run by this engine any more. */
  readonly ownershipLost: () => void;
}

/** What `dcmha explain` shows. */
export interface Explanation {
  /** Newest first. */
  readonly evaluations: readonly Evaluation[];
  /** Who would be promoted if the primary failed over now, and of everybody else why not. */
  readonly candidates: Choice | null;
  readonly tasks: readonly WaitingTask[];
  readonly maintenance:
    (Maintenance & { /** Its time is over, and why it goes on. */ readonly refused: string | null }) | null;
}

const evaluationsKept = 50;
const tickMs = 1_000;
const retryMsMin = 1_000;
const retryMsMax = 30_000;

interface Watched {
  readonly control: ManagedServerControl;
  readonly observer: MemberObserver;
}

/** Runs one group that this engine owns: observes, evaluates on every change, carries out, one thing at a time. */
export class GroupRunner {
  readonly #o: GroupRunnerOptions;
  readonly #members = new Map<MemberKey, Watched>();
  readonly #evaluations: Evaluation[] = [];
  readonly #stopped = new AbortController();
  readonly #opinions: SecondOpinions;
  readonly #desk: GroupDesk;
  /** Settings that could not be given back are tried again then. */
  #settingsAtMs = 0;
  /** Since when each symptom of the last evaluation has lasted. */
  #symptomsSince: ReadonlyMap<string, number> = new Map();
  #wake = new AbortController();
  #retryAtMs = 0;
  #retryMs = retryMsMin;
  /** An operation has changed the servers since they were last looked at. */
  #seenIsOld = false;
  /** As of the last look: it is asked more often than the others. */
  #primary: MemberKey | null = null;
  #permit: Permit | null = null;
  #keepsPermit = false;
  readonly #done: Promise<void>;

  constructor(options: GroupRunnerOptions) {
    this.#o = options;
    this.#opinions = new SecondOpinions(
      options.clock,
      () => this.notify(),
      () => {
        for (const { observer } of this.#members.values()) observer.lookNow();
      },
    );
    const { engineId, group, clock, newId, log, ledger, hooks = null } = options;
    this.#desk = new GroupDesk({
      engineId,
      group,
      clock,
      newId,
      log,
      ledger,
      hooks,
      context: (notes) => ({ ...this.#context(), notes }),
      lookAgain: () => this.lookAgain(),
      ended: (kind, outcome) => this.#after(kind, outcome),
    });
    this.#done = this.#run();
  }

  /** Newest first. */
  get evaluations(): readonly Evaluation[] {
    return this.#evaluations;
  }

  explain(): Explanation {
    const view = this.view();
    const { adoptionRefused } = this.#desk;
    return {
      evaluations: this.#evaluations,
      candidates: view === null ? null : failoverCandidates(view),
      tasks: this.#desk.waiting(this.#o.inputs()?.tasks ?? []),
      maintenance: view?.maintenance == null ? null : { ...view.maintenance, refused: adoptionRefused },
    };
  }

  /** What a switchover would do now and what is in its way. Writes nothing. `null` while the group cannot be read. */
  async checkSwitchover(target: MemberKey | null): Promise<SwitchoverReport | null> {
    return this.view() === null ? null : this.#desk.checkSwitchover(target);
  }

  /** Something changed: look again now. */
  notify(): void {
    this.#wake.abort();
  }

  /** The server was reported gone: whatever was read of it before is doubtful. */
  memberNews(member: MemberKey, detail: string): void {
    this.#members.get(member)?.observer.doubt(detail);
    this.notify();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    this.#opinions.stop();
    await this.#done;
    await Promise.all([...this.#members.values()].map((w) => this.#forget(w)));
    this.#members.clear();
  }

  view(): GroupView | null {
    const inputs = this.#o.inputs();
    if (inputs === null) return null;
    this.#primary = inputs.primary?.primary ?? null;
    this.#watchMembers(inputs);
    return {
      group: this.#o.group,
      nowMs: this.#o.clock.monotonicMs(),
      wallMs: this.#o.clock.wallMs(),
      policy: inputs.policy,
      primary: inputs.primary,
      route: inputs.route,
      maintenance: inputs.maintenance,
      lastFailoverWallMs: inputs.lastFailoverWallMs,
      operation:
        inputs.journal === null
          ? null
          : `${inputs.journal.operation} ${inputs.journal.id} (${inputs.journal.step})`,
      storeConnected: inputs.storeConnected,
      symptomsSince: this.#symptomsSince,
      ...(inputs.store === undefined ? {} : { store: inputs.store }),
      ...(inputs.refusedPolicy === undefined ? {} : { refusedPolicy: inputs.refusedPolicy }),
      members: inputs.members.map((record) => this.#member(record, inputs)),
    };
  }

  #member({ agentControl: _, ...record }: MemberRecord, inputs: GroupInputs): MemberView {
    const observer = this.#members.get(record.key)?.observer;
    const probe = observer?.probe ?? { outcome: 'unknown' as const, sinceMs: 0, detail: 'not watched' };
    const others = inputs.members.flatMap(({ key, agentControl }) =>
      key === record.key || agentControl === null ? [] : [{ by: key, agent: agentControl }],
    );
    return {
      ...record,
      probe,
      state: observer?.state ?? null,
      lastLagMs: observer?.lastLagMs ?? null,
      readAtMs: observer?.readAtMs ?? 0,
      opinions:
        record.key === inputs.primary?.primary
          ? this.#opinions.of(record.key, probe, others, inputs.policy)
          : [],
    };
  }

  #watchMembers(inputs: GroupInputs): void {
    const wanted = new Set(inputs.members.map((m) => m.key));
    for (const [key, watched] of this.#members) {
      if (wanted.has(key)) continue;
      this.#members.delete(key);
      void this.#forget(watched);
    }
    for (const key of wanted) {
      if (this.#members.has(key) || this.#stopped.signal.aborted) continue;
      const control = this.#o.connect(key);
      const timing = () => ({
        timeoutMs: this.#o.timing.timeoutMs,
        intervalMs:
          this.#primary === key ? this.#o.timing.primaryIntervalMs : this.#o.timing.replicaIntervalMs,
      });
      this.#members.set(key, {
        control,
        observer: new MemberObserver(control, this.#o.clock, timing, () => this.notify()),
      });
    }
  }

  async #forget(watched: Watched): Promise<void> {
    watched.observer.stop();
    await watched.control.release();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#wake = new AbortController();
      let waitMs = tickMs;
      try {
        waitMs = await this.#cycle();
        this.#retryMs = this.#retryAtMs === 0 ? retryMsMin : this.#retryMs;
      } catch (error) {
        if (error instanceof OwnershipLostError) {
          this.#o.log.warn(error.message, { group: this.#o.group });
          this.#o.ownershipLost();
          return;
        }
        this.#backOff();
        this.#o.log.error(`${this.#o.group}: ${error instanceof Error ? error.message : String(error)}`, {
          group: this.#o.group,
          stack: error instanceof Error ? error.stack : undefined,
        });
      } finally {
        if (!this.#keepsPermit) {
          this.#permit?.release();
          this.#permit = null;
        }
        this.#keepsPermit = false;
      }
      await this.#o.clock.sleep(waitMs, this.#wake.signal);
    }
  }

  #backOff(): void {
    this.#retryAtMs = this.#o.clock.monotonicMs() + this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, retryMsMax);
  }

  /** Resolves when every member was looked at once more. */
  async lookAgain(): Promise<void> {
    // Whoever is not watched yet is from now on.
    this.view();
    await Promise.all([...this.#members.values()].map(({ observer }) => observer.fresh()));
  }

  /** May begin an operation now. False when the permit had to be waited for: what was decided may be out of date. */
  async #mayOperate(): Promise<boolean> {
    if (this.#permit !== null) return true;
    const taken = await settle(this.#o.permits.take(this.#stopped.signal));
    if (!taken.ok) return false;
    this.#permit = taken.value;
    this.#keepsPermit = taken.value.waited;
    return !taken.value.waited;
  }

  /** One look and at most one deed. Returns how long to wait for the next look, unless something changes before. */
  async #cycle(): Promise<number> {
    if (this.#seenIsOld) {
      this.#seenIsOld = false;
      await this.lookAgain();
    }
    const view = this.view();
    const inputs = this.#o.inputs();
    if (view === null || inputs === null || !inputs.storeConnected) return tickMs;
    const now = this.#o.clock.monotonicMs();
    // What a person asks for does not wait until the engine tries again by itself.
    const task = this.#desk.due(inputs.tasks);
    if (now < this.#retryAtMs && task === null) return this.#retryAtMs - now;
    this.#retryAtMs = 0;

    if (inputs.journal !== null) {
      if (!(await this.#mayOperate())) return 0;
      await this.#resume();
      return 0;
    }
    const evaluation = evaluate(view);
    this.#keep(evaluation);
    this.#symptomsSince = new Map(evaluation.diagnoses.map(({ name, sinceMs }) => [name, sinceMs]));
    this.#o.evaluated?.(view, evaluation);
    const { action } = evaluation;
    this.#desk.note(evaluation, view);
    if (task !== null && (action.kind !== 'failover' || task.kind === 'failover')) {
      if (!(await this.#mayOperate())) return 0;
      if (await this.#desk.carryOut(task, evaluation)) return 0;
    }
    if (action.kind !== 'failover' && action.kind !== 'elect') await this.#desk.flush();
    switch (action.kind) {
      case 'none':
        return tickMs;
      case 'wait':
        return Math.max(1, Math.min(tickMs, action.untilMs - now));
      case 'failover':
        if (!(await this.#mayOperate())) return 0;
        await this.#desk.failover(action.from, evaluation, () => {
          const now = this.view();
          return now !== null && evaluate(now).action.kind === 'failover';
        });
        return 0;
      case 'adopt':
        await this.#desk.endMaintenance();
        return tickMs;
      case 'elect':
        if (!(await this.#mayOperate())) return 0;
        this.#after(
          'election',
          await startElection(this.#context(), action.member, evaluation, this.#o.newId()),
        );
        return 0;
      case 'restore-settings': {
        if (now < this.#settingsAtMs) return tickMs;
        const problems = await restoreSettings(this.#context(), action.members);
        if (problems.length > 0) {
          this.#o.log.error(problems.join('; '), { group: this.#o.group });
          // What a server refuses now (a plugin that is not there) it refuses for long.
          this.#settingsAtMs = now + retryMsMax;
        }
        return tickMs;
      }
      case 'reopen':
        this.#o.log.warn(await reopen(this.#context(), action.member), { group: this.#o.group });
        return tickMs / 4;
      case 'close-others':
        await closeOthers(this.#context(), action.members);
        return tickMs / 4;
      case 'publish-route':
        await publishRoute(this.#context(), action.write, action.read, evaluation.reason);
        return tickMs / 4;
    }
  }

  async #resume(): Promise<void> {
    const records = await this.#o.ledger.read({ timeoutMs: stepTimeoutMs });
    const { journal } = records;
    if (journal === null) {
      // Finished already: the copy in memory is a moment old.
      await this.#o.clock.sleep(5, this.#stopped.signal);
      return;
    }
    const resume = { failover: resumeFailover, switchover: resumeSwitchover, election: resumeElection }[
      journal.operation
    ];
    this.#after(journal.operation, await resume(this.#context(), journal, records));
  }

  #after(kind: Journal['operation'], outcome: OperationOutcome): void {
    this.#o.finished({ kind, result: outcome.result });
    this.#desk.after(kind, outcome);
    if (outcome.result === 'failed' || outcome.result === 'refused') {
      this.#o.log.error(outcome.reason, { group: this.#o.group });
      this.#backOff();
    } else this.#retryMs = retryMsMin;
  }

  #keep(evaluation: Evaluation): void {
    const last = this.#evaluations[0];
    if (last?.reason === evaluation.reason) {
      this.#evaluations[0] = evaluation;
      return;
    }
    this.#evaluations.unshift(evaluation);
    this.#evaluations.length = Math.min(this.#evaluations.length, evaluationsKept);
    const level = evaluation.alerts.length > 0 || evaluation.action.kind === 'failover' ? 'warn' : 'info';
    this.#o.log[level](evaluation.reason, { group: this.#o.group });
  }

  #context(): OperationContext {
    return {
      engineId: this.#o.engineId,
      group: this.#o.group,
      clock: this.#o.clock,
      log: this.#o.log,
      ledger: this.#o.ledger,
      server: (key) => {
        const watched = this.#members.get(key);
        if (watched === undefined) throw new Error(`${key} is not a member of ${this.#o.group}`);
        return watched.control;
      },
      agent: (key) => this.#o.inputs()?.members.find((m) => m.key === key)?.agentControl ?? null,
      view: () => {
        const view = this.view();
        if (view === null) throw new Error(`${this.#o.group} cannot be read from ZooKeeper any more`);
        return view;
      },
      refresh: () => {
        this.#seenIsOld = true;
      },
    };
  }
}
