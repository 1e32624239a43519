import { join } from 'node:path';
import { ZooKeeperClient, type ZooKeeper } from '@dcmha/zk-client';
import { MysqlInstance } from '@dcmha/mysql-instance';
import {
  closedAcl,
  createStore,
  formatAddress,
  guard,
  parseAddress,
  parseGroupPolicy,
  SessionKeeper,
  type AgentStatus,
  type CloseAnswer,
  type CloseRequest,
  type GuardAction,
  type Logger,
  type NodeKey,
  type NodeUpdate,
  type NodeValue,
  type OpinionAnswer,
  type Store,
  type TailAnswer,
  type TailStartRequest,
  type TailStopRequest,
} from '@dcmha/zk-schema';
import type { AgentConfig } from './config.js';
import { AgentHttp } from './http/agent-http.js';
import { agentMetrics } from './http/agent-metrics.js';
import { RefusedError } from './http/refused-error.js';
import { ClosedAtStart } from './shell/closed-at-start.js';
import { Failsafe } from './shell/failsafe.js';
import { inMaintenance, nothingKnown, type Knowledge } from './shell/knowledge.js';
import { LocalServer } from './shell/local-server.js';
import { MemoryFile } from './shell/memory-file.js';
import { OpinionGiver } from './shell/opinion-giver.js';
import { Presence } from './shell/presence.js';
import { StallWatch } from './shell/stall-watch.js';
import { RejoinDriver } from './rejoin/rejoin-driver.js';
import type { RejoinStage } from './rejoin/rejoin-stage.js';
import { createTailServer } from './tail/create-tail-server.js';
import { endProcess } from './tail/end-process.js';
import type { TailServer } from './tail/tail-server.js';

export interface AgentHandle {
  readonly agentId: string;
  readonly endpoint: string;
  close(): Promise<void>;
}

const guardTickMs = 250;
const closeTimeoutMs = 3_000;
const stallLookMs = 1_000;
/** A server that is not closed after so long may hang. */
const hungFenceTimeoutMs = 300;

export interface AgentTools {
  readonly logger: Logger;
  /** Waited for after each stage of a rejoin; for tests. */
  readonly onRejoinStage?: (stage: RejoinStage) => Promise<void> | void;
}

/** Runs the agent of one server until it is closed. */
export async function startAgent(config: AgentConfig, tools: AgentTools): Promise<AgentHandle> {
  const agent = new Agent(config, tools);
  await agent.begin();
  return { agentId: agent.agentId, endpoint: agent.endpoint, close: () => agent.close() };
}

class Agent {
  readonly agentId: string;
  readonly #config: AgentConfig;
  readonly #logger: Logger;
  readonly #server: string;
  readonly #instance: MysqlInstance;
  readonly #local: LocalServer;
  readonly #closing = new AbortController();
  readonly #rejoin: RejoinDriver;
  readonly #tail: TailServer;
  readonly #knowledge: Knowledge = nothingKnown();
  readonly #failsafe: Failsafe;
  readonly #opinions: OpinionGiver;
  readonly #stalls: StallWatch;
  readonly #closedAtStart: ClosedAtStart;
  #http: AgentHttp | null = null;
  #keeper: SessionKeeper | null = null;
  #presence: Presence | null = null;
  #ticking: NodeJS.Timeout | null = null;
  #guarding: Promise<void> | null = null;
  #guardAgain = false;
  #activity = 'starting';

  constructor(config: AgentConfig, { logger, onRejoinStage }: AgentTools) {
    this.#config = config;
    this.#logger = logger;
    this.#server = config.server.address;
    const address = parseAddress(config.server.address);
    this.agentId = config.agentId ?? address.host;
    this.#instance = new MysqlInstance({
      address: parseAddress(config.server.connect ?? config.server.address),
      ...config.mysql,
      connectTimeoutMs: config.probe.timeoutMs,
      applicationName: 'dcmha-agent',
      onConnectionLost: () => this.#local.lookNow(),
    });
    this.#rejoin = new RejoinDriver({
      config,
      instance: this.#instance,
      logger,
      facts: () => ({ ...this.#knowledge, maintenance: this.#inMaintenance }),
      confirm: () => this.#learnPrimary(),
      store: () => (this.#keeper?.current ? this.#storeOf(this.#keeper.current) : null),
      activity: (text) => (this.#activity = text),
      onStage: onRejoinStage,
    });
    this.#tail = createTailServer(config, logger);
    this.#local = new LocalServer({
      instance: this.#instance,
      pidFile: config.server.pidFile,
      ...config.probe,
      logger,
      changed: () => this.#changed(),
    });
    this.#opinions = new OpinionGiver({ mysql: config.mysql });
    this.#closedAtStart = new ClosedAtStart({
      instance: this.#instance,
      server: this.#server,
      timeoutMs: closeTimeoutMs,
      logger,
    });
    this.#stalls = new StallWatch({
      instance: this.#instance,
      intervalMs: stallLookMs,
      timeoutMs: config.probe.timeoutMs,
      watched: () => this.#local.status?.readOnly === false,
      changed: () => this.#changed(),
    });
    const file = `group-${config.server.address.replaceAll(/[^\w.-]/g, '_')}.json`;
    this.#failsafe = new Failsafe({
      server: this.#server,
      token: config.http.token,
      sessionTimeoutMs: config.zookeeper.sessionTimeoutMs,
      knowledge: this.#knowledge,
      local: this.#local,
      memory: new MemoryFile(join(config.stateDir, file), logger),
      zk: () => this.#keeper?.current ?? null,
      learn: () => this.#learnPrimary(),
      logger,
      changed: () => this.#guardSoon(),
    });
  }

  get endpoint(): string {
    const { host, advertise } = this.#config.http;
    return advertise ?? `http://${host}:${this.#http?.port ?? this.#config.http.port}`;
  }

  async begin(): Promise<void> {
    const { zookeeper, http } = this.#config;
    await this.#rejoin.begin();
    await this.#failsafe.begin();
    try {
      this.#http = await AgentHttp.listen(
        { host: http.host, port: http.port, token: http.token },
        {
          status: () => this.#status(),
          close: (request) => this.#closeFor(request),
          tailStart: (request) => this.#tailStart(request),
          tailStop: (request) => this.#tailStop(request),
          opinion: ({ target, timeoutMs }) => this.#opinion(target, timeoutMs ?? 400),
          vouch: (request) => this.#failsafe.answer(request),
          isOpenPrimary: () => this.#isPrimary && this.#local.status?.readOnly === false,
          isReadable: (lagMsMax) => this.#isReadable(lagMsMax),
          lostDir: this.#rejoin.lostDir,
          metrics: () => agentMetrics(this.#status(), this.#local.status, this.#tail.facts),
        },
      );
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#keeper = new SessionKeeper({
      logger: this.#logger,
      connect: () =>
        new ZooKeeperClient({
          connect: zookeeper.connect,
          sessionTimeoutMs: zookeeper.sessionTimeoutMs,
          ...(zookeeper.auth === undefined
            ? {}
            : { auth: [{ scheme: 'digest', auth: zookeeper.auth }], defaultAcl: closedAcl(zookeeper.auth) }),
        }),
      use: (zk, over) => this.#session(zk, over),
    });
    this.#ticking = setInterval(() => {
      this.#failsafe.tend();
      const { status } = this.#local;
      if (status !== null && this.#knowledge.group !== null) this.#closedAtStart.tend(status.serverUuid);
      this.#guardSoon();
      this.#tendTail();
    }, guardTickMs);
    this.#logger.info('agent started', {
      agentId: this.agentId,
      server: this.#server,
      endpoint: this.endpoint,
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#ticking !== null) clearInterval(this.#ticking);
    const rejoinEnded = this.#rejoin.close();
    await this.#guarding;
    await rejoinEnded;
    await this.#keeper?.close();
    await this.#http?.close();
    await this.#tail.close();
    await this.#opinions.close();
    await this.#failsafe.close();
    await this.#stalls.close();
    await this.#closedAtStart.close();
    await this.#local.close();
    this.#instance.close();
  }

  get #inMaintenance(): boolean {
    return inMaintenance(this.#knowledge, Date.now(), this.#keeper?.current?.state === 'connected');
  }

  get #isPrimary(): boolean {
    return this.#failsafe.facts().primary === this.#server;
  }

  #changed(): void {
    this.#tendTail();
    this.#announce();
    this.#guardSoon();
  }

  #announce(): void {
    this.#presence?.publish({
      agentId: this.agentId,
      server: this.#server,
      endpoint: this.endpoint,
      view: this.#local.view,
      stall: this.#stalls.stall,
      group: this.#knowledge.group,
      serverUuid: this.#local.status?.serverUuid,
      mysqldPid: this.#local.pid,
    });
  }

  /** Everything that lives as long as one ZooKeeper session. */
  async #session(zk: ZooKeeper, over: AbortSignal): Promise<void> {
    const logger = this.#logger;
    const store = this.#storeOf(zk);
    this.#presence = new Presence(store, { agentId: this.agentId, server: this.#server }, over, logger);
    over.addEventListener('abort', () => (this.#presence = null), { once: true });
    const k = this.#knowledge;

    /** Hands each new value on; one that cannot be read leaves what was known before, and is reported. */
    const told =
      <Key extends NodeKey>(what: string, changed: (value: NodeValue<Key> | null) => void) =>
      (update: NodeUpdate<Key>): void => {
        if (update.kind === 'value') {
          changed(update.stored?.value ?? null);
          this.#failsafe.noted();
          this.#guardSoon();
        } else if (update.kind !== 'lost')
          logger.error(`${what} cannot be read`, { error: String(update.error) });
      };

    let peers = new AbortController();
    let followed: string | null = null;
    const watchPeers = async (members: readonly string[], signal: AbortSignal): Promise<void> => {
      peers.abort();
      peers = new AbortController();
      k.members = members;
      followed = members.join();
      try {
        await this.#failsafe.watchPeers(store, members, { signal: AbortSignal.any([signal, peers.signal]) });
      } catch (error) {
        if (!signal.aborted) logger.warn('agents of the group are not followed', { error: String(error) });
      }
    };
    let entered: { readonly group: string | null; readonly end: AbortController } | null = null;
    const enter = async (group: string | null): Promise<void> => {
      if (entered !== null && entered.group === group) return;
      entered?.end.abort();
      const end = new AbortController();
      entered = { group, end };
      k.group = group;
      if (group === null) {
        k.primary = null;
        logger.warn(`${this.#server} is registered in no group yet; register it with "dcmha group add"`);
      } else {
        const until = { signal: AbortSignal.any([over, end.signal]) };
        await Promise.all([
          store.master.watch(
            { group },
            told('the primary', (value) => (k.primary = value)),
            until,
          ),
          store.white.watch(
            { group },
            told('maintenance', (value) => (k.maintenance = value)),
            until,
          ),
          store.journal.watch(
            { group },
            told('the journal', (value) => this.#knowJournal(value)),
            until,
          ),
          store.metaGroup.watch(
            { group },
            told('the group', (value) => {
              k.policy = parseGroupPolicy(value?.policy ?? {});
              const members = value?.members ?? [];
              if (members.join() !== followed) void watchPeers(members, until.signal);
            }),
            until,
          ),
        ]);
      }
      this.#failsafe.learned();
      this.#announce();
    };
    let entering = Promise.resolve();
    await store.metaHost.watch(
      { server: this.#server },
      told('the server', (host) => {
        entering = entering
          .then(() => enter(host?.group ?? null))
          .catch((error: unknown) => {
            if (!over.aborted) logger.error('group not entered', { error: String(error) });
          });
      }),
      { signal: over },
    );
    await entering;
    this.#announce();
  }

  #guardSoon(): void {
    if (this.#closing.signal.aborted) return;
    this.#rejoin.changed();
    this.#guardAgain = true;
    this.#guarding ??= this.#guardLoop().finally(() => {
      this.#guarding = null;
      // Asked for after the last look at whether it was.
      if (this.#guardAgain) this.#guardSoon();
    });
  }

  async #guardLoop(): Promise<void> {
    while (this.#guardAgain && !this.#closing.signal.aborted) {
      this.#guardAgain = false;
      try {
        await this.#guardOnce();
      } catch (error) {
        this.#logger.error('guard', { error: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  async #guardOnce(): Promise<void> {
    let action = this.#decide();
    if (action.kind !== 'none' && !this.#mustHurry()) {
      // What was read of the server may be older than what is known of the group: look again before doing anything.
      await this.#local.fresh();
      action = this.#decide();
      if (action.kind === 'close') {
        // A server of ZooKeeper may lag behind: never close the primary that an engine has just opened.
        await this.#learnPrimary();
        action = this.#decide();
      }
    }
    if (action.kind !== 'rejoin') this.#activity = this.#reasonToTell(action.reason);
    if (action.kind === 'close') {
      this.#logger.warn(`closing ${this.#server}: ${action.reason}`);
      await this.#instance.fence({
        killClients: true,
        timeoutMs: closeTimeoutMs,
        signal: this.#closing.signal,
      });
      await this.#local.fresh();
    } else if (action.kind === 'rejoin') {
      await this.#rejoin.attempt(action.primary, action.reason);
      this.#local.lookNow();
    } else if (this.#local.status !== null) await this.#rejoin.look(this.#local.status);
  }

  #reasonToTell(reason: string): string {
    if (this.#local.view.state === 'down' && this.#rejoin.awaiting !== null) return this.#rejoin.awaiting;
    return this.#rejoin.found === '' ? reason : `${reason}; ${this.#rejoin.found}`;
  }

  /** Reads who the primary is, as of now. @throws when ZooKeeper cannot say: then nothing is done in this round. */
  async #learnPrimary(): Promise<void> {
    const zk = this.#keeper?.current ?? null;
    const { group } = this.#knowledge;
    if (zk === null || group === null) throw new Error('no ZooKeeper session to ask who the primary is');
    const deadline = { timeoutMs: closeTimeoutMs, signal: this.#closing.signal };
    const store = this.#storeOf(zk);
    await zk.sync(store.master.path({ group }), deadline);
    const [master, journal] = await Promise.all([
      store.master.read({ group }, deadline),
      store.journal.read({ group }, deadline),
    ]);
    this.#knowledge.primary = master?.value ?? null;
    this.#knowJournal(journal?.value ?? null);
  }

  #knowJournal(journal: NodeValue<'journal'> | null): void {
    this.#knowledge.operationInProgress = journal !== null;
    const closing = journal?.operation === 'failover' && journal.step === 'closing';
    this.#knowledge.failoverFrom = closing ? (journal.oldPrimary ?? null) : null;
  }

  #storeOf(zk: ZooKeeper): Store {
    return createStore(zk, { root: this.#config.zookeeper.root, logger: this.#logger });
  }

  #decide(): GuardAction {
    const zk = this.#keeper?.current ?? null;
    const { status, view } = this.#local;
    const lease = this.#failsafe.facts();
    const k = this.#knowledge;
    const channel = status?.channels.find((c) => c.name === '') ?? null;
    const sessionTimeoutMs = zk?.sessionTimeoutMs ?? this.#config.zookeeper.sessionTimeoutMs;
    return guard({
      server: this.#server,
      mysqld: view.state,
      ...lease,
      maintenance: this.#inMaintenance,
      operationInProgress: k.operationInProgress,
      connected: zk?.state === 'connected' && k.group !== null,
      // Closing takes a moment too: begin while a third of the session is left.
      leaseMarginMs: sessionTimeoutMs / 3,
      condemned: k.failoverFrom === this.#server,
      local:
        status === null
          ? null
          : {
              writable: !status.readOnly,
              closed: status.closed,
              source:
                channel === null
                  ? null
                  : formatAddress({ host: channel.sourceHost, port: channel.sourcePort }),
              receiver: channel?.receiver ?? 'stopped',
              applier: channel?.applier ?? 'stopped',
            },
    });
  }

  /** A lease that runs out does not wait for another look. */
  #mustHurry(): boolean {
    return (
      this.#isPrimary && this.#knowledge.failoverFrom !== this.#server && this.#failsafe.facts().leaseEnforced
    );
  }

  async #opinion(target: string, timeoutMs: number): Promise<OpinionAnswer> {
    const { members } = this.#knowledge;
    if (!members.includes(target)) {
      throw new RefusedError(
        `${target} is no member of ${this.#knowledge.group ?? 'any group of this agent'}: ${members.join(', ') || 'none is known'}`,
      );
    }
    return this.#opinions.opinion(target, timeoutMs);
  }

  #status(): AgentStatus {
    const { view, status } = this.#local;
    const { primary, group } = this.#knowledge;
    return {
      agentId: this.agentId,
      server: this.#server,
      group,
      mysqld: view.state,
      detail: view.detail,
      role: primary === null ? 'unknown' : this.#isPrimary ? 'primary' : 'replica',
      writable: status === null ? null : !status.readOnly,
      activity: this.#tail.facts?.detail ?? this.#activity,
    };
  }

  #isReadable(lagMsMax: number | null): boolean {
    const channel = this.#local.status?.channels.find((c) => c.name === '');
    if (this.#isPrimary || channel === undefined) return false;
    if (channel.receiver !== 'running' || channel.applier !== 'running') return false;
    return lagMsMax === null || (channel.lagMs !== null && channel.lagMs <= lagMsMax);
  }

  async #closeFor({ server, epoch, endHung }: CloseRequest): Promise<CloseAnswer> {
    this.#mustServe(server, epoch);
    if (this.#local.view.state === 'down') return { state: 'process-gone' };
    this.#logger.warn(`closing ${this.#server}: asked for by the operation of epoch ${epoch}`);
    if (!endHung) {
      await this.#fence(closeTimeoutMs);
      return { state: 'closed' };
    }
    if (this.#local.view.state !== 'hung') {
      const failed = await this.#fence(hungFenceTimeoutMs).then(
        () => null,
        (error: unknown) => error,
      );
      if (failed === null) return { state: 'closed' };
      const { verdict } = await this.#instance.probe({
        timeoutMs: hungFenceTimeoutMs,
        signal: this.#closing.signal,
      });
      // Reads that are answered are no reason to let commits hang in it that may come back later.
      const { stall } = this.#stalls;
      const storageGone = stall !== null && stall.reason !== 'lock';
      if (this.#local.process === null || (verdict === 'alive' && !storageGone)) {
        // It answers, only not to this: patience before violence.
        const closed = await this.#fence(closeTimeoutMs).then(
          () => true,
          () => false,
        );
        if (closed) return { state: 'closed' };
      }
    }
    return this.#endHung(epoch);
  }

  async #fence(timeoutMs: number): Promise<void> {
    await this.#instance.fence({ killClients: true, timeoutMs, signal: this.#closing.signal });
    this.#local.lookNow();
  }

  async #endHung(epoch: number): Promise<CloseAnswer> {
    const found = this.#local.process;
    if (!this.#config.tail.mayEndProcess) {
      throw new RefusedError(
        `${this.#server} cannot be closed and the configuration forbids to end its process (tail.mayEndProcess)`,
      );
    }
    if (found === null) {
      if (this.#local.view.state === 'down') return { state: 'process-gone' };
      throw new RefusedError(
        `${this.#server} cannot be closed, and its process is not known: set server.pidFile`,
      );
    }
    this.#logger.error(`ending ${this.#server}, process ${found.pid}, which hangs`, { epoch });
    await endProcess(found, this.#closing.signal);
    await this.#seenGone();
    return { state: 'process-gone' };
  }

  /** The watch looks every few milliseconds: whoever asks next is to find the process gone. */
  async #seenGone(): Promise<void> {
    const deadline = performance.now() + closeTimeoutMs;
    while (this.#local.view.state !== 'down' && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, this.#config.probe.processPollMs));
    }
  }

  /** @throws RefusedError unless a request is for this server and not of an operation that was overtaken */
  #mustServe(server: string, epoch: number): void {
    if (server !== this.#server)
      throw new RefusedError(`this agent looks after ${this.#server}, not ${server}`);
    const known = this.#knowledge.primary?.epoch ?? 0;
    if (epoch < known)
      throw new RefusedError(`epoch ${epoch} is older than ${known}, which this agent knows`);
  }

  async #tailStart(request: TailStartRequest): Promise<TailAnswer> {
    // Without ZooKeeper what was known before has to do: serving changes nothing.
    await this.#learnPrimary().catch(() => undefined);
    this.#mustServe(request.server, request.epoch);
    const { primary } = this.#knowledge;
    if (primary !== null && primary.epoch >= request.epoch && primary.primary !== this.#server) {
      throw new RefusedError(
        `${primary.primary} is the primary since epoch ${primary.epoch}: the operation of epoch ${request.epoch} is over`,
      );
    }
    const { state, detail } = this.#local.view;
    if (state !== 'down') {
      throw new RefusedError(`mysqld is ${state} (${detail}): only the files of a dead server are served`);
    }
    return this.#tail.start(request);
  }

  async #tailStop({ server, epoch }: TailStopRequest): Promise<object> {
    if (server !== this.#server)
      throw new RefusedError(`this agent looks after ${this.#server}, not ${server}`);
    await this.#tail.stop(epoch, 'the operation has what it needs');
    return {};
  }

  #tendTail(): void {
    const { view, status, pid } = this.#local;
    if (status !== null) void this.#tail.remember(this.#instance, status, pid);
    const { primary } = this.#knowledge;
    const connected = this.#keeper?.current?.state === 'connected';
    const successor = primary === null || primary.primary === this.#server ? null : primary;
    this.#tail.tend({ isUp: view.state === 'up', connected, successor }).catch((error: unknown) => {
      this.#logger.error('tail source', { error: error instanceof Error ? error.message : String(error) });
    });
  }
}
