import type { HistoryEntry, Journal, JournalStep } from '../core/journal.js';
import type { MemberKey, PrimaryRecord, Route } from '../core/model.js';
import type { GroupRecords, LedgerChange } from '../ports.js';
import {
  stepTimeoutMs,
  type OperationContext,
  type OperationOutcome,
  type OperationResult,
} from './context.js';

export type RouteChange = Pick<Route, 'write' | 'read' | 'reason'>;
type Change = Omit<LedgerChange, 'journal' | 'history' | 'route'> & { readonly route?: RouteChange };

/**
 * Keeps the journal of one operation. Every write goes through here together with the journal's next step, so that
 * there is never a deed without the note that it may have been done.
 */
export class Recorder {
  readonly notes: string[];
  #journal: Journal;
  #route: Route | null;
  #primary: PrimaryRecord | null;
  readonly #context: OperationContext;

  constructor(context: OperationContext, journal: Journal, records: GroupRecords) {
    this.#context = context;
    this.notes = [...(context.notes ?? [])];
    this.#journal = journal;
    this.#route = records.route;
    this.#primary = records.primary;
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** The route as this operation read or wrote it last. */
  get route(): Route | null {
    return this.#route;
  }

  /** The group's primary as this operation read or wrote it last. */
  get primary(): PrimaryRecord | null {
    return this.#primary;
  }

  get candidate(): MemberKey {
    const { candidate } = this.#journal;
    if (candidate === null)
      throw new Error(`the journal of ${this.#journal.id} names no candidate at ${this.#journal.step}`);
    return candidate;
  }

  /** Notes when a phase was reached (first time only). */
  mark(phase: string): void {
    if (this.#journal.phasesMs[phase] !== undefined) return;
    // The clock of an engine that took over may be behind the one that began: no phase comes before the beginning.
    const elapsedMs = Math.max(0, this.#context.clock.wallMs() - this.#journal.startedAtMs);
    const ms = Math.round(elapsedMs * 10) / 10;
    this.#journal = { ...this.#journal, phasesMs: { ...this.#journal.phasesMs, [phase]: ms } };
  }

  note(text: string): void {
    this.notes.push(text);
    this.#context.log.warn(text, { group: this.#context.group, operation: this.#journal.id });
  }

  /** Whom to read from while the group changes hands: whoever was read from, without those who change roles. */
  readersWithout(...members: MemberKey[]): MemberKey[] {
    return (this.#route?.read ?? []).filter((key) => !members.includes(key));
  }

  /** Goes to a step: the journal and what belongs to it are written at once. */
  async enter(step: JournalStep, change: Change = {}, candidate?: MemberKey): Promise<void> {
    this.#journal = {
      ...this.#journal,
      step,
      owner: this.#context.engineId,
      candidate: candidate ?? this.#journal.candidate,
    };
    await this.#commit(change, { journal: this.#journal });
  }

  /** Ends the operation: history in, journal out. */
  async finish(result: OperationResult, reason: string, change: Change = {}): Promise<OperationOutcome> {
    const { operation, id, epoch, oldPrimary, candidate, task, startedAtMs, phasesMs, requestedBy } =
      this.#journal;
    const history: HistoryEntry = {
      kind: operation,
      result,
      id,
      atMs: startedAtMs,
      from: oldPrimary,
      to: result === 'done' ? candidate : null,
      epoch,
      reason,
      phasesMs,
      task,
      requestedBy,
      notes: this.notes,
    };
    await this.#commit(change, { journal: null, history, ...(task === null ? {} : { finishedTask: task }) });
    this.#context.refresh();
    this.#context.log.info(`${operation} of ${this.#context.group} ${result}: ${reason}`, {
      group: this.#context.group,
      operation: id,
      phasesMs,
    });
    const operationOf = { id, from: oldPrimary, to: history.to, epoch, requestedBy };
    return { result, reason, phasesMs, operation: operationOf };
  }

  async #commit({ route: change, ...rest }: Change, own: LedgerChange): Promise<void> {
    const route: Route | null =
      change === undefined
        ? null
        : { ...change, epoch: this.#journal.epoch, version: (this.#route?.version ?? 0) + 1 };
    await this.#context.ledger.commit(
      { ...rest, ...own, ...(route === null ? {} : { route }) },
      { timeoutMs: stepTimeoutMs },
    );
    this.#route = route ?? this.#route;
    this.#primary = rest.primary ?? this.#primary;
  }
}
