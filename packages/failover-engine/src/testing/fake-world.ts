import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import { groupPolicySchema, type GroupPolicyInput } from '@dcmha/zk-schema';
import type { HistoryEntry } from '../core/journal.js';
import type { GroupView, MemberKey, ServerState } from '../core/model.js';
import type { OperationContext } from '../operations/context.js';
import {
  OwnershipLostError,
  TaskWithdrawnError,
  type AgentControl,
  type Clock,
  type GroupLedger,
  type GroupRecords,
  type LedgerChange,
  type ServerControl,
} from '../ports.js';

/** Thrown by every port once the engine under test has died. */
export class EngineDied extends Error {}

export interface FakeServer {
  readonly key: MemberKey;
  readonly uuid: string;
  up: boolean;
  readOnly: boolean;
  executed: string;
  received: string;
  source: MemberKey | null;
  receiver: 'running' | 'stopped';
  applier: 'running' | 'stopped';
  semisyncSource: boolean;
  durable: boolean;
  applies: boolean;
}

const uuidOf = (n: number): string => `0000000${n}-0000-0000-0000-000000000000`;
export const key = (n: number): MemberKey => `127.0.0.1${n}:3306`;

/** A group of servers in memory, with the records of its ledger: what an operation does to it can be looked at. */
export class FakeWorld {
  readonly servers = new Map<MemberKey, FakeServer>();
  records: GroupRecords;
  readonly history: HistoryEntry[] = [];
  readonly finishedTasks: string[] = [];
  readonly writableAtOnce: MemberKey[][] = [];
  now = 1_000;
  #owner = '';
  #calls = 0;
  diesAtCall = Number.POSITIVE_INFINITY;
  readonly policy;
  readonly promotion = new Map<MemberKey, 'prefer' | 'neutral' | 'prefer-not' | 'must-not'>();
  agentSays: 'up' | 'down' = 'up';
  acks = true;
  withdrawn = false;
  /** What the agent of the dead primary offers of its binlog; `null`: its agent is not there. */
  tail: {
    readonly gtidExecuted: string;
    readonly gtidPurged: string;
    serves: boolean;
    asked: number;
  } | null = null;

  constructor(options: { members?: number; policy?: GroupPolicyInput } = {}) {
    const count = options.members ?? 3;
    this.policy = groupPolicySchema.parse(options.policy ?? {});
    for (let n = 1; n <= count; n += 1) {
      this.servers.set(key(n), {
        key: key(n),
        uuid: uuidOf(n),
        up: true,
        readOnly: n !== 1,
        executed: `${uuidOf(1)}:1-100`,
        received: n === 1 ? '' : `${uuidOf(1)}:1-100`,
        source: n === 1 ? null : key(1),
        receiver: n === 1 ? 'stopped' : 'running',
        applier: n === 1 ? 'stopped' : 'running',
        semisyncSource: n === 1,
        durable: true,
        applies: true,
      });
    }
    this.records = {
      primary: { primary: key(1), epoch: 7, sinceMs: 0, gtidExecuted: '', serverUuid: uuidOf(1) },
      route: { write: key(1), read: [key(2), key(3)].slice(0, count - 1), epoch: 7, version: 20, reason: '' },
      maintenance: null,
      journal: null,
    };
  }

  server(n: number): FakeServer {
    const server = this.servers.get(key(n));
    if (server === undefined) throw new Error(`no server ${n}`);
    return server;
  }

  get calls(): number {
    return this.#calls;
  }

  writable(): MemberKey[] {
    return [...this.servers.values()].filter((s) => s.up && !s.readOnly).map((s) => s.key);
  }

  readonly clock: Clock = {
    monotonicMs: () => this.now,
    wallMs: () => this.now,
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted !== true) this.now += ms;
    },
  };

  /** What an engine sees; `engine` becomes the owner. */
  context(engine: string): OperationContext {
    this.#owner = engine;
    const check = (): void => {
      this.#calls += 1;
      if (this.#calls > this.diesAtCall) throw new EngineDied('the engine is dead');
    };
    const ledger: GroupLedger = {
      read: async () => {
        check();
        return this.records;
      },
      commit: async (change) => {
        check();
        if (this.#owner !== engine) throw new OwnershipLostError('g', `owned by ${this.#owner}`);
        this.#commit(change);
      },
      assertOwner: () => {
        if (this.#owner !== engine) throw new OwnershipLostError('g', `owned by ${this.#owner}`);
      },
      waitRouterAcks: async () => this.acks,
      hasTask: async (name) => !this.finishedTasks.includes(name),
    };
    return {
      engineId: engine,
      group: 'g',
      clock: this.clock,
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      ledger,
      server: (k) => this.#control(k, check),
      agent: () => (this.tail === null ? null : this.#agent(check)),
      view: () => this.view(),
      refresh: () => {},
    };
  }

  view(): GroupView {
    return {
      group: 'g',
      nowMs: this.now,
      wallMs: this.now,
      policy: this.policy,
      primary: this.records.primary,
      route: this.records.route,
      maintenance: this.records.maintenance,
      lastFailoverWallMs: null,
      operation: this.records.journal === null ? null : this.records.journal.id,
      storeConnected: true,
      members: [...this.servers.values()].map((s) => ({
        key: s.key,
        region: 'r1',
        promotion: this.promotion.get(s.key) ?? 'neutral',
        heartbeat: s.up,
        agent: { up: true, mysqld: s.up ? ('up' as const) : ('down' as const), detail: '', endpoint: null },
        probe: { outcome: s.up ? ('alive' as const) : ('refused' as const), sinceMs: this.now, detail: '' },
        state: this.#state(s),
      })),
    };
  }

  #ackers({ key: source }: FakeServer): number {
    return [...this.servers.values()].filter((s) => s.up && s.source === source && s.receiver === 'running')
      .length;
  }

  #state(s: FakeServer): ServerState {
    return {
      serverUuid: s.uuid,
      serverId: Number(s.uuid.slice(0, 8)),
      flavor: 'mysql',
      version: [9, 7, 4],
      readOnly: s.readOnly,
      superReadOnly: s.readOnly,
      gtidMode: 'ON',
      gtidExecuted: s.executed,
      gtidPurged: '',
      logBin: true,
      logReplicaUpdates: true,
      channel:
        s.source === null
          ? null
          : {
              source: s.source,
              sourceUuid: '',
              receiver: s.receiver,
              applier: s.applier,
              receivedGtids: s.received,
              autoPosition: true,
              lagMs: 0,
              delayMs: 0,
              receiverError: '',
              applierError: '',
            },
      durable: s.durable,
      semisync: {
        sourceEnabled: s.semisyncSource,
        replicaEnabled: true,
        ackers: this.#ackers(s),
        waitingSessions: 0,
      },
    };
  }

  #commit(change: LedgerChange): void {
    const { primary, route, journal } = this.records;
    if (change.requiredTask !== undefined && this.withdrawn)
      throw new TaskWithdrawnError(change.requiredTask);
    if (change.primary !== undefined && primary !== null && change.primary.epoch < primary.epoch) {
      throw new Error(`epoch ${change.primary.epoch} after ${primary.epoch}`);
    }
    if (change.route !== undefined && route !== null && change.route.version <= route.version) {
      throw new Error(`route version ${change.route.version} after ${route.version}`);
    }
    this.records = {
      ...this.records,
      primary: change.primary ?? primary,
      route: change.route ?? route,
      journal: change.journal === undefined ? journal : change.journal,
      maintenance: change.maintenance === null ? null : this.records.maintenance,
    };
    if (change.history !== undefined) this.history.push(change.history);
    if (change.finishedTask !== undefined) this.finishedTasks.push(change.finishedTask);
  }

  #agent(check: () => void): AgentControl {
    return {
      close: async () => {
        check();
        await Promise.resolve();
        return 'process-gone';
      },
      startTail: async (_member, _epoch, login) => {
        check();
        await Promise.resolve();
        const { tail } = this;
        if (tail === null) throw new Error('the agent is gone');
        tail.asked += 1;
        return { ...tail, source: { host: '127.0.0.99', port: 3307, tls: false, ...login }, torn: null };
      },
      stopTail: async () => {
        await Promise.resolve();
      },
      opinion: async (target) => {
        check();
        await Promise.resolve();
        return this.servers.get(target)?.up === true
          ? { outcome: 'alive', detail: '' }
          : { outcome: 'refused', detail: 'refused' };
      },
    };
  }

  #control(k: MemberKey, check: () => void): ServerControl {
    const server = this.servers.get(k);
    if (server === undefined) throw new Error(`no server ${k}`);
    const reach = async (): Promise<FakeServer> => {
      check();
      await Promise.resolve();
      if (!server.up) throw new Error(`${k} refuses connections`);
      return server;
    };
    return {
      key: k,
      probe: async () => {
        await Promise.resolve();
        return server.up ? { outcome: 'alive', detail: '' } : { outcome: 'refused', detail: 'refused' };
      },
      read: async () => this.#state(await reach()),
      close: async () => {
        (await reach()).readOnly = true;
      },
      stopReceiver: async () => {
        (await reach()).receiver = 'stopped';
      },
      startReceiver: async () => {
        const s = await reach();
        if (s.source !== null) s.receiver = 'running';
      },
      startApplier: async () => {
        (await reach()).applier = 'running';
      },
      waitForGtids: async (set) => {
        const s = await reach();
        if (s.source !== null && s.applies && s.applier === 'running') {
          const source = s.receiver === 'running' ? (this.servers.get(s.source)?.executed ?? '') : '';
          s.received = GtidSet.parse(s.received).union(GtidSet.parse(source)).toString();
          s.executed = GtidSet.parse(s.executed).union(GtidSet.parse(s.received)).toString();
        }
        return GtidSet.parse(s.executed).contains(GtidSet.parse(set));
      },
      relax: async () => {
        (await reach()).durable = false;
      },
      prepareAsSource: async () => {
        const s = await reach();
        s.semisyncSource = true;
        s.durable = true;
      },
      shortenBinlog: async () => {
        await reach();
      },
      openWrites: async () => {
        const s = await reach();
        if (!s.durable) throw new Error(`${k} is opened for writes without being durable`);
        s.readOnly = false;
        const writable = this.writable();
        if (writable.length > 1) this.writableAtOnce.push(writable);
      },
      leaveSource: async () => {
        const s = await reach();
        s.source = null;
        s.receiver = 'stopped';
        s.applier = 'stopped';
        s.received = '';
      },
      follow: async (source) => {
        const s = await reach();
        if (!s.readOnly) throw new Error(`${k} is writable and was told to follow ${source}`);
        s.source = source;
        s.receiver = 'running';
        s.applier = 'running';
        s.semisyncSource = false;
        const from = this.servers.get(source);
        if (from?.up === true) {
          s.received = from.executed;
          s.executed = GtidSet.parse(s.executed).union(GtidSet.parse(from.executed)).toString();
        }
      },
      fetchFrom: async ({ host, port }) => {
        const s = await reach();
        if (!s.readOnly) throw new Error(`${k} is writable and was told to fetch`);
        s.source = `${host}:${port}`;
        s.receiver = 'running';
        s.applier = 'running';
        const { tail } = this;
        if (tail === null || !tail.serves) return;
        s.received = GtidSet.parse(s.received).union(GtidSet.parse(tail.gtidExecuted)).toString();
        s.executed = GtidSet.parse(s.executed).union(GtidSet.parse(tail.gtidExecuted)).toString();
      },
      longTransactions: async () => {
        await reach();
        return [];
      },
    };
  }
}
