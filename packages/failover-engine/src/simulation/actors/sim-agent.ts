import type { ZooKeeper } from '@dcmha/zk-client';
import {
  Announcement,
  createStore,
  guard,
  parseGroupPolicy,
  verdict,
  vouch,
  type GroupPolicy,
  type GuardAction,
  type NodeKey,
  type NodeUpdate,
  type NodeValue,
  type Said,
  type Store,
  type VouchFacts,
} from '@dcmha/zk-schema';
import type { MemberKey, ProbeOutcome, ServerState } from '../../core/model.js';
import type { Tail } from '../../ports.js';
import type { Network } from '../net/network.js';
import { Gtids } from '../mysql/gtids.js';
import { CallFailedError, remoteCall } from '../mysql/remote-call.js';
import { followSource, outcomeOf } from '../mysql/sim-control.js';
import type { SimMysqld } from '../mysql/sim-mysqld.js';
import { SimTail } from '../mysql/sim-tail.js';
import type { SimClock } from '../time/sim-clock.js';
import { SimProcess } from '../time/sim-process.js';
import type { Story } from '../time/story.js';
import type { SimZooKeeper } from './sim-zookeeper.js';

export interface SimAgentOptions {
  readonly server: SimMysqld;
  readonly clock: SimClock;
  readonly network: Network;
  readonly zookeeper: SimZooKeeper;
  readonly story: Story;
  readonly root: string;
  readonly member: (key: MemberKey) => SimMysqld | undefined;
  /** The agent beside a member. */
  readonly peer: (key: MemberKey) => SimAgent | undefined;
  /** Rolled-back rows that were saved to files on this host. */
  readonly saved: Set<number>;
  readonly setTail: (tail: SimTail) => void;
  readonly dropTail: (tail: SimTail) => void;
  /** It ended its server: whoever looks after processes on the host starts it again. */
  readonly ended: () => void;
  /** A broken variant: it never closes a server. */
  readonly neverCloses: boolean;
}

const guardTickMs = 250;
const lookMs = 500;
const probeTimeoutMs = 1_000;
const hungAfterMs = 1_500;
const closeTimeoutMs = 3_000;
const retryMs = 100;
const rejoinPauseMsMin = 500;
const rejoinPauseMsMax = 8_000;

/**
 * The agent beside a server, as far as a failover depends on it: presence, lease, closing on request, serving a dead
 * server's binlog, rejoin with rollback. What it does over ZooKeeper it does with the real store.
 */
export class SimAgent {
  readonly process: SimProcess;
  readonly #o: SimAgentOptions;
  #mysqld: 'up' | 'down' | 'hung' | 'unknown' = 'unknown';
  #mysqldSinceMs = 0;
  #silentSinceMs: number | null = null;
  #local: ServerState | null = null;
  #zk: ZooKeeper | null = null;
  #store: Store | null = null;
  #primary: NodeValue<'master'> | null = null;
  #maintenance = false;
  #operation = false;
  #failoverFrom: MemberKey | null = null;
  #members: readonly MemberKey[] = [];
  #downSinceMs: number | null = null;
  #askedAtMs = -Infinity;
  #vouchedUntilMs = -Infinity;
  #vouchedFor = '';
  #policy: GroupPolicy = parseGroupPolicy({});
  #group: string | null = null;
  #announce: (() => void) | null = null;
  #guardSoon: AbortController = new AbortController();
  #rejoinAtMs = 0;
  #rejoinPauseMs = rejoinPauseMsMin;
  #tail: SimTail | null = null;
  /** Primary and own history that were compared last. */
  #checked = '';
  #watched: SimProcess | null = null;

  constructor(options: SimAgentOptions) {
    this.#o = options;
    this.process = new SimProcess(`agent ${options.server.key}`, options.server.host, options.clock);
    this.process.onDead(() => this.#endTail());
    void this.#look();
    void this.#guardLoop();
    void options.zookeeper.keepSession(
      this.process,
      (zk, over) => this.#session(zk, over),
      (text) => this.#tell(text),
    );
  }

  get #key(): MemberKey {
    return this.#o.server.key;
  }

  #tell(text: string): void {
    this.#o.story.tell(this.process.name, text);
  }

  // Its server.

  #call<T>(label: string, timeoutMs: number, work: (server: SimMysqld) => T | Promise<T>): Promise<T> {
    return remoteCall(this.process, this.#o.network, this.#o.server, label, { timeoutMs }, work);
  }

  async #look(): Promise<void> {
    for (;;) {
      await this.#lookOnce();
      await this.process.sleep(lookMs);
    }
  }

  async #lookOnce(): Promise<void> {
    const { server } = this.#o;
    try {
      const state = await this.#call('read', probeTimeoutMs, (s) => s.state());
      this.#local = state;
      this.#silentSinceMs = null;
      if (server.process !== null && this.#watched !== server.process) {
        this.#watched = server.process;
        // It watches the process itself.
        server.process.onDead(() => this.process.deliver(() => this.#gone()));
      }
      this.#become('up');
    } catch (error) {
      const how = error instanceof CallFailedError ? error.how : 'sql';
      this.#local = null;
      if (how === 'refused') this.#become('down');
      else if (how === 'hung' || how === 'timeout') {
        const now = this.process.clock.monotonicMs();
        this.#silentSinceMs ??= now;
        if (this.#mysqld !== 'down' && now - this.#silentSinceMs >= hungAfterMs - probeTimeoutMs)
          this.#become('hung');
      }
    }
  }

  #gone(): void {
    this.#local = null;
    this.#become('down');
  }

  #become(state: 'up' | 'down' | 'hung'): void {
    if (this.#mysqld === state) return;
    this.#tell(`mysqld is ${state}`);
    this.#mysqld = state;
    this.#mysqldSinceMs = Math.round(this.process.clock.wallMs());
    this.#downSinceMs = state === 'down' ? this.process.clock.monotonicMs() : null;
    if (state === 'up') this.#endTail();
    this.#announce?.();
    this.#guardSoon.abort();
  }

  // ZooKeeper.

  async #session(zk: ZooKeeper, over: AbortSignal): Promise<void> {
    const { root, clock } = this.#o;
    const store = createStore(zk, { root, clock: storeClock(clock, this.process) });
    this.#zk = zk;
    this.#store = store;
    over.addEventListener('abort', () => {
      this.#announce = null;
    });
    const server = this.#key;
    const common = { over, pause: () => this.process.sleep(retryMs) };
    const online = new Announcement<'onlineList'>({
      make: (value) => store.onlineList.ensureEphemeral({ server }, value, { signal: over }),
      ...common,
    });
    const host = this.process.host.name;
    const present = new Announcement<'onlineClients'>({
      make: (value) => store.onlineClients.ensureEphemeral({ host }, value, { signal: over }),
      ...common,
    });
    this.#announce = () => {
      const state = this.#mysqld;
      const sinceMs = this.#mysqldSinceMs;
      present.offer({
        agentId: host,
        endpoint: `http://${host}:8080`,
        servers: [server],
        mysqld: { [server]: { state, sinceMs, detail: state === 'down' ? `since ${sinceMs}` : '' } },
        pid: 1,
      });
      const group = this.#group;
      online.offer(state !== 'up' || group === null ? null : { group, agent: host, sinceMs });
    };
    const told =
      <Key extends NodeKey>(changed: (value: NodeValue<Key> | null) => void) =>
      (update: NodeUpdate<Key>): void => {
        if (update.kind !== 'value') return;
        changed(update.stored?.value ?? null);
        this.#guardSoon.abort();
      };
    const meta = await store.metaHost.read({ server }, { signal: over });
    const group = meta?.value.group ?? null;
    this.#group = group;
    if (group !== null) {
      const until = { signal: over };
      await Promise.all([
        store.master.watch(
          { group },
          told<'master'>((value) => (this.#primary = value)),
          until,
        ),
        store.white.watch(
          { group },
          told<'white'>((value) => (this.#maintenance = value !== null)),
          until,
        ),
        store.journal.watch(
          { group },
          told<'journal'>((value) => this.#knowJournal(value)),
          until,
        ),
        store.metaGroup.watch(
          { group },
          told<'metaGroup'>((value) => {
            this.#policy = parseGroupPolicy(value?.policy ?? {});
            this.#members = value?.members ?? [];
          }),
          until,
        ),
      ]);
    }
    this.#announce?.();
  }

  // Guard.

  async #guardLoop(): Promise<void> {
    for (;;) {
      await this.process.sleep(guardTickMs, this.#guardSoon.signal);
      if (this.#guardSoon.signal.aborted) this.#guardSoon = new AbortController();
      void this.#askToStayOpen();
      try {
        await this.#guardOnce();
      } catch (error) {
        this.#tell(`guard: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  #decide(): GuardAction {
    const zk = this.#zk;
    const channel = this.#local?.channel ?? null;
    return guard({
      server: this.#key,
      mysqld: this.#local === null ? 'unknown' : 'up',
      primary: this.#primary?.primary ?? null,
      maintenance: this.#maintenance,
      operationInProgress: this.#operation,
      connected: zk?.state === 'connected' && this.#group !== null,
      leaseRemainingMs: zk?.remainingMs() ?? 0,
      leaseMarginMs: (zk?.sessionTimeoutMs ?? 6_000) / 3,
      leaseEnforced: this.#policy.fencing !== 'none',
      vouchedRemainingMs: this.#vouchedRemainingMs,
      vouchMarginMs: this.#vouchValidMs / 3,
      condemned: this.#failoverFrom === this.#key,
      local:
        this.#local === null
          ? null
          : {
              writable: !this.#local.readOnly,
              closed: this.#local.superReadOnly,
              source: channel?.source ?? null,
              receiver: channel?.receiver ?? 'stopped',
              applier: channel?.applier ?? 'stopped',
            },
    });
  }

  async #guardOnce(): Promise<void> {
    let action = this.#decide();
    const hurry =
      this.#primary?.primary === this.#key &&
      this.#failoverFrom !== this.#key &&
      this.#policy.fencing !== 'none';
    if (action.kind !== 'none' && !hurry) {
      await this.#lookOnce();
      action = this.#decide();
      if (action.kind === 'close') {
        await this.#learnPrimary();
        action = this.#decide();
      }
    }
    if (action.kind === 'close') {
      if (this.#o.neverCloses) return;
      this.#tell(`closes its server: ${action.reason}`);
      await this.#call('close', closeTimeoutMs, (s) => s.close());
      await this.#lookOnce();
    } else if (action.kind === 'rejoin') await this.#tryRejoin(action.primary, action.reason);
    else if (action.kind === 'none') await this.#checkErrant();
  }

  /** A replica that was written to takes the same way as an old primary: its own part of the history tells. */
  async #checkErrant(): Promise<void> {
    const local = this.#local;
    const primary = this.#primary?.primary ?? null;
    if (local === null || primary === null || primary === this.#key || this.#operation) return;
    if (local.channel?.source !== primary || this.#zk?.state !== 'connected') return;
    const own = local.gtidExecuted.split(',').find((part) => part.startsWith(`${local.serverUuid}:`)) ?? '';
    const checked = `${primary} ${this.#primary?.epoch ?? 0} ${own}`;
    if (this.#checked === checked) return;
    const source = this.#o.member(primary);
    if (source === undefined) return;
    const theirs = await remoteCall(
      this.process,
      this.#o.network,
      source,
      'readForErrant',
      { timeoutMs: probeTimeoutMs },
      (s) => s.disk.executed.copy(),
    );
    if (theirs.contains(Gtids.of(local.gtidExecuted))) this.#checked = checked;
    else await this.#tryRejoin(primary, 'it may have what its primary has not');
  }

  async #learnPrimary(): Promise<void> {
    const group = this.#group;
    if (this.#store === null || this.#zk === null || group === null) throw new Error('no session');
    await this.#zk.sync(this.#store.master.path({ group }), { timeoutMs: closeTimeoutMs });
    this.#primary = (await this.#store.master.read({ group }, { timeoutMs: closeTimeoutMs }))?.value ?? null;
  }

  async #tryRejoin(primary: MemberKey, why: string): Promise<void> {
    const now = this.process.clock.monotonicMs();
    if (now < this.#rejoinAtMs) return;
    this.#tell(`rejoins ${primary}: ${why}`);
    try {
      await this.#rejoin(primary);
      this.#rejoinPauseMs = rejoinPauseMsMin;
      this.#rejoinAtMs = this.process.clock.monotonicMs() + rejoinPauseMsMin;
    } catch (error) {
      this.#tell(`rejoin will be tried again: ${error instanceof Error ? error.message : String(error)}`);
      this.#rejoinAtMs = this.process.clock.monotonicMs() + this.#rejoinPauseMs;
      this.#rejoinPauseMs = Math.min(this.#rejoinPauseMs * 2, rejoinPauseMsMax);
    }
    await this.#lookOnce();
  }

  /** The steps of `packages/agent/src/rejoin`: save, undo, forget, follow; each is found again after a crash. */
  async #rejoin(primary: MemberKey): Promise<void> {
    const { network, server, saved } = this.#o;
    const source = this.#o.member(primary);
    if (source === undefined) throw new Error(`${primary} is unknown`);
    for (let turn = 0; turn < 5; turn += 1) {
      const own = await this.#call('read', 10_000, (s) => ({
        readOnly: s.state().readOnly,
        executed: s.disk.executed.copy(),
        undone: s.disk.undone?.copy() ?? null,
      }));
      if (!own.readOnly) throw new Error('it is writable: it must be closed before it can rejoin');
      const theirs = await remoteCall(
        this.process,
        network,
        source,
        'readForRejoin',
        { timeoutMs: 10_000 },
        (s) => ({ executed: s.disk.executed.copy(), purged: s.disk.purged.copy() }),
      );
      const { undone } = own;
      if (undone !== null) {
        await this.#call('leaveSource', 10_000, (s) => s.leaveSource());
        await this.#call('forget', 10_000, (s) => s.forget(s.disk.executed.without(undone)));
        continue;
      }
      const errant = own.executed.without(theirs.executed);
      if (!errant.isEmpty) {
        this.#tell(`has what ${primary} has not: ${errant.toString()}`);
        await this.#call('leaveSource', 10_000, (s) => s.leaveSource());
        const binlog = await this.#call('readBinlog', 10_000, (s) => [...s.disk.binlog]);
        const found = new Gtids();
        for (const txn of binlog) {
          if (!errant.has(txn.uuid, txn.n)) continue;
          found.add(txn.uuid, txn.n);
          if (txn.row !== 0) saved.add(txn.row);
        }
        if (!found.contains(errant)) throw new Error(`its binlog no longer has ${errant.toString()}`);
        await this.#call('undo', 10_000, (s) => s.undo(errant));
        continue;
      }
      if (!own.executed.contains(theirs.purged)) throw new Error(`${primary} has purged what it lacks`);
      await followSource((label, work) => this.#call(label, 10_000, work), {
        source: primary,
        heartbeatPeriodMs: this.#policy.heartbeatPeriodMs,
        semisync: this.#policy.durability.mode === 'semisync',
        timeoutMs: 10_000,
      });
      return;
    }
    void server;
    throw new Error('it is not behind its primary after 5 steps');
  }

  #knowJournal(journal: NodeValue<'journal'> | null): void {
    this.#operation = journal !== null;
    const closing = journal?.operation === 'failover' && journal.step === 'closing';
    this.#failoverFrom = closing ? (journal.oldPrimary ?? null) : null;
  }

  // Fencing `failsafe`: staying open without ZooKeeper on the word of the other agents.

  get #vouchValidMs(): number {
    return this.#policy.leaseMs / 2;
  }

  get #vouchedRemainingMs(): number {
    const { fencing } = this.#policy;
    if (fencing !== 'failsafe' || this.#vouchedFor !== this.#primaryText()) return 0;
    return Math.max(0, this.#vouchedUntilMs - this.process.clock.monotonicMs());
  }

  #primaryText(): string {
    return `${this.#primary?.primary ?? ''} ${this.#primary?.epoch ?? 0}`;
  }

  /** Asks all others where it is time to; their agreement counts from before the question. */
  async #askToStayOpen(): Promise<void> {
    const now = this.process.clock.monotonicMs();
    const primary = this.#primary;
    const zk = this.#zk;
    if (this.#policy.fencing !== 'failsafe' || primary?.primary !== this.#key || this.#group === null) return;
    if (this.#local === null || this.#local.readOnly || this.#failoverFrom === this.#key) return;
    if (zk?.state === 'connected' && zk.remainingMs() > 0.6 * zk.sessionTimeoutMs) return;
    const everyMs = this.#vouchValidMs / 5;
    if (now - this.#askedAtMs < everyMs) return;
    this.#askedAtMs = now;
    const asker = { group: this.#group, primary: primary.primary, epoch: primary.epoch };
    const text = this.#primaryText();
    const said = new Map<MemberKey, Said | null>();
    await Promise.all(
      this.#members
        .filter((member) => member !== this.#key)
        .map(async (member) => {
          said.set(member, await this.#askPeer(member, asker, everyMs).catch(() => null));
        }),
    );
    const { agrees, reason } = verdict(this.#key, this.#members, said);
    this.#tell(agrees ? 'stays open without ZooKeeper: all agents agree' : `is not vouched for: ${reason}`);
    if (!agrees) return;
    this.#vouchedFor = text;
    this.#vouchedUntilMs = now + this.#vouchValidMs;
  }

  #askPeer(member: MemberKey, asker: VouchFacts['asker'], timeoutMs: number): Promise<Said> {
    const server = this.#o.member(member);
    return new Promise<Said>((resolve, reject) => {
      if (server === undefined) return reject(new Error(`${member} does not exist`));
      const { network } = this.#o;
      const here = this.process.host;
      const cancel = this.process.schedule(timeoutMs, () => reject(new Error('no answer in time')));
      network.send(here, server.host, () => {
        const peer = this.#o.peer(member);
        if (peer === undefined || peer.process.dead) return;
        peer.process.deliver(() => {
          void peer.answer(asker).then((answer) =>
            network.send(server.host, here, () =>
              this.process.deliver(() => {
                cancel();
                resolve(answer);
              }),
            ),
          );
        });
      });
    });
  }

  /** What it says of a primary whose agent asks; the rule is the real one. */
  async answer(asker: VouchFacts['asker']): Promise<Said> {
    if (this.#zk?.state === 'connected') await this.#learnPrimary().catch(() => undefined);
    await this.#lookOnce();
    const local = this.#local;
    const now = this.process.clock.monotonicMs();
    const channel = local?.channel ?? null;
    const answer = vouch({
      asker,
      server: this.#key,
      known: {
        group: this.#group,
        primary: this.#primary,
        operationInProgress: this.#operation,
      },
      leaseMs: this.#policy.leaseMs,
      downForMs: this.#mysqld === 'down' && this.#downSinceMs !== null ? now - this.#downSinceMs : null,
      local:
        local === null || this.#mysqld !== 'up'
          ? null
          : {
              writable: !local.readOnly,
              source: channel?.source ?? null,
              receiver: channel?.receiver ?? 'stopped',
            },
    });
    return { ...answer, members: this.#members };
  }

  // What engines ask of it; called in its process.

  /** What it sees of another member from its own host. */
  async opinion(
    target: MemberKey,
    timeoutMs: number,
  ): Promise<{ readonly outcome: ProbeOutcome; readonly detail: string }> {
    const server = this.#o.member(target);
    if (server === undefined) throw new Error(`${target} is no member of the group`);
    try {
      await remoteCall(this.process, this.#o.network, server, 'ping', { timeoutMs }, () => undefined);
      return { outcome: 'alive', detail: '' };
    } catch (error) {
      return { outcome: outcomeOf(error), detail: error instanceof Error ? error.message : String(error) };
    }
  }

  async close(member: MemberKey, epoch: number, endHung: boolean): Promise<'closed' | 'process-gone'> {
    this.#check(member, epoch);
    if (this.#mysqld === 'down') return 'process-gone';
    if (this.#o.neverCloses) return 'closed';
    this.#tell(`closes its server: asked for by the operation of epoch ${epoch}`);
    try {
      await this.#call('close', endHung ? 500 : closeTimeoutMs, (s) => s.close());
    } catch (error) {
      const how = error instanceof CallFailedError ? error.how : 'sql';
      if (how === 'refused' || how === 'lost') return 'process-gone';
      if (!endHung || how !== 'hung') throw error;
      this.#tell('ends its hung server (SIGKILL)');
      await this.process.step('kill mysqld');
      this.#o.server.kill();
      this.#o.ended();
      return 'process-gone';
    }
    this.#guardSoon.abort();
    return 'closed';
  }

  startTail(member: MemberKey, epoch: number): Tail {
    this.#check(member, epoch);
    const { server, network, setTail } = this.#o;
    if (server.process !== null) throw new Error(`${member} is running: replicas can follow it`);
    const host = this.process.host.name;
    if (this.#tail === null) {
      this.#tail = new SimTail(`${host}:9306`, this.process, server.disk, network);
      setTail(this.#tail);
      this.#tell('serves the binlog of its dead server');
    }
    return {
      source: { host, port: 9306, user: 'tail', password: 'tail-password-0000', tls: false },
      gtidExecuted: server.disk.executed.toString(),
      gtidPurged: server.disk.purged.toString(),
      torn: null,
    };
  }

  stopTail(member: MemberKey, epoch: number): void {
    this.#check(member, epoch);
    this.#endTail();
  }

  #endTail(): void {
    if (this.#tail === null) return;
    this.#o.dropTail(this.#tail);
    this.#tail = null;
  }

  #check(member: MemberKey, epoch: number): void {
    if (member !== this.#key) throw new Error(`this agent looks after ${this.#key}, not ${member}`);
    const known = this.#primary?.epoch ?? 0;
    if (epoch < known) throw new Error(`epoch ${epoch} is older than ${known}, which this agent knows`);
  }

  /** What it sees of another server from its host. */
  probeOther(server: SimMysqld, timeoutMs: number): Promise<void> {
    return remoteCall(this.process, this.#o.network, server, 'probe', { timeoutMs }, () => undefined);
  }
}

/** The clock that the store uses in this process. */
export function storeClock(clock: SimClock, process: SimProcess) {
  return {
    monotonicMs: () => clock.monotonicMs(),
    wallMs: () => Math.round(process.clock.wallMs()),
    schedule: (delayMs: number, run: () => void) => process.schedule(delayMs, run),
  };
}
