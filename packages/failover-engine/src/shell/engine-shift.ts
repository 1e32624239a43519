import type { GroupOwner, Logger, Store } from '@dcmha/zk-schema';
import { hostname } from 'node:os';
import type { EngineConfig } from '../config.js';
import type { Evaluation } from '../core/decide.js';
import type { MemberKey } from '../core/model.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import type { SwitchoverReport } from '../operations/check-switchover.js';
import { planOwnership } from '../core/ownership.js';
import type { EngineWorld } from './engine-world.js';
import { AlertWriter } from './alert-writer.js';
import { AgentIndex } from './agent-index.js';
import { acknowledgedVersions, groupInputs, type InputsOptions } from './group-inputs.js';
import { GroupRunner, type Explanation, type GroupInputs } from './group-runner.js';
import { Permits } from './permits.js';
import { Steadiness } from './steadiness.js';
import { TreeMirror } from './tree-mirror.js';
import { ZkLedger } from './zk-ledger.js';

export interface EngineShiftOptions {
  readonly store: Store;
  /** Aborts when the session is over. */
  readonly over: AbortSignal;
  readonly config: EngineConfig;
  readonly world: EngineWorld;
  readonly engineId: string;
  readonly endpoint: string;
  readonly logger: Logger;
  /** Around operations, of the whole engine; missing: policies that name any are not checked, and none is run. */
  readonly hooks?: HookRunner;
  /** Counted over the sessions of an engine; missing: of this one alone. */
  readonly steadiness?: Steadiness;
}

interface Owned {
  readonly owner: GroupOwner;
  readonly runner: GroupRunner;
  lastFailoverWallMs: number | null;
}

const version = '0.1.0';
const storeTimeoutMs = 5_000;
const orphanPatienceMs = 2_000;
const rebalanceTickMs = 500;
const historyKept = 200;
const historyBatch = 10;
const claimsMax = 32;
const rebalancePauseMs = 20;

const mirrored = [
  'white',
  'task',
  'metaHost',
  'metaGroup',
  'onlineList',
  'onlineClients',
  'master',
  'route',
  'journal',
  'routerAck',
  'engineMembers',
  'engineOwner',
  'executeGtid',
  'readbinlogStatus',
  'watchDown',
  'slavedown',
] as const;

/** One ZooKeeper session of an engine: its membership, its mirror of the tree, the groups it owns. */
export class EngineShift {
  readonly #o: EngineShiftOptions;
  readonly #owned = new Map<string, Owned>();
  readonly #orphanedSince = new Map<string, number>();
  readonly #changingHands = new Set<string>();
  readonly #agentSaid = new Map<MemberKey, string>();
  readonly #operations: Permits;
  readonly #steadiness: Steadiness;
  readonly #claims = new Permits(claimsMax);
  #mirror: TreeMirror | null = null;
  #agents: AgentIndex | null = null;
  #rebalanceDue = false;
  /** Each server is asked so many times less often than the configuration says. */
  #stretch = 1;
  readonly #ended = new AbortController();

  constructor(options: EngineShiftOptions) {
    this.#o = options;
    this.#operations = new Permits(options.config.operationsMax);
    this.#steadiness = options.steadiness ?? new Steadiness(options.world.clock);
    this.#steadiness.observe(options.store.zk, options.over);
    options.over.addEventListener('abort', () => void this.end(), { once: true });
  }

  groups(): string[] {
    return [...this.#owned.keys()].sort();
  }

  evaluations(group: string): readonly Evaluation[] | null {
    return this.#owned.get(group)?.runner.evaluations ?? null;
  }

  explain(group: string): Explanation | null {
    return this.#owned.get(group)?.runner.explain() ?? null;
  }

  /** What a switchover would do now; `null` when this engine does not own the group, or cannot read it. */
  async checkSwitchover(group: string, target: MemberKey | null): Promise<SwitchoverReport | null> {
    return (await this.#owned.get(group)?.runner.checkSwitchover(target)) ?? null;
  }

  async begin(): Promise<void> {
    const { store, engineId, endpoint, over, world, logger } = this.#o;
    await store.prepare({ timeoutMs: storeTimeoutMs });
    await store.engineMembers.ensureEphemeral(
      { id: engineId },
      {
        id: engineId,
        host: hostname(),
        pid: process.pid,
        sinceMs: Math.round(world.clock.wallMs()),
        version,
        endpoint,
      },
      { signal: over },
    );
    this.#mirror = await TreeMirror.open({
      store,
      over,
      names: mirrored,
      changed: (path) => this.#changed(path),
      failed: (error) => logger.error('mirror of ZooKeeper', { error: text(error) }),
    });
    this.#agents = new AgentIndex(this.#mirror);
    this.#rebalance();
    void this.#tick();
    logger.info('engine joined', { engineId, endpoint });
  }

  /** Stops working on every group. Ownership ends with the session. */
  async end(): Promise<void> {
    this.#ended.abort();
    const ending = [...this.#owned.values()].map(({ runner }) => runner.stop());
    this.#owned.clear();
    await Promise.all(ending);
  }

  async #tick(): Promise<void> {
    const { over, world } = this.#o;
    const ended = this.#ended.signal;
    while (!over.aborted && !ended.aborted) {
      await world.clock.sleep(rebalanceTickMs, ended);
      if (!ended.aborted) this.#rebalance();
    }
  }

  #changed(path: string): void {
    const parsed = this.#o.store.parsePath(path);
    if (parsed.kind !== 'node') return;
    switch (parsed.node) {
      case 'engineMembers':
      case 'engineOwner':
      case 'metaGroup':
        this.#rebalanceSoon();
        break;
      case 'onlineClients':
        this.#agentNews(this.#agents?.update(path) ?? []);
        return;
      case 'onlineList':
        this.#agentNews([String((parsed.params as { readonly server?: string }).server)]);
        return;
      case 'task':
        for (const { runner } of this.#owned.values()) runner.notify();
        return;
      case 'routerAck':
        return;
      default:
    }
    const { group } = parsed.params as { readonly group?: string };
    if (group !== undefined) this.#owned.get(group)?.runner.notify();
  }

  /** An agent says that its server is gone: what was read from that server before is doubtful. */
  #agentNews(servers: readonly string[]): void {
    for (const server of servers) {
      const group = this.#groupOf(server);
      const owned = group === null ? undefined : this.#owned.get(group);
      if (group === null || owned === undefined) continue;
      const member = this.#inputs(group)?.members.find(({ key }) => key === server);
      if (member !== undefined) {
        // Once for each death: an agent that is slow to see the server come back must not cast doubt on it again.
        const { agent, key } = member;
        const news = `${agent.mysqld} ${agent.detail}`;
        if (this.#agentSaid.get(key) !== news) {
          this.#agentSaid.set(key, news);
          if (agent.mysqld === 'down') owned.runner.memberNews(key, `its agent says: ${agent.detail}`);
        }
      }
      owned.runner.notify();
    }
  }

  #groupOf(server: string): string | null {
    try {
      return this.#mirror?.value('metaHost', { server })?.group ?? null;
    } catch (error) {
      this.#o.logger.error(`${server} is left alone: ${text(error)}`);
      return null;
    }
  }

  #inputs(group: string): GroupInputs | null {
    const mirror = this.#mirror;
    const agents = this.#agents;
    if (mirror === null || agents === null) return null;
    const { store, world, logger } = this.#o;
    const options: InputsOptions = {
      mirror,
      agents,
      agent: world.agent,
      connected: () => store.zk.state === 'connected',
      wallMs: () => world.clock.wallMs(),
      steadiness: this.#steadiness,
      ...(this.#o.hooks === undefined ? {} : { hooks: this.#o.hooks.names }),
    };
    try {
      return groupInputs(options, group, this.#owned.get(group)?.lastFailoverWallMs ?? null);
    } catch (error) {
      logger.error(`${group} is left alone: ${text(error)}`, { group });
      return null;
    }
  }

  /** Once for all changes that come together: a thousand claims are a thousand changes. */
  #rebalanceSoon(): void {
    if (this.#rebalanceDue) return;
    this.#rebalanceDue = true;
    void this.#o.world.clock.sleep(rebalancePauseMs, this.#ended.signal).then(() => {
      this.#rebalanceDue = false;
      if (!this.#ended.signal.aborted) this.#rebalance();
    });
  }

  /** All servers together are asked no more often than the configuration allows. */
  #setPace(): void {
    const { primaryIntervalMs, replicaIntervalMs, looksPerSecondMax } = this.#o.config.observe;
    let looksPerSecond = 0;
    for (const group of this.#owned.keys()) {
      const replicas = Math.max(0, (this.#memberCount(group) ?? 1) - 1);
      looksPerSecond += 1_000 / primaryIntervalMs + (replicas * 1_000) / replicaIntervalMs;
    }
    this.#stretch = Math.max(1, looksPerSecond / looksPerSecondMax);
  }

  #memberCount(group: string): number | undefined {
    try {
      return this.#mirror?.value('metaGroup', { group })?.members.length;
    } catch {
      // Reported where the group is evaluated.
      return undefined;
    }
  }

  #timing() {
    const { observe } = this.#o.config;
    const stretch = (): number => this.#stretch;
    return {
      timeoutMs: observe.timeoutMs,
      get primaryIntervalMs() {
        return observe.primaryIntervalMs * stretch();
      },
      get replicaIntervalMs() {
        return observe.replicaIntervalMs * stretch();
      },
    };
  }

  #rebalance(): void {
    const mirror = this.#mirror;
    const { store, engineId, over, logger } = this.#o;
    if (mirror === null || over.aborted || store.zk.state !== 'connected') return;
    const groups = mirror.children('metaGroup');
    const owners = new Map<string, string>();
    for (const group of mirror.children('engineOwner')) {
      const owner = mirror.value('engineOwner', { group });
      if (owner !== null) owners.set(group, owner.engine);
    }
    this.#setPace();
    const nowMs = this.#o.world.clock.monotonicMs();
    for (const group of groups) {
      if (owners.has(group)) this.#orphanedSince.delete(group);
      else if (!this.#orphanedSince.has(group)) this.#orphanedSince.set(group, nowMs);
    }
    const plan = planOwnership({
      me: engineId,
      engines: mirror.children('engineMembers'),
      groups,
      owners,
      orphanedSince: this.#orphanedSince,
      nowMs,
      orphanPatienceMs,
    });
    // A group that is this engine's and that it does not run (it had to stop in doubt) is claimed anew.
    const known = new Set(groups);
    const idle = groups.filter((group) => owners.get(group) === engineId);
    for (const group of [...plan.claim, ...idle]) {
      if (!this.#owned.has(group)) void this.#changeHands(group, () => this.#claim(group));
    }
    for (const group of plan.release) {
      // What is under way is finished first.
      if (known.has(group) && mirror.value('journal', { group }) !== null) continue;
      void this.#changeHands(group, () => this.#release(group));
    }
    for (const [group, { owner }] of this.#owned) {
      if (owner.lostReason === null && (owners.get(group) ?? engineId) === engineId) continue;
      logger.warn(`${group} is no longer owned by this engine`, { group, reason: owner.lostReason });
      void this.#drop(group);
    }
  }

  /** One change of hands of a group at a time. */
  async #changeHands(group: string, change: () => Promise<void>): Promise<void> {
    if (this.#changingHands.has(group)) return;
    this.#changingHands.add(group);
    try {
      await change();
    } catch (error) {
      if (!this.#o.over.aborted)
        this.#o.logger.warn(`${group} does not change hands: ${text(error)}`, { group });
    } finally {
      this.#changingHands.delete(group);
    }
  }

  async #claim(group: string): Promise<void> {
    const permit = await this.#claims.take(this.#o.over);
    try {
      await this.#claimNow(group);
    } finally {
      permit.release();
    }
  }

  async #claimNow(group: string): Promise<void> {
    const { store, engineId, over, logger } = this.#o;
    const result = await store.claimOwnership(group, { engine: engineId, timeoutMs: storeTimeoutMs });
    if (!result.owned || over.aborted) return;
    const owner = store.asOwner(group, result.claim);
    const lastFailoverWallMs = await this.#lastFailover(group);
    if (over.aborted) return;
    this.#owned.set(group, { owner, runner: this.#run(owner), lastFailoverWallMs });
    logger.info(`owns ${group}`, { group, fence: result.claim.fenceVersion });
  }

  #run(owner: GroupOwner): GroupRunner {
    const { store, engineId, world, logger } = this.#o;
    const { clock } = world;
    const { group } = owner;
    const mirror = this.#mirror as TreeMirror;
    const alerts = new AlertWriter({ store, owner, mirror, engineId, clock, logger });
    const runner: GroupRunner = new GroupRunner({
      engineId,
      group,
      clock,
      newId: world.newId,
      log: logger,
      ledger: new ZkLedger({
        store,
        owner,
        clock,
        exists: (path) => mirror.has(path),
        acknowledged: () => acknowledgedVersions(mirror, group),
      }),
      inputs: () => this.#inputs(group),
      connect: (member) => world.connect(member, (key, detail) => runner.memberNews(key, detail)),
      timing: this.#timing(),
      permits: this.#operations,
      ...(this.#o.hooks === undefined ? {} : { hooks: this.#o.hooks }),
      finished: ({ kind, result }) => {
        const owned = this.#owned.get(group);
        if (owned !== undefined && kind === 'failover' && result === 'done') {
          owned.lastFailoverWallMs = clock.wallMs();
        }
        store
          .pruneHistory(group, { keep: historyKept, timeoutMs: storeTimeoutMs })
          .catch((error: unknown) => logger.debug('history not shortened', { group, error: text(error) }));
      },
      evaluated: (view, evaluation) => alerts.sync(view, evaluation),
      ownershipLost: () => void this.#drop(group),
    });
    return runner;
  }

  /** Wall time of the last finished failover. Looks at the newest entries first, a few at a time. */
  async #lastFailover(group: string): Promise<number | null> {
    const { store } = this.#o;
    const call = { timeoutMs: storeTimeoutMs };
    const { nodes } = await store.history.list({ group }, call);
    const newestFirst = [...nodes].reverse();
    for (let start = 0; start < newestFirst.length; start += historyBatch) {
      const batch = newestFirst.slice(start, start + historyBatch);
      const entries = await Promise.all(batch.map((params) => store.history.read(params, call)));
      const found = entries.find(
        (entry) => entry !== null && entry.value.kind === 'failover' && entry.value.result === 'done',
      );
      if (found != null) return found.value.at;
    }
    return null;
  }

  async #release(group: string): Promise<void> {
    const owned = this.#owned.get(group);
    if (owned === undefined) return;
    await this.#drop(group);
    await owned.owner.release({ timeoutMs: storeTimeoutMs });
    this.#o.logger.info(`gave up ${group}`, { group });
  }

  async #drop(group: string): Promise<void> {
    const owned = this.#owned.get(group);
    this.#owned.delete(group);
    await owned?.runner.stop();
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
