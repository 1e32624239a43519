import { agentConfigSchema, startAgent, type AgentHandle } from '@dcmha/agent';
import { MysqlInstance } from '@dcmha/mysql-instance';
import {
  accounts,
  Sandbox,
  waitUntil,
  type MysqlGroup,
  type MysqlServer,
  type ZooKeeperEnsemble,
} from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import {
  createStore,
  type GroupPolicyInput,
  type Logger,
  type NodeValue,
  type Store,
} from '@dcmha/zk-schema';
import {
  engineConfigSchema,
  startEngine,
  type EngineConfigInput,
  type EngineHandle,
} from '../../src/index.js';
import { startMariadbGroup } from './mariadb-group.js';

const mysql = { user: accounts.admin.user, password: accounts.admin.password };
const replication = { user: accounts.replication.user, password: accounts.replication.password };
const token = 'a-token-for-tests';

export const keyOf = (server: MysqlServer): string => `${server.host}:${server.port}`;

/** A group of three real servers with an agent beside each, engines and real ZooKeeper, all of dcmha in this process. */
export class GroupUnderTest {
  readonly group = 'orders';
  readonly lines: string[] = [];
  readonly agents = new Map<string, AgentHandle>();
  readonly #engines: EngineHandle[] = [];

  private constructor(
    readonly sandbox: Sandbox,
    readonly ensemble: ZooKeeperEnsemble,
    readonly servers: MysqlGroup,
    readonly zk: ZooKeeperClient,
    readonly store: Store,
  ) {}

  static async start(options: {
    readonly name: string;
    readonly semiSync: boolean;
    readonly policy: GroupPolicyInput;
    readonly engines?: number;
    /** Of the engines' configuration. */
    readonly hooks?: EngineConfigInput['hooks'];
    readonly flavor?: 'mysql' | 'mariadb';
  }): Promise<GroupUnderTest> {
    const sandbox = await Sandbox.create({ name: options.name });
    try {
      const [ensemble, servers] = await Promise.all([
        sandbox.startZooKeeper({}),
        options.flavor === 'mariadb'
          ? startMariadbGroup(sandbox, options)
          : sandbox.startGroup({ semiSync: options.semiSync }),
      ]);
      const zk = new ZooKeeperClient({ connect: ensemble.connectString, sessionTimeoutMs: 4_000 });
      await zk.waitConnected({ timeoutMs: 5_000 });
      const store = createStore(zk);
      await store.prepare();
      const under = new GroupUnderTest(sandbox, ensemble, servers, zk, store);
      const members = servers.servers.map(keyOf);
      await store.metaGroup.create(
        { group: under.group },
        { members, flavor: options.flavor ?? 'mysql', policy: options.policy },
      );
      for (const server of members) await store.metaHost.create({ server }, { group: under.group });
      await store.master.create(
        { group: under.group },
        { primary: keyOf(servers.primary), epoch: 1, sinceMs: Date.now() },
      );
      for (const server of servers.servers) await under.startAgent(server);
      for (let engine = 1; engine <= (options.engines ?? 1); engine += 1)
        await under.#startEngine(`e${engine}`, options.hooks ?? {});
      await under.healthy();
      return under;
    } catch (error) {
      await sandbox.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) await engine.close();
    for (const agent of this.agents.values()) await agent.close();
    await this.zk.close();
    await this.sandbox.close();
    if (process.env['DCMHA_SHOW_LOG']) console.log(this.lines.join('\n'));
  }

  async startAgent(server: MysqlServer): Promise<void> {
    const config = agentConfigSchema.parse({
      zookeeper: { connect: this.ensemble.connectString, sessionTimeoutMs: 2_000 },
      server: { address: keyOf(server) },
      mysql,
      replication,
      http: { host: server.host, token },
      stateDir: this.stateDir(server),
      tail: { allowPlain: true },
    });
    this.agents.set(
      keyOf(server),
      await startAgent(config, { logger: this.#logger(`agent-${keyOf(server)}`) }),
    );
  }

  stateDir(server: MysqlServer): string {
    return `${this.sandbox.folder}/state-${server.serverId}`;
  }

  async stopAgent(server: MysqlServer): Promise<void> {
    await this.agents.get(keyOf(server))?.close();
    this.agents.delete(keyOf(server));
  }

  /** Where the engine answers over HTTP. */
  get endpoint(): string {
    const [engine] = this.#engines;
    if (engine === undefined) throw new Error('no engine was started');
    return engine.endpoint;
  }

  /** What the history says of a task, once it is done. */
  async resultOf(kind: string, args: Record<string, unknown>): Promise<NodeValue<'history'>> {
    const { group, store } = this;
    const { name } = await store.task.append(
      {},
      { kind, group, requestedBy: 'ann', requestedAtMs: Date.now(), args },
    );
    let found: NodeValue<'history'> | undefined;
    await this.eventually(`the result of ${kind} ${JSON.stringify(args)}`, async () => {
      found = (await this.history()).find((entry) => entry.task === name);
      return found !== undefined;
    });
    return found as NodeValue<'history'>;
  }

  /** Oldest first. */
  async history(): Promise<NodeValue<'history'>[]> {
    const { nodes } = await this.store.history.list({ group: this.group });
    const entries = await Promise.all(nodes.map((node) => this.store.history.read(node)));
    return entries.flatMap((entry) => (entry === null ? [] : [entry.value]));
  }

  async #startEngine(engineId: string, hooks: EngineConfigInput['hooks'] = {}): Promise<void> {
    const zookeeper = { connect: this.ensemble.connectString, sessionTimeoutMs: 2_000 };
    const config = engineConfigSchema.parse({
      zookeeper,
      mysql,
      replication,
      engineId,
      agentToken: token,
      hooks,
    });
    this.#engines.push(await startEngine(config, { logger: this.#logger(engineId) }));
  }

  #logger(who: string): Logger {
    const log = (level: string) => (message: string, meta?: object) => {
      const facts = meta === undefined ? '' : JSON.stringify(meta);
      this.lines.push(`${new Date().toISOString().slice(11)} ${who} ${level} ${message} ${facts}`);
    };
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  }

  serverAt(key: string | undefined | null): MysqlServer {
    const found = this.servers.servers.find((s) => keyOf(s) === key);
    if (found === undefined) throw new Error(`no server ${key}`);
    return found;
  }

  async primary(): Promise<MysqlServer> {
    return this.serverAt((await this.store.master.read({ group: this.group }))?.value.primary);
  }

  replicasOf(primary: MysqlServer): MysqlServer[] {
    return this.servers.servers.filter((server) => server !== primary);
  }

  /** What the group's history says of the last failover, from this server; written when all of it is done. */
  async failoverFrom(old: MysqlServer): Promise<NodeValue<'history'>> {
    const { group, store } = this;
    let found: NodeValue<'history'> | undefined;
    await this.eventually(`the failover from ${keyOf(old)} is in the history`, async () => {
      const now = (await store.master.read({ group }))?.value;
      if (now?.primary === keyOf(old)) return false;
      const { nodes } = await store.history.list({ group });
      const entries = await Promise.all(nodes.map((node) => store.history.read(node)));
      found = entries
        .map((entry) => entry?.value)
        .findLast((e) => e?.kind === 'failover' && e.from === keyOf(old) && e.epoch === now?.epoch);
      return found !== undefined;
    });
    return found as NodeValue<'history'>;
  }

  async eventually(what: string, holds: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
    const held = await waitUntil(async () => ((await holds()) ? true : undefined), {
      timeoutMs,
      everyMs: 50,
    });
    if (held === undefined) {
      throw new Error(`${what}: not within ${timeoutMs} ms\n${this.lines.slice(-80).join('\n')}`);
    }
  }

  /** Nothing under way, the primary routed to, all others read from. */
  async healthy(primary?: string): Promise<void> {
    const { group, store } = this;
    await this.eventually(`${primary ?? 'somebody'} is primary with readable replicas`, async () => {
      const route = (await store.route.read({ group }))?.value;
      const journal = await store.journal.read({ group });
      return (
        journal === null &&
        route?.write != null &&
        route.read.length === this.servers.servers.length - 1 &&
        (primary ?? route.write) === route.write
      );
    });
  }

  /** Another primary than this one, recorded and routed to. */
  async replaced(old: MysqlServer): Promise<MysqlServer> {
    const { group, store } = this;
    await this.eventually(`${keyOf(old)} is replaced`, async () => {
      const write = (await store.route.read({ group }))?.value.write ?? null;
      return write !== null && write !== keyOf(old);
    });
    return this.primary();
  }

  /** Nothing restarts the receivers of these: their agents are stopped first. */
  async stopReceiving(servers: readonly MysqlServer[]): Promise<void> {
    for (const server of servers) {
      await this.stopAgent(server);
      await this.write(server, ['STOP REPLICA IO_THREAD']);
    }
  }

  async write(server: MysqlServer, statements: readonly string[], timeoutMs = 60_000): Promise<void> {
    const instance = new MysqlInstance({ address: server, ...mysql });
    try {
      for (const sql of statements) await instance.query([{ kind: 'write', sql }], { timeoutMs });
    } finally {
      instance.close();
    }
  }

  /** First column of the first row. */
  async value(server: MysqlServer, sql: string): Promise<string> {
    const instance = new MysqlInstance({ address: server, ...mysql });
    try {
      const [result] = await instance.query([{ kind: 'read', sql }], { timeoutMs: 30_000 });
      return String(Object.values(result?.rows[0] ?? {})[0]);
    } finally {
      instance.close();
    }
  }

  /** Checksums of tables of the application, by name. */
  async checksums(server: MysqlServer, tables: readonly string[]): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const table of tables) {
      const instance = new MysqlInstance({ address: server, ...mysql });
      try {
        const [result] = await instance.query([{ kind: 'read', sql: `CHECKSUM TABLE app.${table}` }], {
          timeoutMs: 60_000,
        });
        found[table] = String(result?.rows[0]?.['Checksum']);
      } finally {
        instance.close();
      }
    }
    return found;
  }
}
