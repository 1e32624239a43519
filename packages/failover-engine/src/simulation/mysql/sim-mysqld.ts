import type { MemberKey, ServerState } from '../../core/model.js';
import type { Network } from '../net/network.js';
import type { SimHost } from '../net/sim-host.js';
import type { SimClock } from '../time/sim-clock.js';
import { SimProcess } from '../time/sim-process.js';
import type { Story } from '../time/story.js';
import type { BinlogSource, Link, Receiver, Txn } from './binlog-source.js';
import { Gtids } from './gtids.js';

export interface Channel {
  /** A member, or the key of a tail source. */
  source: string;
  heartbeatPeriodMs: number;
}

/** What survives the process. */
export interface Disk {
  binlog: Txn[];
  executed: Gtids;
  purged: Gtids;
  rows: Set<number>;
  channel: Channel | null;
  received: Gtids;
  /** Received, not applied. */
  relay: Txn[];
  /** An undo that was committed, whose transactions are still in the server's own history. */
  undone: Gtids | null;
}

export interface MysqldOptions {
  /** How long a commit takes to reach the disk. */
  readonly commitMs: number;
  /** How long the applier takes for one transaction. */
  readonly applyMs: number;
  /** `replica_net_timeout`: a receiver that hears nothing for so long connects again. */
  readonly netTimeoutMs: number;
  /** `relay_log_recovery`: a restart throws unapplied relay log away. */
  readonly relayLogRecovery: boolean;
  /** Replica side of semi-sync after a start. */
  readonly semisyncReplicaAtStart: boolean;
  readonly startMs: number;
}

export interface MysqldWorld {
  readonly clock: SimClock;
  readonly network: Network;
  readonly story: Story;
  readonly server: (key: MemberKey) => SimMysqld | undefined;
  readonly source: (key: string) => BinlogSource | undefined;
}

/** How a write ended, as the server told its session. */
export type WriteAnswer = 'ok' | 'read-only';

interface Commit {
  readonly txn: Txn;
  readonly answer: (answer: WriteAnswer) => void;
  /** Replicas that have it. */
  readonly acks: Set<MemberKey>;
  /** Its client was disconnected: nobody is told. */
  killed: boolean;
  done: boolean;
}

/** A dump thread: serves one replica. */
interface Dump {
  readonly replica: MemberKey;
  readonly link: Link;
  next: number;
  lastDueMs: number;
}

interface Running {
  readonly process: SimProcess;
  readOnly: boolean;
  source: { readonly ackers: number } | null;
  semisyncReplica: boolean;
  receiver: 'wanted' | 'stopped';
  receiverError: string;
  link: Link | null;
  applier: 'running' | 'stopped';
  applying: boolean;
  readonly dumps: Map<MemberKey, Dump>;
  readonly commits: Commit[];
  /** Statements of controls that are under way: told when the process dies. */
  readonly calls: Set<() => void>;
  readonly waiters: Set<() => void>;
  /** Counts the attempts to connect: the timers of an older one do nothing. */
  attempt: number;
}

const connectRetryMs = 1_000;

/** A MySQL server: what of it matters to a failover. */
export class SimMysqld implements BinlogSource, Receiver {
  readonly disk: Disk;
  /** Time that its applier takes for one transaction; faults change it. */
  applyMs: number;
  /** SOURCE_DELAY. */
  delayMs = 0;
  #running: Running | null = null;
  diskLost = false;

  constructor(
    readonly key: MemberKey,
    readonly uuid: string,
    readonly serverId: number,
    readonly host: SimHost,
    readonly version: readonly number[],
    private readonly world: MysqldWorld,
    readonly options: MysqldOptions,
  ) {
    this.applyMs = options.applyMs;
    this.disk = {
      binlog: [],
      executed: new Gtids(),
      purged: new Gtids(),
      rows: new Set(),
      channel: null,
      received: new Gtids(),
      relay: [],
      undone: null,
    };
  }

  // The process.

  get process(): SimProcess | null {
    return this.#running?.process ?? null;
  }

  get isOpen(): boolean {
    return this.#running !== null && !this.#running.readOnly;
  }

  start(): void {
    if (this.#running !== null || !this.host.up || this.diskLost) return;
    const process = new SimProcess(`mysqld ${this.key}`, this.host, this.world.clock);
    if (this.options.relayLogRecovery && this.disk.relay.length > 0) {
      this.disk.received = this.disk.executed.copy();
      this.disk.relay = [];
    }
    this.#running = {
      process,
      // super_read_only is persisted.
      readOnly: true,
      source: null,
      semisyncReplica: this.options.semisyncReplicaAtStart,
      receiver: this.disk.channel === null ? 'stopped' : 'wanted',
      receiverError: '',
      link: null,
      applier: this.disk.channel === null ? 'stopped' : 'running',
      applying: false,
      dumps: new Map(),
      commits: [],
      calls: new Set(),
      waiters: new Set(),
      attempt: 0,
    };
    const running = this.#running;
    process.onFrozen((frozen) => {
      this.#tellLinks();
      if (!frozen) this.#connect(running);
    });
    this.#connect(running);
    this.#apply(running);
  }

  /** SIGKILL, or the host goes down. What is in the binlog is committed at the next start. */
  kill(): void {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    running.process.kill();
    for (const { txn, done } of running.commits) if (!done) this.#engineCommit(txn);
    if (running.link !== null) this.#closeLink(running, running.link);
    for (const dump of running.dumps.values()) this.#resetLink(dump.replica, dump.link);
    if (this.host.up) for (const lost of running.calls) lost();
    this.world.clock.stir();
  }

  freeze(): void {
    this.#running?.process.freeze();
  }

  thaw(): void {
    this.#running?.process.thaw();
  }

  /** A call of a control arrived: `lost` is told if the process ends before it is answered. */
  track(lost: () => void): () => void {
    const calls = this.#running?.calls;
    calls?.add(lost);
    return () => calls?.delete(lost);
  }

  // Clients.

  /** A client's INSERT of one row; called in the process. */
  write(row: number, answer: (answer: WriteAnswer) => void): { kill: () => void } {
    const running = this.#running;
    const nothing = { kill: (): void => undefined };
    if (running === null) return nothing;
    if (running.readOnly) {
      answer('read-only');
      return nothing;
    }
    let commit: Commit | null = null;
    let killed = false;
    running.process.schedule(this.options.commitMs, () => {
      if (this.#running !== running || killed) return;
      if (running.readOnly) return answer('read-only');
      commit = this.#log(running, row, answer);
    });
    return {
      kill: () => {
        killed = true;
        if (commit !== null) commit.killed = true;
      },
    };
  }

  #log(running: Running, row: number, answer: Commit['answer']): Commit {
    const { disk } = this;
    let n = disk.executed.nextOf(this.uuid);
    for (const { txn } of running.commits) if (txn.uuid === this.uuid) n = Math.max(n, txn.n + 1);
    const txn: Txn = { uuid: this.uuid, n, row };
    const commit: Commit = { txn, answer, acks: new Set(), killed: false, done: false };
    disk.binlog.push(txn);
    running.commits.push(commit);
    if (running.source === null) this.#finish(running, commit);
    this.#feed(running);
    return commit;
  }

  #engineCommit(txn: Txn): void {
    this.disk.executed.add(txn.uuid, txn.n);
    if (txn.row !== 0) this.disk.rows.add(txn.row);
  }

  #finish(running: Running, commit: Commit): void {
    if (commit.done) return;
    commit.done = true;
    this.#engineCommit(commit.txn);
    running.commits.splice(running.commits.indexOf(commit), 1);
    if (!commit.killed) commit.answer('ok');
    this.#executedChanged(running);
  }

  /** Commits that wait for acknowledgements end, in order. */
  #acknowledged(running: Running): void {
    const needed = running.source?.ackers ?? 0;
    for (const commit of [...running.commits]) {
      if (running.source !== null && commit.acks.size < needed) break;
      this.#finish(running, commit);
    }
  }

  #executedChanged(running: Running): void {
    for (const look of [...running.waiters]) look();
  }

  // Statements; called in the process.

  state(): ServerState {
    const running = this.#must();
    const { disk } = this;
    const { link } = running;
    return {
      serverUuid: this.uuid,
      serverId: this.serverId,
      flavor: 'mysql',
      version: this.version,
      readOnly: running.readOnly,
      superReadOnly: running.readOnly,
      gtidMode: 'ON',
      gtidExecuted: disk.executed.toString(),
      gtidPurged: disk.purged.toString(),
      logBin: true,
      logReplicaUpdates: true,
      channel:
        disk.channel === null
          ? null
          : {
              source: disk.channel.source,
              sourceUuid: '',
              receiver: running.receiver === 'stopped' ? 'stopped' : link !== null ? 'running' : 'connecting',
              applier: running.applier,
              receivedGtids: disk.received.toString(),
              autoPosition: true,
              lagMs: running.applier === 'stopped' ? null : Math.round(this.disk.relay.length * this.applyMs),
              heardAgoMs: this.heardAgoMs,
              delayMs: this.delayMs,
              receiverError: running.receiverError,
              applierError: '',
            },
      semisync: {
        sourceEnabled: running.source !== null,
        replicaEnabled: running.semisyncReplica,
        ackers: [...running.dumps.values()].filter((dump) => dump.link.semisync).length,
        waitingSessions: running.source === null ? 0 : running.commits.length,
      },
    };
  }

  /** Clients disconnected, closed for writes. */
  close(): void {
    const running = this.#must();
    for (const commit of running.commits) commit.killed = true;
    // All clients are gone: the commits may end without telling anybody.
    running.source = null;
    this.#acknowledged(running);
    running.readOnly = true;
  }

  /** `SET GLOBAL super_read_only = ON` alone: waits for commits that wait. */
  closeQuietly(): void {
    const running = this.#must();
    if (running.commits.length > 0) throw new Error(`${this.key}: commits hold it open`);
    running.readOnly = true;
  }

  open(): void {
    const running = this.#must();
    running.readOnly = false;
    this.world.story.tell(this.key, 'is open for writes');
  }

  prepareAsSource(ackers: number | null): void {
    const running = this.#must();
    running.source = ackers === null ? null : { ackers };
    running.semisyncReplica = false;
    this.#acknowledged(running);
  }

  semisyncSourceOff(): void {
    const running = this.#must();
    running.source = null;
    this.#acknowledged(running);
  }

  setSemisyncReplica(on: boolean): void {
    this.#must().semisyncReplica = on;
  }

  stopReceiver(): void {
    const running = this.#must();
    running.receiver = 'stopped';
    running.receiverError = '';
    if (running.link !== null) this.#closeLink(running, running.link);
  }

  startReceiver(): void {
    const running = this.#must();
    if (this.disk.channel === null) return;
    running.receiver = 'wanted';
    running.receiverError = '';
    this.#connect(running);
  }

  startApplier(): void {
    const running = this.#must();
    if (this.disk.channel === null) return;
    running.applier = 'running';
    this.#apply(running);
  }

  stopApplier(): void {
    this.#must().applier = 'stopped';
  }

  leaveSource(): void {
    this.stopReceiver();
    this.stopApplier();
    this.disk.channel = null;
    this.disk.received.clear();
    this.disk.relay = [];
  }

  /** CHANGE REPLICATION SOURCE. With both threads stopped, unapplied relay log is thrown away. */
  changeSource(source: MemberKey, heartbeatPeriodMs: number): void {
    const running = this.#must();
    if (running.receiver !== 'stopped') throw new Error(`${this.key}: the receiver must be stopped first`);
    if (running.applier === 'stopped' || this.disk.channel === null) {
      this.disk.received = this.disk.executed.copy();
      this.disk.relay = [];
    }
    this.disk.channel = { source, heartbeatPeriodMs };
  }

  get receiverHealthy(): boolean {
    const running = this.#must();
    return running.receiverError === '' || running.link !== null;
  }

  get semisyncReplica(): boolean {
    return this.#must().semisyncReplica;
  }

  get unapplied(): number {
    return this.disk.relay.length;
  }

  /** Resolves true once the set is executed, false when the time is over. */
  waitFor(set: Gtids, timeoutMs: number): Promise<boolean> {
    const running = this.#must();
    if (this.disk.executed.contains(set)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (reached: boolean): void => {
        running.waiters.delete(look);
        cancel();
        this.world.clock.stir();
        resolve(reached);
      };
      const look = (): void => {
        if (this.disk.executed.contains(set)) end(true);
      };
      const cancel = running.process.schedule(timeoutMs, () => end(false));
      running.waiters.add(look);
    });
  }

  /** The rows of these transactions are taken back, in one transaction that says so. */
  undo(errant: Gtids): void {
    this.#must();
    for (const txn of this.disk.binlog) if (errant.has(txn.uuid, txn.n)) this.disk.rows.delete(txn.row);
    this.disk.undone = errant.copy();
  }

  /** RESET BINARY LOGS AND GTIDS, gtid_purged set to what is left. */
  forget(purged: Gtids): void {
    const running = this.#must();
    for (const dump of running.dumps.values()) this.#resetLink(dump.replica, dump.link);
    running.dumps.clear();
    this.disk.binlog = [];
    this.disk.executed = purged.copy();
    this.disk.purged = purged.copy();
    this.disk.undone = null;
  }

  // Replication, the receiver's end.

  #connect(running: Running): void {
    const { channel } = this.disk;
    if (this.#running !== running || running.link !== null || running.receiver === 'stopped') return;
    const source = channel === null ? undefined : this.world.source(channel.source);
    if (channel === null || source === undefined || running.process.frozen) return;
    running.attempt += 1;
    const { attempt } = running;
    const retryIn = (ms: number): void => {
      running.process.schedule(ms, () => {
        if (running.attempt === attempt) this.#connect(running);
      });
    };
    // An attempt that gets no answer at all is given up and repeated.
    retryIn(this.options.netTimeoutMs);
    const semisync = running.semisyncReplica;
    const has = this.disk.executed.copy();
    has.addAll(this.disk.received);
    const back = (arrive: () => void): void =>
      this.world.network.send(source.host, this.host, () => running.process.deliver(arrive));
    this.world.network.send(this.host, source.host, () => {
      const to = source.process;
      if (to === null) return back(() => retryIn(connectRetryMs));
      to.deliver(() => {
        const refused = source.refuses(this.key, has);
        back(() => {
          const stale =
            this.#running !== running || running.attempt !== attempt || running.receiver === 'stopped';
          if (stale || running.link !== null || this.disk.channel?.source !== source.key) return;
          if (refused !== null) {
            running.receiver = 'stopped';
            running.receiverError = refused;
            this.world.story.tell(this.key, `receiver stopped: ${refused}`);
            return;
          }
          if (source.process !== to) return retryIn(connectRetryMs);
          const link: Link = { source, to, semisync, closed: false, silentSinceMs: null };
          running.link = link;
          to.deliver(() => source.register(link, this));
          this.checkLink();
        });
      });
    });
  }

  refuses(replica: string, has: Gtids): string | null {
    const { disk } = this;
    for (const [uuid, n] of has.each()) {
      if (uuid === this.uuid && !disk.executed.has(uuid, n) && !this.#inBinlog(uuid, n)) {
        return `1236 ${replica} has more GTIDs than its source ${this.key}, under the source's UUID`;
      }
    }
    if (!has.contains(disk.purged)) return `1236 ${this.key} has purged what ${replica} needs`;
    return null;
  }

  #inBinlog(uuid: string, n: number): boolean {
    return this.disk.binlog.some((txn) => txn.uuid === uuid && txn.n === n);
  }

  register(link: Link, replica: Receiver): void {
    const running = this.#running;
    if (running === null || link.closed) return;
    const has = replica.has();
    const dump: Dump = { replica: replica.key, link, next: 0, lastDueMs: 0 };
    running.dumps.set(replica.key, dump);
    if (link.semisync) {
      for (const commit of running.commits)
        if (has.has(commit.txn.uuid, commit.txn.n)) commit.acks.add(replica.key);
      if (running.source !== null) this.#acknowledged(running);
    }
    this.#sendFrom(dump, replica, has);
  }

  /** Executed, or in its relay log. */
  has(): Gtids {
    const has = this.disk.executed.copy();
    has.addAll(this.disk.received);
    return has;
  }

  #feed(running: Running): void {
    for (const dump of running.dumps.values()) {
      const replica = this.world.server(dump.replica);
      if (replica !== undefined) this.#sendFrom(dump, replica, null);
    }
  }

  #sendFrom(dump: Dump, replica: Receiver, has: Gtids | null): void {
    const { link } = dump;
    for (; dump.next < this.disk.binlog.length; dump.next += 1) {
      const txn = this.disk.binlog[dump.next] as Txn;
      if (link.closed || has?.has(txn.uuid, txn.n) === true) continue;
      const dueMs = this.world.network.transmit(this.host, replica.host, dump.lastDueMs, () =>
        replica.receive(link, txn),
      );
      if (Number.isFinite(dueMs)) dump.lastDueMs = dueMs;
    }
  }

  /** A transaction arrives over the link. */
  receive(link: Link, txn: Txn): void {
    this.process?.deliver(() => this.#receive(link, txn));
  }

  #receive(link: Link, txn: Txn): void {
    const running = this.#running;
    if (running?.link !== link || link.closed) return;
    const { disk } = this;
    if (!disk.received.has(txn.uuid, txn.n) && !disk.executed.has(txn.uuid, txn.n)) {
      disk.received.add(txn.uuid, txn.n);
      disk.relay.push(txn);
    }
    if (link.semisync) {
      const { source, to } = link;
      this.world.network.send(this.host, source.host, () => {
        if (source.process === to) to.deliver(() => source.acknowledge(this.key, txn));
      });
    }
    this.#apply(running);
  }

  acknowledge(replica: string, txn: Txn): void {
    const running = this.#running;
    if (running === null || txn.uuid !== this.uuid) return;
    // An acknowledgement covers everything before it.
    for (const commit of running.commits) if (commit.txn.n <= txn.n) commit.acks.add(replica);
    if (running.source !== null) this.#acknowledged(running);
  }

  #apply(running: Running): void {
    if (this.#running !== running || running.applying) return;
    // Without cost it is done at once: no timer for each transaction.
    while (this.applyMs === 0 && running.applier === 'running' && this.disk.relay.length > 0)
      this.#applyOne(running);
    if (running.applier === 'stopped' || this.disk.relay.length === 0) return;
    running.applying = true;
    running.process.schedule(this.applyMs, () => {
      running.applying = false;
      if (this.#running !== running) return;
      if (running.applier === 'running' && this.disk.relay.length > 0) this.#applyOne(running);
      this.#apply(running);
    });
  }

  #applyOne(running: Running): void {
    const txn = this.disk.relay.shift();
    if (txn === undefined || this.disk.executed.has(txn.uuid, txn.n)) return;
    this.disk.binlog.push(txn);
    this.#engineCommit(txn);
    this.#feed(running);
    this.#executedChanged(running);
  }

  #closeLink(running: Running, link: Link): void {
    link.closed = true;
    if (running.link === link) running.link = null;
    const { source, to } = link;
    this.world.network.send(this.host, source.host, () => {
      if (source.process === to) to.deliver(() => source.forgetReplica(this.key, link));
    });
  }

  forgetReplica(replica: string, link: Link): void {
    const dumps = this.#running?.dumps;
    if (dumps?.get(replica)?.link === link) dumps.delete(replica);
  }

  /** The source's process ended, or it ended the connection: the replica is told if its host can tell it. */
  #resetLink(replica: MemberKey, link: Link): void {
    const server = this.world.server(replica);
    if (server === undefined || !this.host.up) return server?.checkLink();
    this.world.network.send(this.host, server.host, () =>
      server.process?.deliver(() => server.linkReset(link)),
    );
  }

  /** The source hung up: connect again. */
  linkReset(link: Link): void {
    const running = this.#running;
    if (running?.link !== link) return;
    link.closed = true;
    running.link = null;
    running.process.schedule(connectRetryMs, () => this.#connect(running));
  }

  /** Who reaches whom has changed, or somebody stopped: a receiver that hears nothing gives up after its timeout. */
  checkLink(): void {
    const running = this.#running;
    const link = running?.link;
    if (running == null || link == null || link.closed) return;
    const { source, to } = link;
    const hears =
      !to.dead && !to.frozen && source.host.up && this.world.network.reaches(source.host, this.host);
    if (hears) {
      link.silentSinceMs = null;
      return;
    }
    if (link.silentSinceMs !== null) return;
    const sinceMs = this.world.clock.monotonicMs();
    link.silentSinceMs = sinceMs;
    running.process.schedule(this.options.netTimeoutMs, () => {
      if (running.link !== link || link.silentSinceMs !== sinceMs || this.#running !== running) return;
      this.#closeLink(running, link);
      this.#connect(running);
    });
  }

  /** Time since the receiver last heard of its source (data or heartbeat), `null` when it is not connected. */
  get heardAgoMs(): number | null {
    const link = this.#running?.link;
    if (link == null) return null;
    return link.silentSinceMs === null ? 0 : this.world.clock.monotonicMs() - link.silentSinceMs;
  }

  #tellLinks(): void {
    const dumps = this.#running?.dumps;
    if (dumps === undefined) return;
    for (const { replica } of dumps.values()) this.world.server(replica)?.checkLink();
  }

  #must(): Running {
    if (this.#running === null) throw new Error(`${this.key} is not running`);
    return this.#running;
  }
}
