import { isZooKeeperError, MultiError } from '@dcmha/zk-client';
import { NotOwnerError, type GroupOwner, type Store, type Stored, type StoreOp } from '@dcmha/zk-schema';
import type { Journal } from '../core/journal.js';
import {
  OwnershipLostError,
  TaskWithdrawnError,
  type Clock,
  type Deadline,
  type GroupLedger,
  type GroupRecords,
  type LedgerChange,
} from '../ports.js';
import {
  historyToValue,
  journalFromValue,
  journalToValue,
  maintenanceFromValue,
  primaryFromValue,
  primaryToValue,
  routeFromValue,
  routeToValue,
} from './records.js';

export interface ZkLedgerOptions {
  readonly store: Store;
  readonly owner: GroupOwner;
  readonly clock: Clock;
  /** What is known, a moment old, of whether a node is there. A wrong guess costs a second try. */
  readonly exists: (path: string) => boolean;
  /** Versions that the live routers of the group have acknowledged. */
  readonly acknowledged: () => readonly number[];
}

interface Records {
  readonly master: Stored<'master'> | null;
  readonly route: Stored<'route'> | null;
  readonly journal: Stored<'journal'> | null;
  readonly white: Stored<'white'> | null;
}

const commitTries = 4;
const ackPollMs = 2;

/**
 * The records of one group in ZooKeeper. Every commit is one multi that also checks that this engine still owns the
 * group, conditional on the records as this ledger read or wrote them last: a paused engine that wakes up late fails.
 */
export class ZkLedger implements GroupLedger {
  readonly #o: ZkLedgerOptions;
  #records: Records | null = null;

  constructor(options: ZkLedgerOptions) {
    this.#o = options;
  }

  get #group(): string {
    return this.#o.owner.group;
  }

  async read(deadline: Deadline): Promise<GroupRecords> {
    const { store } = this.#o;
    const params = { group: this.#group };
    const [master, route, journal, white] = await Promise.all([
      store.master.read(params, deadline),
      store.route.read(params, deadline),
      store.journal.read(params, deadline),
      store.white.read(params, deadline),
    ]);
    this.#records = { master, route, journal, white };
    return {
      primary: master === null ? null : primaryFromValue(master.value),
      route: route === null ? null : routeFromValue(route.value),
      journal: journal === null ? null : journalFromValue(journal.value),
      maintenance: white === null ? null : maintenanceFromValue(white.value),
    };
  }

  async commit(change: LedgerChange, deadline: Deadline): Promise<void> {
    const endMs = this.#o.clock.monotonicMs() + deadline.timeoutMs;
    const misjudged = new Set<string>();
    for (let tries = 1; tries <= commitTries; tries += 1) {
      const leftMs = endMs - this.#o.clock.monotonicMs();
      if (leftMs <= 0) break;
      const ops = this.#ops(change, misjudged);
      try {
        await this.#o.owner.multi(ops, { timeoutMs: leftMs });
        this.#wrote(change);
        return;
      } catch (error) {
        if (error instanceof NotOwnerError) throw new OwnershipLostError(this.#group, error.reason);
        if (error instanceof MultiError) this.#afterRefusal(error, ops, misjudged);
        else if (!isZooKeeperError(error) || !error.maybeApplied) throw error;
        else if (await this.#wasApplied(change, Math.max(1, endMs - this.#o.clock.monotonicMs()))) return;
      }
    }
    throw new Error(`the records of ${this.#group} could not be written within ${deadline.timeoutMs} ms`);
  }

  assertOwner(): void {
    const { owner, store } = this.#o;
    const reason =
      owner.lostReason ?? (store.zk.state === 'connected' ? null : `the session is ${store.zk.state}`);
    if (reason !== null) throw new OwnershipLostError(this.#group, reason);
  }

  async hasTask(name: string, deadline: Deadline): Promise<boolean> {
    return (await this.#o.store.task.read({ name }, deadline)) !== null;
  }

  async waitRouterAcks(version: number, { timeoutMs, signal }: Deadline): Promise<boolean> {
    const endMs = this.#o.clock.monotonicMs() + timeoutMs;
    for (;;) {
      if (this.#o.acknowledged().every((acked) => acked >= version)) return true;
      if (this.#o.clock.monotonicMs() >= endMs || signal?.aborted === true) return false;
      await this.#o.clock.sleep(ackPollMs, signal);
    }
  }

  #known(): Records {
    if (this.#records === null)
      throw new Error(`records of ${this.#group} are written without having been read`);
    return this.#records;
  }

  #ops(change: LedgerChange, misjudged: ReadonlySet<string>): StoreOp[] {
    const { store, clock } = this.#o;
    const { master, route, journal, white } = this.#known();
    const group = this.#group;
    const ops: StoreOp[] = [];
    if (change.primary !== undefined) {
      ops.push(store.master.opWrite({ group }, primaryToValue(change.primary), { over: master }));
    }
    if (change.route !== undefined) {
      ops.push(store.route.opWrite({ group }, routeToValue(change.route, clock.wallMs()), { over: route }));
    }
    if (change.journal === null) {
      if (journal !== null) ops.push(store.journal.opDelete({ group }, { version: journal.version }));
    } else if (change.journal !== undefined) {
      ops.push(
        store.journal.opWrite({ group }, journalToValue(change.journal), {
          version: journal?.version ?? 'absent',
        }),
      );
    }
    if (change.history !== undefined)
      ops.push(store.history.opAppend({ group }, historyToValue(change.history, group)));
    if (change.maintenance === null && white !== null)
      ops.push(store.white.opDelete({ group }, { version: white.version }));
    if (change.takeover !== undefined) ops.push(...this.#takeoverOps(change.takeover, misjudged));
    if (change.requiredTask !== undefined) {
      ops.push(store.task.opCheck({ name: change.requiredTask }, { version: 0 }));
    }
    if (change.finishedTask !== undefined)
      ops.push(store.task.opDelete({ name: change.finishedTask }, { version: 'any' }));
    return ops;
  }

  #takeoverOps(
    { oldPrimary, newPrimary, gtidExecuted }: NonNullable<LedgerChange['takeover']>,
    misjudged: ReadonlySet<string>,
  ): StoreOp[] {
    const { store, clock, exists } = this.#o;
    const condition = (path: string) => ({
      version: exists(path) !== misjudged.has(path) ? ('any' as const) : ('absent' as const),
    });
    const common = { group: this.#group, successor: newPrimary, atMs: Math.round(clock.wallMs()) };
    const read = { ...common, file: null, position: null, gtidReceived: gtidExecuted };
    const [executeParams, readParams] = [{ server: newPrimary }, { server: oldPrimary }];
    return [
      store.executeGtid.opWrite(
        executeParams,
        { ...common, gtidExecuted },
        condition(store.executeGtid.path(executeParams)),
      ),
      store.readbinlogStatus.opWrite(readParams, read, condition(store.readbinlogStatus.path(readParams))),
    ];
  }

  /** Returns when only a guess about the existence of an unversioned node was wrong: then it is tried the other way. */
  #afterRefusal(error: MultiError, ops: readonly StoreOp[], misjudged: Set<string>): void {
    const failed = ops[error.index];
    if (failed === undefined) throw error;
    const { path } = failed.op;
    if ((failed.node === 'executeGtid' || failed.node === 'readbinlogStatus') && !misjudged.has(path)) {
      misjudged.add(path);
      return;
    }
    if (failed.node === 'task') throw new TaskWithdrawnError(path);
    throw new OwnershipLostError(this.#group, `${failed.op.type} of ${path} was refused (${error.code})`);
  }

  /** Remembers what the multi has made of the records: each write raised the version by one. */
  #wrote(change: LedgerChange): void {
    const { master, route, journal, white } = this.#known();
    const next = <Node extends Stored<'master'> | Stored<'route'> | Stored<'journal'>>(
      before: Node | null,
      value: Node['value'],
    ): Node => ({ ...before, value, version: before === null ? 0 : before.version + 1 }) as Node;
    this.#records = {
      white: change.maintenance === null ? null : white,
      master:
        change.primary === undefined
          ? master
          : next<Stored<'master'>>(master, primaryToValue(change.primary)),
      route:
        change.route === undefined
          ? route
          : next<Stored<'route'>>(route, routeToValue(change.route, this.#o.clock.wallMs())),
      journal:
        change.journal === undefined
          ? journal
          : change.journal === null
            ? null
            : next<Stored<'journal'>>(journal, journalToValue(change.journal) as Stored<'journal'>['value']),
    };
  }

  /** The answer was lost: says whether the write happened, by what is there now. */
  async #wasApplied(change: LedgerChange, timeoutMs: number): Promise<boolean> {
    await this.#o.store.zk.waitConnected({ timeoutMs });
    const before = this.#known();
    const now = await this.read({ timeoutMs });
    const after = this.#known();
    if (await this.#isThere(change, now, timeoutMs)) return true;
    for (const key of ['master', 'route', 'journal'] as const) {
      if (before[key]?.version !== after[key]?.version) {
        throw new OwnershipLostError(this.#group, `${key} was written by somebody else meanwhile`);
      }
    }
    return false;
  }

  /** The first part of the change that leaves a trace tells of all of it. */
  async #isThere(change: LedgerChange, now: GroupRecords, timeoutMs: number): Promise<boolean> {
    if (change.journal !== undefined) return sameJournal(now.journal, change.journal);
    if (change.route !== undefined) {
      return now.route?.version === change.route.version && now.route.write === change.route.write;
    }
    if (change.finishedTask !== undefined) return !(await this.hasTask(change.finishedTask, { timeoutMs }));
    return change.maintenance === null && now.maintenance === null;
  }
}

function sameJournal(a: Journal | null, b: Journal | null): boolean {
  return a === null || b === null
    ? a === b
    : JSON.stringify(journalToValue(a)) === JSON.stringify(journalToValue(b));
}
