import type { MemberKey, PrimaryRecord, ProbeOutcome, Route, ServerState } from './core/model.js';
import type { HistoryEntry, Journal } from './core/journal.js';
import type { Maintenance } from './core/model.js';

/**
 * What the engine needs of the world. The daemon implements these over ZooKeeper and MySQL; the simulator and an
 * embedding program bring their own.
 */

export interface Clock {
  /** Never goes back; milliseconds from an arbitrary start. */
  monotonicMs(): number;
  /** Milliseconds since the epoch. */
  wallMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Deadline {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface FollowOptions extends Deadline {
  readonly heartbeatPeriodMs: number;
  readonly semisync: boolean;
  readonly durability: 'relaxed' | 'crash-safe' | 'durable';
}

/** A replication source that is no member: an agent that serves a dead server's binlog from its disk. */
export interface TailSource {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tls: boolean;
}

export interface FetchOptions extends Deadline {
  readonly heartbeatPeriodMs: number;
  readonly durability: 'relaxed' | 'crash-safe' | 'durable';
}

/** What an agent serves of a dead server's binlog. */
export interface Tail {
  readonly source: TailSource;
  /** Every transaction that is whole in the binlog, and what was purged before. */
  readonly gtidExecuted: string;
  /** In no file any more: whoever lacks one of these cannot fetch the rest. */
  readonly gtidPurged: string;
  /** The transaction that was cut off when the server died, in words. */
  readonly torn: string | null;
}

export interface SourceOptions extends Deadline {
  /** After so long a commit goes on without acknowledgement; missing: never. */
  readonly fallbackMs?: number;
}

/** One server. Every call settles within its deadline, whatever the server does, and is safe to repeat. */
export interface ServerControl {
  readonly key: MemberKey;
  /** Never rejects. */
  probe(deadline: Deadline): Promise<{ readonly outcome: ProbeOutcome; readonly detail: string }>;
  read(deadline: Deadline): Promise<ServerState>;
  /** Closed for writes, its clients' connections killed; read back before it resolves. */
  close(deadline: Deadline): Promise<void>;
  stopReceiver(deadline: Deadline): Promise<void>;
  startReceiver(deadline: Deadline): Promise<void>;
  startApplier(deadline: Deadline): Promise<void>;
  /** The set is executed; false when the time was not enough. */
  waitForGtids(set: string, deadline: Deadline): Promise<boolean>;
  /**
   * Flushes nothing by itself any more, so that it applies sooner what it has received: while a candidate drains its relay
   * log. `prepareAsSource` and `follow` take it back.
   */
  relax(deadline: Deadline): Promise<void>;
  /** Durable, and with `ackers` the semi-sync source side on; still closed. */
  prepareAsSource(ackers: number | null, options: SourceOptions): Promise<void>;
  /** Begins a new binlog file where the current one is long: a source scans it from the start for each new follower. */
  shortenBinlog(deadline: Deadline): Promise<void>;
  openWrites(deadline: Deadline): Promise<void>;
  /** Forgets its source (STOP REPLICA, RESET REPLICA ALL). */
  leaveSource(deadline: Deadline): Promise<void>;
  follow(source: MemberKey, options: FollowOptions): Promise<void>;
  /** Points its receiver at a tail source; still closed. What it has received and not applied must be applied before. */
  fetchFrom(source: TailSource, options: FetchOptions): Promise<void>;
  /** Transactions open for longer than the threshold. */
  longTransactions(
    thresholdMs: number,
    deadline: Deadline,
  ): Promise<readonly { readonly user: string; readonly ageMs: number }[]>;
  /** Statements running now that change tables and would hold replicas up (ALTER, CREATE INDEX, ...); missing where nobody can tell. */
  runningDdl?(
    deadline: Deadline,
  ): Promise<readonly { readonly user: string; readonly ageMs: number; readonly statement: string }[]>;
}

/** A control that holds a connection, and whoever made it gives it back. */
export interface ManagedServerControl extends ServerControl {
  release(): Promise<void>;
}

/** The agent beside a server. */
export interface AgentControl {
  /**
   * Closes the server, or reports that its process is gone. With `endHung` a process that hangs is ended. Rejects when
   * the agent cannot be asked.
   */
  close(
    member: MemberKey,
    epoch: number,
    options: Deadline & { readonly endHung: boolean },
  ): Promise<'closed' | 'process-gone'>;
  /** Serves the dead server's binlog to replicas. Safe to repeat. Rejects with the reason when it cannot. */
  startTail(
    member: MemberKey,
    epoch: number,
    login: { readonly user: string; readonly password: string },
    deadline: Deadline,
  ): Promise<Tail>;
  stopTail(member: MemberKey, epoch: number, deadline: Deadline): Promise<void>;
  /** Tries another member of its group from its own host. Rejects when the agent cannot be asked. */
  opinion(
    target: MemberKey,
    deadline: Deadline,
  ): Promise<{ readonly outcome: ProbeOutcome; readonly detail: string }>;
}

/** What ZooKeeper holds of a group, read at one time. */
export interface GroupRecords {
  readonly primary: PrimaryRecord | null;
  readonly route: Route | null;
  readonly maintenance: Maintenance | null;
  readonly journal: Journal | null;
}

/** Written all together or not at all. `undefined` leaves a record alone, `null` removes it. */
export interface LedgerChange {
  readonly primary?: PrimaryRecord;
  readonly route?: Route;
  readonly journal?: Journal | null;
  readonly history?: HistoryEntry;
  /** `null` ends maintenance, as it was read last. */
  readonly maintenance?: null;
  /** How far the successor had read the old primary when it took over. */
  readonly takeover?: {
    readonly oldPrimary: MemberKey;
    readonly newPrimary: MemberKey;
    readonly gtidExecuted: string;
  };
  /** The task that asks for this must still be there. */
  readonly requiredTask?: string;
  /** The task that asked for this: removed in the same write. */
  readonly finishedTask?: string;
}

/**
 * The group's records, as their owner writes them. Each commit is conditional on what this ledger read or wrote last
 * and on still owning the group; it is never carried out twice, also when its answer is lost.
 */
export interface GroupLedger {
  read(deadline: Deadline): Promise<GroupRecords>;
  /** @throws OwnershipLostError when another engine owns the group, or wrote to it. */
  commit(change: LedgerChange, deadline: Deadline): Promise<void>;
  /** Throws `OwnershipLostError` unless the session that owns the group is alive by our own clock. No I/O. */
  assertOwner(): void;
  /** The task is still there (not finished by anybody). */
  hasTask(name: string, deadline: Deadline): Promise<boolean>;
  /** Resolves true once every live router has acknowledged the route's version, false at the deadline. */
  waitRouterAcks(version: number, deadline: Deadline): Promise<boolean>;
}

/** This engine may not write to the group any more: another one owns it or has written. Stop, and read again. */
export class OwnershipLostError extends Error {
  override readonly name = 'OwnershipLostError';
  constructor(
    readonly group: string,
    detail: string,
  ) {
    super(`this engine no longer owns ${group}: ${detail}; it stops and leaves the group to its owner`);
  }
}

/** Whoever asked for it has withdrawn the task: nothing was written. */
export class TaskWithdrawnError extends Error {
  override readonly name = 'TaskWithdrawnError';
  constructor(readonly task: string) {
    super(`the task ${task} was withdrawn`);
  }
}

export interface EngineLogger {
  debug(message: string, meta?: object): void;
  info(message: string, meta?: object): void;
  warn(message: string, meta?: object): void;
  error(message: string, meta?: object): void;
}
