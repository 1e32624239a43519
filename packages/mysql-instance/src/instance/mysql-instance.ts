import type { InstanceAddress } from '../address/instance-address.js';
import { cloneFrom, type CloneOptions, type CloneOutcome } from '../clone/clone-from.js';
import type { ConnectionOptions } from '../connection/connection-options.js';
import { numeral } from '../connection/quote.js';
import { SqlConnection } from '../connection/sql-connection.js';
import { statement, type ResultSet, type Statement } from '../connection/statement.js';
import { Deadline } from '../deadline/deadline.js';
import { remedyFor } from '../errors/describe-failure.js';
import { InstanceError, isInstanceError } from '../errors/instance-error.js';
import { fence } from '../fence/fence.js';
import type { FenceOptions, FenceResult } from '../fence/fence-options.js';
import { openWrites } from '../fence/open-writes.js';
import { persistClosed } from '../fence/persist-closed.js';
import type { ProbeOutcome } from '../probe/probe-outcome.js';
import { probe } from '../probe/probe.js';
import { CallQueue, type RefusalReason } from '../queue/call-queue.js';
import type { Durability } from '../replication/durability.js';
import type { FollowOptions, FollowResult } from '../replication/follow-options.js';
import { follow } from '../replication/follow.js';
import {
  prepareSource,
  promote,
  type PrepareSourceOptions,
  type PromoteOptions,
  type PromoteResult,
} from '../replication/promote.js';
import {
  ensureReplicaSettings,
  setDurability,
  type ReplicaSettings,
} from '../replication/replica-settings.js';
import { rotateBinlogAbove } from '../replication/rotate-binlog.js';
import { resetGtids } from '../replication/reset-gtids.js';
import {
  resetReplication,
  startApplier,
  startReceiver,
  stopApplier,
  stopReceiver,
  type ChannelOptions,
} from '../replication/threads.js';
import {
  waitForGtid,
  waitForRelayLogApplied,
  type ApplyProgress,
  type WaitAppliedOptions,
} from '../replication/wait-applied.js';
import { setSemisync, type SemisyncRoles } from '../semisync/set-semisync.js';
import type { KillResult } from '../sessions/kill-sessions.js';
import { killClients, type KillClientsOptions } from '../sessions/kill-clients.js';
import { findStalledCommits, type StalledCommit } from '../sessions/stalled-commits.js';
import { longTransactions, type LongTransaction } from '../sessions/long-transactions.js';
import { listSessionsStatement, parseSessions, type SessionInfo } from '../sessions/session-info.js';
import type { InstanceStatus } from '../status/instance-status.js';
import { findSemisync } from '../status/parse-semisync.js';
import { parseStatus } from '../status/parse-status.js';
import { nameValueMap } from '../status/parse-values.js';
import { statusStatements } from '../status/status-statements.js';
import { HeldSession, type ReadySession } from './held-session.js';
import type { CallOptions, MysqlInstanceOptions } from './instance-options.js';
import type { HelperSession, Operation } from './operation.js';

const CONNECT_TIMEOUT_MS_DEFAULT = 1_000;
const QUERY_TIMEOUT_MS_DEFAULT = 5_000;
const QUEUE_LIMIT_DEFAULT = 64;

/**
 * One MySQL or MariaDB server under control.
 *
 * Keeps one connection, made when first needed and again after it was lost. Calls on one instance run one after the other,
 * in the order they were made. Every call settles by its `timeoutMs` (default `queryTimeoutMs`), whatever state the server
 * is in, frozen included; what it does not finish in time it abandons, so repeat or read the status afterwards. Every call
 * may throw `InstanceError`; all of them are safe to repeat.
 */
export class MysqlInstance {
  readonly address: InstanceAddress;
  readonly #connection: ConnectionOptions;
  readonly #connectTimeoutMs: number;
  readonly #queryTimeoutMs: number;
  readonly #held: HeldSession;
  readonly #queue: CallQueue;
  /** Short-lived connections that are open now. */
  readonly #others = new Set<SqlConnection>();
  #closed = false;

  constructor(options: MysqlInstanceOptions) {
    this.address = options.address;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS_DEFAULT;
    this.#queryTimeoutMs = options.queryTimeoutMs ?? QUERY_TIMEOUT_MS_DEFAULT;
    this.#connection = {
      address: options.address,
      user: options.user,
      password: options.password,
      tls: options.ssl,
      attributes: { program_name: options.applicationName ?? 'dcmha', ...options.connectionAttributes },
    };
    this.#held = new HeldSession(
      this.#connection,
      this.#connectTimeoutMs,
      options.onConnectionLost ?? (() => undefined),
    );
    this.#queue = new CallQueue(options.queueLimit ?? QUEUE_LIMIT_DEFAULT, (reason) => this.#refused(reason));
  }

  /** A snapshot of the server, in one round trip. */
  status(options: CallOptions = {}): Promise<InstanceStatus> {
    return this.#ready(options, async (ready, deadline) => {
      const { connection, dialect } = ready;
      const sets = await connection.run(statusStatements(dialect), deadline);
      ready.semisync = findSemisync(dialect.variables.semisync, nameValueMap(sets[1]?.rows ?? []));
      return parseStatus(this.address, dialect, sets);
    });
  }

  /** The cheapest question there is (COM_PING). @throws InstanceError when it is not answered */
  ping(options: CallOptions = {}): Promise<void> {
    return this.#ready(options, ({ connection }, deadline) => connection.ping(deadline));
  }

  /**
   * Finds out whether the server lives, with the evidence. Never throws. Uses the held connection if it is free and a
   * fresh one otherwise or when that does not answer; a running call does not hold it up. Default time:
   * `connectTimeoutMs`.
   */
  probe(options: CallOptions = {}): Promise<ProbeOutcome> {
    const deadline = new Deadline(options.timeoutMs ?? this.#connectTimeoutMs, options.signal);
    const held = this.#queue.idle ? this.#held.current : undefined;
    return probe(
      {
        address: this.address,
        held:
          held &&
          ((within) =>
            this.#queue.run(() => held.connection.ping(within), within.remainingMs(), within.signal)),
        fresh: async (within) => {
          if (this.#closed) throw this.#refused('closed');
          const connection = await this.#openOther(within);
          try {
            await connection.ping(within);
          } finally {
            this.#endOther(connection);
          }
        },
      },
      deadline,
    );
  }

  /**
   * Closes the server for writes, reads back that it is closed, and ends client sessions. Default time: `queryTimeoutMs`.
   * See `FenceOptions` and `FenceResult`.
   * @throws InstanceError when it could not be closed in time
   */
  fence(options: FenceOptions & CallOptions = {}): Promise<FenceResult> {
    return this.#operate(options, (op) => fence(op, options));
  }

  /** Opens the server for writes and reads back that it is open. */
  openWrites(options: CallOptions = {}): Promise<void> {
    return this.#operate(options, openWrites);
  }

  /** Makes the server come up closed after a restart. False: it was so already. See `persistClosed` in the README. */
  persistClosed(options: CallOptions = {}): Promise<boolean> {
    return this.#operate(options, persistClosed);
  }

  /** Stops fetching from the source; with semi-sync this also revokes its acknowledgements. Received data stays. */
  stopReceiver(options: ChannelOptions & CallOptions = {}): Promise<void> {
    return this.#operate(options, (op) => stopReceiver(op, options));
  }

  startReceiver(options: ChannelOptions & CallOptions = {}): Promise<void> {
    return this.#operate(options, (op) => startReceiver(op, options));
  }

  stopApplier(options: ChannelOptions & CallOptions = {}): Promise<void> {
    return this.#operate(options, (op) => stopApplier(op, options));
  }

  startApplier(options: ChannelOptions & CallOptions = {}): Promise<void> {
    return this.#operate(options, (op) => startApplier(op, options));
  }

  /**
   * Waits until everything received is applied; false when the time was over first. Holds up no other call.
   * @throws InstanceError `PRECONDITION` when the applier is stopped and something is left to apply
   */
  waitForRelayLogApplied(options: WaitAppliedOptions & CallOptions = {}): Promise<boolean> {
    return this.#wait(options, (op) => waitForRelayLogApplied(op, options));
  }

  /** Waits until the GTID set (MariaDB: position) is executed; false when the time was over first. Holds up no other call. */
  waitForGtid(
    set: string,
    options: CallOptions & { readonly onProgress?: (progress: ApplyProgress) => void } = {},
  ): Promise<boolean> {
    return this.#wait(options, (op) => waitForGtid(op, set, options.onProgress));
  }

  /** Receivers stopped, settings of a source, open (if wanted), source forgotten. The single steps are calls, too. */
  promote(options: PromoteOptions & CallOptions): Promise<PromoteResult> {
    return this.#operate(options, (op) => promote(op, options));
  }

  /** Settings of a primary (durable, semi-sync source), in one round trip. Only when nothing is left to apply. */
  prepareSource(options: PrepareSourceOptions & CallOptions): Promise<void> {
    return this.#operate(options, (op) => prepareSource(op, options));
  }

  /** Begins a new binlog file when the present one is larger: replicas then find their place at once. */
  rotateBinlogAbove(bytes: number, options: CallOptions = {}): Promise<boolean> {
    return this.#operate(options, (op) => rotateBinlogAbove(op, bytes));
  }

  /** Stops replication and forgets the source and its relay log. */
  resetReplication(options: ChannelOptions & CallOptions = {}): Promise<void> {
    return this.#operate(options, (op) => resetReplication(op, options));
  }

  /** Replicates from `source`, closed for writes. */
  follow(source: InstanceAddress, options: FollowOptions & CallOptions): Promise<FollowResult> {
    return this.#operate(options, (op) => follow(op, source, options));
  }

  /** Durability and semi-sync of a replica, without touching its threads. */
  ensureReplicaSettings(options: ReplicaSettings & CallOptions): Promise<void> {
    return this.#operate(options, (op) => ensureReplicaSettings(op, options));
  }

  setSemisync(options: SemisyncRoles & CallOptions): Promise<void> {
    return this.#operate(options, (op) => setSemisync(op, options));
  }

  setDurability(durability: Durability, options: CallOptions = {}): Promise<void> {
    return this.#operate(options, (op) => setDurability(op, durability));
  }

  /** Forgets all binary logs and GTIDs and takes `purged` as what the server holds. Destroys history: see the README. */
  resetGtids(purged: string, options: CallOptions = {}): Promise<void> {
    return this.#operate(options, (op) => resetGtids(op, purged));
  }

  /**
   * Replaces all data of this server by the donor's (clone plugin). Give it a `timeoutMs` for the size of the data. Holds up
   * no other call; at the end the server goes down or restarts.
   */
  cloneFrom(donor: InstanceAddress, options: CloneOptions & CallOptions): Promise<CloneOutcome> {
    return this.#wait(options, (op) => cloneFrom(op, donor, options));
  }

  /** Open transactions older than the threshold, oldest first. */
  longTransactions(thresholdMs: number, options: CallOptions = {}): Promise<readonly LongTransaction[]> {
    return this.#operate(options, (op) => longTransactions(op, thresholdMs));
  }

  /** Ends the client sessions that are there now, without closing the server. */
  killClients(options: KillClientsOptions & CallOptions = {}): Promise<KillResult> {
    return this.#operate(options, (op) => killClients(op, options));
  }

  /** Commits that do not get on, and why: writes may be stuck while reads answer. */
  stalledCommits(thresholdMs: number, options: CallOptions = {}): Promise<readonly StalledCommit[]> {
    return this.sessions(options).then((sessions) => findStalledCommits(sessions, thresholdMs));
  }

  /** All sessions of the server, as SHOW PROCESSLIST gives them. */
  sessions(options: CallOptions = {}): Promise<readonly SessionInfo[]> {
    return this.#operate(options, async (op) => {
      const [set] = await op.session.run([listSessionsStatement]);
      return parseSessions(set?.rows ?? []);
    });
  }

  /**
   * Logs in once as another account, so that the server has its password cached (caching_sha2_password): the first login of
   * a replica after a failover is then some milliseconds faster. Does not use or hold up the held connection.
   */
  async warmLogin(
    account: { readonly user: string; readonly password: string },
    options: CallOptions = {},
  ): Promise<void> {
    const connection = await this.#openOther(this.#deadline(options), { ...this.#connection, ...account });
    this.#endOther(connection);
  }

  /** Statements of the caller's own, sent together. The session has `sql_mode = ''` and time zone UTC. */
  query(statements: readonly Statement[], options: CallOptions = {}): Promise<readonly ResultSet[]> {
    return this.#operate(options, (op) => op.session.run(statements));
  }

  /** Ends the connection; waiting calls are refused, a running one fails. Safe to repeat. */
  close(): void {
    this.#closed = true;
    this.#queue.close();
    this.#held.end();
    for (const connection of this.#others) connection.destroy();
    this.#others.clear();
  }

  /** Runs a call in its turn, with the whole session of the server. */
  #operate<T>(options: CallOptions, work: (op: Operation) => Promise<T>): Promise<T> {
    return this.#ready(options, (ready, deadline) =>
      work(this.#operation(ready, deadline, ready.connection)),
    );
  }

  /** Runs a call that waits long: only its questions take a turn, the waiting has a connection of its own. */
  #wait<T>(options: CallOptions, work: (op: Operation) => Promise<T>): Promise<T> {
    return this.#ready(options, async (ready, deadline) => ({ ready, deadline })).then(
      ({ ready, deadline }) =>
        work({
          ...this.#operation(ready, deadline, ready.connection),
          session: {
            threadId: ready.connection.threadId,
            run: (statements) =>
              this.#turn(deadline, ({ connection }) => this.#run(connection, statements, deadline)),
          },
        }),
    );
  }

  #ready<T>(options: CallOptions, work: (ready: ReadySession, deadline: Deadline) => Promise<T>): Promise<T> {
    let deadline: Deadline;
    try {
      deadline = this.#deadline(options);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    return this.#turn(deadline, (ready) => work(ready, deadline));
  }

  #turn<T>(deadline: Deadline, work: (ready: ReadySession) => Promise<T>): Promise<T> {
    return this.#queue.run(
      async () => work(await this.#held.ensure(deadline)),
      Math.max(1, deadline.remainingMs()),
      deadline.signal,
    );
  }

  #operation(ready: ReadySession, deadline: Deadline, connection: SqlConnection): Operation {
    return {
      address: this.address,
      user: this.#connection.user,
      dialect: ready.dialect,
      semisync: ready.semisync,
      session: {
        threadId: connection.threadId,
        run: (statements) => this.#run(connection, statements, deadline),
      },
      deadline,
      openHelper: () => this.#openHelper(ready, deadline),
    };
  }

  async #run(
    connection: SqlConnection,
    statements: readonly Statement[],
    deadline: Deadline,
  ): Promise<readonly ResultSet[]> {
    try {
      return await connection.run(statements, deadline);
    } catch (error) {
      // The server may still be at it, and hold locks for a client that has gone: end it there, too.
      if (isInstanceError(error, 'QUERY_TIMEOUT') || isInstanceError(error, 'ABORTED')) {
        void this.#killAbandoned(connection.threadId);
      }
      throw error;
    }
  }

  async #killAbandoned(threadId: number): Promise<void> {
    if (this.#closed) return;
    try {
      const deadline = new Deadline(this.#connectTimeoutMs);
      const connection = await this.#openOther(deadline);
      try {
        await connection.run([statement('kill session', `KILL CONNECTION ${numeral(threadId)}`)], deadline);
      } finally {
        this.#endOther(connection);
      }
    } catch {
      // A server that cannot be asked cannot be tidied up; the next call reports what is wrong with it.
    }
  }

  async #openHelper(ready: ReadySession, deadline: Deadline): Promise<HelperSession> {
    const connection = await this.#openOther(deadline);
    try {
      await connection.run([statement('set up session', ready.dialect.statements.sessionInit)], deadline);
    } catch (error) {
      this.#endOther(connection);
      throw error;
    }
    return {
      threadId: connection.threadId,
      run: (statements) => this.#run(connection, statements, deadline),
      end: () => this.#endOther(connection),
    };
  }

  async #openOther(deadline: Deadline, options = this.#connection): Promise<SqlConnection> {
    let created: SqlConnection | undefined;
    try {
      return await SqlConnection.open(options, deadline.within(this.#connectTimeoutMs), {
        onCreated: (connection) => {
          created = connection;
          this.#others.add(connection);
        },
      });
    } catch (error) {
      if (created !== undefined) this.#others.delete(created);
      throw error;
    }
  }

  #endOther(connection: SqlConnection): void {
    this.#others.delete(connection);
    connection.end();
  }

  #deadline(options: CallOptions): Deadline {
    return new Deadline(options.timeoutMs ?? this.#queryTimeoutMs, options.signal);
  }

  #refused(reason: RefusalReason): InstanceError {
    const { code, problem } = REFUSALS[reason];
    return new InstanceError({ code, address: this.address, problem, remedy: remedyFor(code) });
  }
}

const REFUSALS = {
  'queue-full': { code: 'QUEUE_FULL', problem: 'too many calls are waiting' },
  expired: { code: 'QUERY_TIMEOUT', problem: 'the time was over before the calls ahead of it had ended' },
  aborted: { code: 'ABORTED', problem: 'cancelled by the caller' },
  closed: { code: 'CLOSED', problem: 'close() was called' },
} as const;
