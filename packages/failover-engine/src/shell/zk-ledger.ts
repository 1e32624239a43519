import { isZooKeeperError, MultiError, type Op, type ZooKeeper } from '@dcmha/zk-client';
import { buildFolder, buildPath, type Layout, type NodeKey, type NodeParams } from '@dcmha/zk-schema';
import type { Journal } from '../core/journal.js';
import {
  OwnershipLostError,
  type Clock,
  type Deadline,
  type GroupLedger,
  type GroupRecords,
  type LedgerChange,
} from '../ports.js';
import { decode, encode } from './codec.js';
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
  readonly zk: ZooKeeper;
  readonly layout: Layout;
  readonly group: string;
  /** Version of `engine/fence/<group>` after this engine took ownership. */
  readonly fenceVersion: number;
  readonly clock: Clock;
  /** What is known, a moment old, of whether a node is there. Wrong guesses cost a second try. */
  readonly exists: (path: string) => boolean;
  /** Versions that the live routers of the group have acknowledged. */
  readonly acknowledged: () => readonly number[];
}

type Tracked = 'master' | 'route' | 'journal';
const tracked: readonly Tracked[] = ['master', 'route', 'journal'];

const commitTries = 4;
const ackPollMs = 2;
export const historyKept = 200;

/**
 * The records of one group in ZooKeeper. Every commit is one multi that also checks that the group's owner node is there
 * and that nobody has taken ownership since this engine did (the version of the fence counts the takings). So a paused
 * engine that wakes up late fails to write.
 */
export class ZkLedger implements GroupLedger {
  readonly #o: ZkLedgerOptions;
  /** Version of each record as this ledger read or wrote it last; `null`: there was none. */
  readonly #versions = new Map<Tracked, number | null>();

  constructor(options: ZkLedgerOptions) {
    this.#o = options;
  }

  async read({ timeoutMs, signal }: Deadline): Promise<GroupRecords> {
    const { group } = this.#o;
    const options = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
    const get = async <Key extends NodeKey>(key: Key, params: NodeParams<Key>) => {
      const path = this.#path(key, params);
      try {
        const { data, stat } = await this.#o.zk.get(path, options);
        return { value: decode(key, path, data), version: stat.version };
      } catch (error) {
        if (isZooKeeperError(error, 'NO_NODE')) return null;
        throw error;
      }
    };
    const [master, route, journal, white] = await Promise.all([
      get('master', { group }),
      get('route', { group }),
      get('journal', { group }),
      get('white', { group }),
    ]);
    this.#versions.set('master', master?.version ?? null);
    this.#versions.set('route', route?.version ?? null);
    this.#versions.set('journal', journal?.version ?? null);
    return {
      primary: master === null ? null : primaryFromValue(master.value),
      route: route === null ? null : routeFromValue(route.value),
      journal: journal === null ? null : journalFromValue(journal.value),
      maintenance: white === null ? null : maintenanceFromValue(white.value, this.#o.clock.wallMs()),
    };
  }

  async commit(change: LedgerChange, deadline: Deadline): Promise<void> {
    const endMs = this.#o.clock.monotonicMs() + deadline.timeoutMs;
    const flipped = new Set<string>();
    for (let tries = 1; ; tries += 1) {
      const leftMs = endMs - this.#o.clock.monotonicMs();
      if (leftMs <= 0 || tries > commitTries) {
        throw new Error(
          `the records of ${this.#o.group} could not be written within ${deadline.timeoutMs} ms`,
        );
      }
      const { ops, after } = this.#ops(change, flipped);
      try {
        await this.#o.zk.multi(ops, { timeoutMs: leftMs });
        for (const [key, version] of after) this.#versions.set(key, version);
        return;
      } catch (error) {
        if (error instanceof MultiError) {
          this.#explainRefusal(error, ops, flipped);
          continue;
        }
        if (!isZooKeeperError(error) || !error.maybeApplied) throw error;
        if (await this.#wasApplied(change, Math.max(1, endMs - this.#o.clock.monotonicMs()))) return;
      }
    }
  }

  assertOwner(): void {
    const { zk, group } = this.#o;
    if (zk.state !== 'connected' || zk.remainingMs() <= 0) {
      throw new OwnershipLostError(
        group,
        `its ZooKeeper session is ${zk.state}, ${Math.round(zk.remainingMs())} ms remain`,
      );
    }
  }

  async hasTask(name: string, { timeoutMs }: Deadline): Promise<boolean> {
    return (await this.#o.zk.exists(this.#path('task', { name }), { timeoutMs })) !== null;
  }

  async waitRouterAcks(version: number, { timeoutMs, signal }: Deadline): Promise<boolean> {
    const endMs = this.#o.clock.monotonicMs() + timeoutMs;
    for (;;) {
      if (this.#o.acknowledged().every((acked) => acked >= version)) return true;
      if (this.#o.clock.monotonicMs() >= endMs || signal?.aborted === true) return false;
      await this.#o.clock.sleep(ackPollMs, signal);
    }
  }

  #path<Key extends NodeKey>(key: Key, params: NodeParams<Key>): string {
    return buildPath(this.#o.layout, key, params);
  }

  #ops(
    change: LedgerChange,
    flipped: ReadonlySet<string>,
  ): { ops: Op[]; after: Map<Tracked, number | null> } {
    const { group, layout } = this.#o;
    const after = new Map<Tracked, number | null>();
    const ops: Op[] = [
      { type: 'check', path: this.#path('engineOwner', { group }), version: 0 },
      { type: 'check', path: this.#path('engineFence', { group }), version: this.#o.fenceVersion },
    ];
    const put = (key: Tracked, data: string): void => {
      const path = this.#path(key, { group });
      const version = this.#versions.get(key);
      if (version === undefined) throw new Error(`${key} of ${group} is written without having been read`);
      if (version === null) ops.push({ type: 'create', path, data });
      else ops.push({ type: 'set', path, data, version });
      after.set(key, version === null ? 0 : version + 1);
    };
    if (change.primary !== undefined) put('master', encode('master', primaryToValue(change.primary)));
    if (change.route !== undefined)
      put('route', encode('route', routeToValue(change.route, this.#o.clock.wallMs())));
    if (change.journal != null) put('journal', encode('journal', journalToValue(change.journal)));
    const journalVersion = this.#versions.get('journal');
    if (change.journal === null && journalVersion != null) {
      ops.push({ type: 'delete', path: this.#path('journal', { group }), version: journalVersion });
      after.set('journal', null);
    }
    if (change.history !== undefined) {
      const path = `${buildFolder(layout, 'history', { group })}/entry-`;
      ops.push({
        type: 'create',
        path,
        mode: 'persistent-sequential',
        data: encode('history', historyToValue(change.history, group)),
      });
    }
    if (change.takeover !== undefined) {
      const { oldPrimary, newPrimary, gtidExecuted } = change.takeover;
      const atMs = Math.round(this.#o.clock.wallMs());
      const common = { group, successor: newPrimary, atMs };
      const read = { ...common, file: null, position: null, gtidReceived: gtidExecuted };
      for (const [path, data] of [
        [
          this.#path('executeGtid', { server: newPrimary }),
          encode('executeGtid', { ...common, gtidExecuted }),
        ],
        [this.#path('readbinlogStatus', { server: oldPrimary }), encode('readbinlogStatus', read)],
      ] as const) {
        const exists = this.#o.exists(path) !== flipped.has(path);
        ops.push(exists ? { type: 'set', path, data } : { type: 'create', path, data });
      }
    }
    if (change.finishedTask !== undefined) {
      ops.push({ type: 'delete', path: this.#path('task', { name: change.finishedTask }) });
    }
    return { ops, after };
  }

  /** Throws unless the refusal was only a wrong guess about whether an unversioned node exists. */
  #explainRefusal(error: MultiError, ops: readonly Op[], flipped: Set<string>): void {
    const op = ops[error.index];
    const { group } = this.#o;
    if (op === undefined) throw error;
    const guessed =
      op.type === 'create' ? error.code === 'NODE_EXISTS' : op.type === 'set' && op.version === undefined;
    if (guessed && !tracked.some((key) => op.path === this.#path(key, { group })) && !flipped.has(op.path)) {
      flipped.add(op.path);
      return;
    }
    if (error.code === 'NO_NODE' || error.code === 'BAD_VERSION' || error.code === 'NODE_EXISTS') {
      throw new OwnershipLostError(group, `${op.type} of ${op.path} was refused (${error.code})`);
    }
    throw error;
  }

  /** The answer was lost: says whether the write happened, by what is there now. */
  async #wasApplied(change: LedgerChange, timeoutMs: number): Promise<boolean> {
    await this.#o.zk.waitConnected({ timeoutMs });
    const before = new Map(this.#versions);
    const now = await this.read({ timeoutMs });
    const applied =
      change.journal !== undefined
        ? sameJournal(now.journal, change.journal)
        : change.route !== undefined &&
          now.route?.version === change.route.version &&
          now.route.write === change.route.write;
    if (applied) return true;
    for (const key of tracked) {
      if (before.get(key) !== this.#versions.get(key)) {
        throw new OwnershipLostError(this.#o.group, `${key} was written by somebody else meanwhile`);
      }
    }
    return false;
  }
}

function sameJournal(a: Journal | null, b: Journal | null): boolean {
  return a === null || b === null
    ? a === b
    : JSON.stringify(journalToValue(a)) === JSON.stringify(journalToValue(b));
}
