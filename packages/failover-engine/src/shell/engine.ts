import { ZooKeeperClient, type ZooKeeper } from '@dcmha/zk-client';
import {
  buildFolder,
  buildPath,
  createLayout,
  parsePath,
  SessionKeeper,
  type Layout,
  type Logger,
} from '@dcmha/zk-schema';
import { hostname } from 'node:os';
import type { EngineConfig } from '../config.js';
import { planOwnership } from '../core/ownership.js';
import type { Evaluation } from '../core/decide.js';
import type { MemberKey } from '../core/model.js';
import { agentClient } from './agent-client.js';
import { claimGroup, releaseGroup } from './claim.js';
import { encode } from './codec.js';
import { EngineHttp } from './engine-http.js';
import { ensureFolders, ensurePath } from './folders.js';
import { acknowledgedVersions, groupInputs, valueOf, type InputsOptions } from './group-inputs.js';
import { GroupRunner } from './group-runner.js';
import { pruneHistory, lastFailoverMs } from './history.js';
import { mysqlControl } from './mysql-control.js';
import { systemClock } from './system-clock.js';
import { TreeMirror } from './tree-mirror.js';
import { ZkLedger } from './zk-ledger.js';

export interface EngineHandle {
  readonly engineId: string;
  /** Where it answers over HTTP. */
  readonly endpoint: string;
  close(): Promise<void>;
}

const version = '0.1.0';
const storeTimeoutMs = 5_000;
const orphanPatienceMs = 2_000;
const rebalanceTickMs = 500;
/** Thirty years in milliseconds would overflow the server's variable; this is its largest value, 49 days. */
const semisyncTimeoutMs = 4_294_967_295;

/** Runs an engine until it is closed. It joins the others in ZooKeeper and takes its share of the groups. */
export async function startEngine(
  config: EngineConfig,
  { logger }: { readonly logger: Logger },
): Promise<EngineHandle> {
  const engineId = config.engineId ?? `${hostname()}-${process.pid}`;
  const layout = createLayout({ root: config.zookeeper.root });
  const { zookeeper } = config;
  let shift: EngineShift | null = null;

  const http = await EngineHttp.listen(config.http, {
    engineId,
    groups: () => shift?.groups() ?? [],
    evaluations: (group) => shift?.evaluations(group) ?? null,
    connected: () => keeper.current?.state === 'connected',
  });
  const endpoint = config.http.advertise ?? `http://${config.http.host}:${http.port}`;
  const keeper = new SessionKeeper({
    logger,
    connect: () =>
      new ZooKeeperClient({
        connect: zookeeper.connect,
        sessionTimeoutMs: zookeeper.sessionTimeoutMs,
        ...(zookeeper.auth === undefined ? {} : { auth: [{ scheme: 'digest', auth: zookeeper.auth }] }),
      }),
    use: async (zk, over) => {
      const current = new EngineShift({ zk, over, layout, config, engineId, endpoint, logger });
      shift = current;
      await current.begin();
    },
  });
  return {
    engineId,
    endpoint,
    close: async () => {
      await shift?.end();
      await keeper.close();
      await http.close();
    },
  };
}

interface ShiftOptions {
  readonly zk: ZooKeeper;
  readonly over: AbortSignal;
  readonly layout: Layout;
  readonly config: EngineConfig;
  readonly engineId: string;
  readonly endpoint: string;
  readonly logger: Logger;
}

/** One ZooKeeper session of an engine: its membership, its mirror of the tree, the groups it owns. */
class EngineShift {
  readonly #o: ShiftOptions;
  readonly #runners = new Map<string, { readonly runner: GroupRunner; lastFailoverWallMs: number | null }>();
  readonly #orphanedSince = new Map<string, number>();
  readonly #claiming = new Set<string>();
  readonly #agentSaid = new Map<MemberKey, string>();
  #mirror: TreeMirror | null = null;
  #ticking: NodeJS.Timeout | null = null;

  constructor(options: ShiftOptions) {
    this.#o = options;
    options.over.addEventListener('abort', () => void this.end(), { once: true });
  }

  groups(): string[] {
    return [...this.#runners.keys()].sort();
  }

  evaluations(group: string): readonly Evaluation[] | null {
    return this.#runners.get(group)?.runner.evaluations ?? null;
  }

  async begin(): Promise<void> {
    const { zk, layout, engineId, endpoint, over, logger } = this.#o;
    await ensureFolders(zk, layout, storeTimeoutMs);
    await this.#join(buildPath(layout, 'engineMembers', { id: engineId }), endpoint);
    const top = (name: keyof Layout['names']): string => `${layout.root}/${layout.names[name]}`;
    this.#mirror = await TreeMirror.open({
      zk,
      over,
      roots: (
        [
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
        ] as const
      ).map(top),
      changed: (path) => this.#changed(path),
      failed: (error) => logger.error('mirror of ZooKeeper', { error: error.message }),
    });
    this.#rebalance();
    if (!over.aborted) this.#ticking = setInterval(() => this.#rebalance(), rebalanceTickMs);
    logger.info('engine joined', { engineId, endpoint });
  }

  async end(): Promise<void> {
    if (this.#ticking !== null) clearInterval(this.#ticking);
    this.#ticking = null;
    const ending = [...this.#runners.values()].map(({ runner }) => runner.stop());
    this.#runners.clear();
    await Promise.all(ending);
  }

  /** Its own node may still be there from a session that is about to expire: waits for that, bounded by the session. */
  async #join(path: string, endpoint: string): Promise<void> {
    const { zk, over, engineId } = this.#o;
    const data = encode('engineMembers', {
      id: engineId,
      host: hostname(),
      pid: process.pid,
      sinceMs: Date.now(),
      version,
      endpoint,
    });
    const endMs = systemClock.monotonicMs() + zk.sessionTimeoutMs * 2;
    for (;;) {
      const created = await zk.create(path, data, { mode: 'ephemeral', signal: over }).then(
        () => true,
        async (error: unknown) => {
          const stat = await zk.exists(path, { signal: over });
          if (stat?.ephemeralOwner === zk.sessionId) return true;
          if (stat === null) throw error;
          return false;
        },
      );
      if (created) return;
      if (systemClock.monotonicMs() > endMs) {
        throw new Error(`an engine named ${engineId} is running already; give this one another engineId`);
      }
      await systemClock.sleep(100, over);
    }
  }

  #changed(path: string): void {
    const parsed = parsePath(this.#o.layout, path);
    if (parsed.kind !== 'node') return;
    switch (parsed.node) {
      case 'engineMembers':
      case 'engineOwner':
      case 'metaGroup':
        this.#rebalance();
        break;
      case 'onlineClients':
      case 'onlineList':
        this.#agentNews();
        break;
      case 'task':
        for (const { runner } of this.#runners.values()) runner.notify();
        break;
      default:
    }
    const group = (parsed.params as { readonly group?: string }).group;
    if (group !== undefined && parsed.node !== 'routerAck') this.#runners.get(group)?.runner.notify();
  }

  /** An agent says that a server is gone, or has gone itself: what was read from that server before is doubtful. */
  #agentNews(): void {
    for (const [group, { runner }] of this.#runners) {
      const inputs = this.#inputs(group);
      for (const { key, agent } of inputs?.members ?? []) {
        // Once for each death: an agent that is slow to see the server come back must not cast doubt on it again.
        const news = `${agent.mysqld} ${agent.detail}`;
        if (this.#agentSaid.get(key) === news) continue;
        this.#agentSaid.set(key, news);
        if (agent.mysqld === 'down') runner.memberNews(key, `its agent says: ${agent.detail}`);
      }
      runner.notify();
    }
  }

  #inputsOptions(mirror: TreeMirror): InputsOptions {
    return {
      mirror,
      layout: this.#o.layout,
      agent: (endpoint) => agentClient(endpoint, this.#o.config.agentToken),
      connected: () => this.#o.zk.state === 'connected',
      wallMs: () => systemClock.wallMs(),
    };
  }

  #inputs(group: string) {
    if (this.#mirror === null) return null;
    try {
      return groupInputs(
        this.#inputsOptions(this.#mirror),
        group,
        this.#runners.get(group)?.lastFailoverWallMs ?? null,
      );
    } catch (error) {
      this.#o.logger.error(
        `${group} is left alone: ${error instanceof Error ? error.message : String(error)}`,
        { group },
      );
      return null;
    }
  }

  #rebalance(): void {
    const mirror = this.#mirror;
    const { layout, engineId, zk, over, logger } = this.#o;
    if (mirror === null || over.aborted || zk.state !== 'connected') return;
    const names = (key: keyof Layout['names']): string[] =>
      mirror.children(`${layout.root}/${layout.names[key]}`);
    const groups = names('metaGroup');
    const owners = new Map<string, string>();
    for (const group of names('engineOwner')) {
      const owner = valueOf(mirror, layout, 'engineOwner', { group });
      if (owner !== null) owners.set(group, owner.engine);
    }
    const nowMs = systemClock.monotonicMs();
    for (const group of groups) {
      if (owners.has(group)) this.#orphanedSince.delete(group);
      else if (!this.#orphanedSince.has(group)) this.#orphanedSince.set(group, nowMs);
    }
    const plan = planOwnership({
      me: engineId,
      engines: names('engineMembers'),
      groups,
      owners,
      orphanedSince: this.#orphanedSince,
      nowMs,
      orphanPatienceMs,
    });
    for (const group of plan.claim) void this.#claim(group);
    for (const group of plan.release) {
      if (this.#claiming.has(group)) continue;
      if (groups.includes(group) && (this.#inputs(group)?.journal ?? null) !== null) continue;
      void this.#release(group);
    }
    for (const group of this.#runners.keys()) {
      if (
        mirror.owner(buildPath(layout, 'engineOwner', { group })) === undefined &&
        !this.#claiming.has(group)
      ) {
        logger.warn(`${group} is no longer owned by this engine`, { group });
        void this.#drop(group);
      }
    }
  }

  async #claim(group: string): Promise<void> {
    const { zk, layout, engineId, logger, over, config } = this.#o;
    const mirror = this.#mirror;
    if (mirror === null || this.#claiming.has(group) || this.#runners.has(group)) return;
    this.#claiming.add(group);
    try {
      const claim = await claimGroup(zk, layout, group, engineId, storeTimeoutMs);
      if (claim === null || over.aborted) return;
      await ensurePath(zk, buildFolder(layout, 'history', { group }), storeTimeoutMs);
      await ensurePath(zk, buildFolder(layout, 'routerAck', { group }), storeTimeoutMs);
      const lastFailoverWallMs = await lastFailoverMs(zk, layout, group, storeTimeoutMs);
      if (over.aborted) return;
      const ledger = new ZkLedger({
        zk,
        layout,
        group,
        fenceVersion: claim.fenceVersion,
        clock: systemClock,
        exists: (path) => mirror.owner(path) !== undefined,
        acknowledged: () => acknowledgedVersions(this.#inputsOptions(mirror), group),
      });
      const runner: GroupRunner = new GroupRunner({
        engineId,
        group,
        ledger,
        clock: systemClock,
        log: logger,
        inputs: () => this.#inputs(group),
        connect: (member: MemberKey) =>
          mysqlControl(member, {
            mysql: config.mysql,
            replication: config.replication,
            timeoutMs: config.observe.timeoutMs,
            semisyncTimeoutMs,
            lost: (key, detail) => runner.memberNews(key, detail),
          }),
        timing: config.observe,
        finished: ({ kind, result }) => {
          const owned = this.#runners.get(group);
          if (owned !== undefined && kind === 'failover' && result === 'done')
            owned.lastFailoverWallMs = systemClock.wallMs();
          void pruneHistory(zk, layout, group, storeTimeoutMs).catch((error: Error) =>
            logger.debug('history not shortened', { group, error: error.message }),
          );
        },
        ownershipLost: () => void this.#drop(group),
      });
      this.#runners.set(group, { runner, lastFailoverWallMs });
      logger.info(`owns ${group}`, { group, fence: claim.fenceVersion });
    } catch (error) {
      if (over.aborted) return;
      logger.warn(`${group} could not be claimed`, {
        group,
        error: error instanceof Error ? error.message : String(error),
      });
    } finally {
      this.#claiming.delete(group);
    }
  }

  async #release(group: string): Promise<void> {
    const { zk, layout, logger } = this.#o;
    await this.#drop(group);
    try {
      await releaseGroup(zk, layout, group, storeTimeoutMs);
      logger.info(`gave up ${group}`, { group });
    } catch (error) {
      logger.warn(`${group} could not be given up`, {
        group,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  async #drop(group: string): Promise<void> {
    const owned = this.#runners.get(group);
    this.#runners.delete(group);
    await owned?.runner.stop();
  }
}
