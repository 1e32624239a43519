import type { Route } from '../core/model.js';
import {
  OwnershipLostError,
  TaskWithdrawnError,
  type Clock,
  type Deadline,
  type GroupLedger,
  type GroupRecords,
  type LedgerChange,
} from '../ports.js';
import { readDocument, writeDocument, type GroupDocument } from './group-document.js';
import { StoreConflictError, type GroupStore, type StoreVersion } from './group-store.js';

export interface DocumentLedgerOptions {
  readonly group: string;
  readonly engine: string;
  readonly store: GroupStore;
  readonly clock: Clock;
  /** Names a write or a claim; never the same twice. */
  readonly newId: () => string;
  /** Told of each route that was written; the write gate of a switchover waits until it resolves. */
  readonly applyRoute: (route: Route) => Promise<void>;
  readonly changed: () => void;
}

const tries = 4;

/**
 * The records of one group in a `GroupStore`. Whoever claims a group is its owner from then on; every write of an earlier
 * owner fails, because it is conditional on the version that it has read last and the claim was a write.
 */
export class DocumentLedger implements GroupLedger {
  readonly #o: DocumentLedgerOptions;
  readonly #claim: string;
  #document: GroupDocument;
  #version: StoreVersion | null;
  #lost: string | null = null;
  #applied: { readonly version: number; readonly done: Promise<boolean> } | null = null;
  /** One write at a time: a task that is added meanwhile must not look like another owner. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: DocumentLedgerOptions, document: GroupDocument, version: StoreVersion | null) {
    this.#o = options;
    this.#claim = document.owner.claim;
    this.#document = document;
    this.#version = version;
  }

  /** Becomes the owner of the group. `first`: what is known of a group that was never stored. */
  static async claim(
    options: DocumentLedgerOptions,
    first: Pick<GroupDocument, 'primary'>,
  ): Promise<DocumentLedger> {
    const { group, engine, store, newId } = options;
    const stored = await store.load();
    const before: Omit<GroupDocument, 'owner' | 'write'> =
      stored === null
        ? {
            group,
            ...first,
            route: null,
            maintenance: null,
            journal: null,
            tasks: [],
            tasksBegun: 0,
            history: [],
            lastFailoverWallMs: null,
          }
        : readDocument(stored.text, group);
    const document = { ...before, owner: { engine, claim: newId() }, write: newId() };
    const ledger = new DocumentLedger(options, document, stored?.version ?? null);
    await ledger.#inTurn(() => ledger.#save(document));
    return ledger;
  }

  /** As it was read or written last. */
  get document(): GroupDocument {
    return this.#document;
  }

  async read(_deadline?: Deadline): Promise<GroupRecords> {
    await this.#inTurn(() => this.#load());
    const { primary, route, maintenance, journal } = this.#document;
    return { primary, route, maintenance, journal };
  }

  async commit(change: LedgerChange, _deadline?: Deadline): Promise<void> {
    await this.#inTurn(() => this.#save(this.#with(change)));
    if (change.route !== undefined) this.#apply(change.route);
  }

  /** Changes what only this process changes: tasks, maintenance. */
  async update(change: (document: GroupDocument) => GroupDocument): Promise<void> {
    await this.#inTurn(() => this.#save(change(this.#document)));
  }

  assertOwner(): void {
    if (this.#lost !== null) throw new OwnershipLostError(this.#o.group, this.#lost);
  }

  hasTask(name: string): Promise<boolean> {
    return Promise.resolve(this.#document.tasks.some((task) => task.name === name));
  }

  async waitRouterAcks(version: number, { timeoutMs, signal }: Deadline): Promise<boolean> {
    const applied = this.#applied;
    if (applied === null || applied.version < version) return true;
    const over = new AbortController();
    const late = this.#o.clock.sleep(timeoutMs, signal ?? over.signal).then(() => false);
    try {
      return await Promise.race([applied.done, late]);
    } finally {
      over.abort();
    }
  }

  #apply(route: Route): void {
    const done = this.#o.applyRoute(route).then(
      () => true,
      () => false,
    );
    this.#applied = { version: route.version, done };
  }

  #with(change: LedgerChange): GroupDocument {
    const before = this.#document;
    const { requiredTask, finishedTask, history } = change;
    if (requiredTask !== undefined && !before.tasks.some((task) => task.name === requiredTask))
      throw new TaskWithdrawnError(requiredTask);
    const isFailover = history?.kind === 'failover' && history.result === 'done';
    return {
      ...before,
      primary: change.primary ?? before.primary,
      route: change.route ?? before.route,
      journal: change.journal === undefined ? before.journal : change.journal,
      maintenance: change.maintenance === null ? null : before.maintenance,
      tasks: before.tasks.filter((task) => task.name !== finishedTask),
      history: history === undefined ? before.history : [...before.history, history],
      lastFailoverWallMs: isFailover ? this.#o.clock.wallMs() : before.lastFailoverWallMs,
    };
  }

  async #load(): Promise<void> {
    this.assertOwner();
    const stored = await this.#o.store.load();
    if (stored === null) throw this.#ends('its document is gone');
    const document = readDocument(stored.text, this.#o.group);
    if (document.owner.claim !== this.#claim) throw this.#ends(`${document.owner.engine} has claimed it`);
    this.#document = document;
    this.#version = stored.version;
  }

  async #save(wanted: GroupDocument): Promise<void> {
    this.assertOwner();
    const document = { ...wanted, write: this.#o.newId() };
    const text = writeDocument(document);
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#version = await this.#o.store.save(text, this.#version);
        break;
      } catch (error) {
        if (!(error instanceof StoreConflictError) && attempt >= tries) throw error;
        // Its answer may have been lost: then what is there is what was to be written.
        const stored = await this.#o.store.load();
        const there = stored === null ? null : readDocument(stored.text, this.#o.group);
        if (there?.write === document.write && stored !== null) {
          this.#version = stored.version;
          break;
        }
        if (error instanceof StoreConflictError || stored?.version !== this.#version) {
          throw this.#ends(`${there?.owner.engine ?? 'somebody'} has written to it`);
        }
      }
    }
    this.#document = document;
    this.#o.changed();
  }

  #ends(reason: string): OwnershipLostError {
    this.#lost = reason;
    return new OwnershipLostError(this.#o.group, reason);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
