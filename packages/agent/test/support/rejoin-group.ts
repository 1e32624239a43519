import { MysqlInstance } from '@dcmha/mysql-instance';
import { accounts, Sandbox, waitUntil, type MysqlServer, type ServerOptions } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { createStore, type NodeValue, type Store } from '@dcmha/zk-schema';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  agentConfigSchema,
  startAgent,
  type AgentConfigInput,
  type AgentHandle,
  type AgentTools,
} from '../../src/index.js';

export const group = 'orders';
const token = 'token-of-the-test';

/** A group of real servers, registered in a real ZooKeeper; the engine's part is played by the test. */
export class RejoinGroup {
  readonly lines: string[] = [];
  readonly agents = new Map<MysqlServer, AgentHandle>();
  #epoch = 1;

  private constructor(
    readonly sandbox: Sandbox,
    readonly zk: ZooKeeperClient,
    readonly store: Store,
    readonly connectString: string,
    readonly servers: readonly MysqlServer[],
  ) {}

  static async create(options: {
    readonly name: string;
    readonly servers: number;
    readonly options?: ServerOptions;
  }): Promise<RejoinGroup> {
    const sandbox = await Sandbox.create({ name: options.name });
    try {
      const [ensemble, { servers }] = await Promise.all([
        sandbox.startZooKeeper({}),
        sandbox.startGroup({ servers: options.servers, semiSync: false, options: options.options ?? {} }),
      ]);
      const zk = new ZooKeeperClient({ connect: ensemble.connectString, sessionTimeoutMs: 4_000 });
      const store = createStore(zk);
      await store.prepare();
      const policy = { durability: { mode: 'async' as const }, fencing: 'none' as const };
      const members = servers.map(({ address }) => address);
      await store.metaGroup.create({ group }, { members, policy });
      for (const server of members) await store.metaHost.create({ server }, { group });
      await store.master.create({ group }, { primary: members[0]!, epoch: 1, sinceMs: Date.now() });
      return new RejoinGroup(sandbox, zk, store, ensemble.connectString, servers);
    } catch (error) {
      await sandbox.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const agent of this.agents.values()) await agent.close();
    await this.zk.close();
    await this.sandbox.close();
  }

  stateDir(server: MysqlServer): string {
    return join(this.sandbox.folder, `state-${server.serverId}`);
  }

  lostDir(server: MysqlServer): string {
    return join(this.stateDir(server), 'lost');
  }

  agentConfig(server: MysqlServer, rejoin: AgentConfigInput['rejoin'] = {}): AgentConfigInput {
    return {
      zookeeper: { connect: this.connectString, sessionTimeoutMs: 2_000 },
      server: { address: server.address },
      mysql: { ...accounts.admin },
      replication: { ...accounts.replication },
      http: { host: server.host, token },
      stateDir: this.stateDir(server),
      rejoin,
    };
  }

  /** An agent in this process, in place of the one that the server had. */
  async startAgent(
    server: MysqlServer,
    more: {
      readonly rejoin?: AgentConfigInput['rejoin'];
      readonly onStage?: AgentTools['onRejoinStage'];
    } = {},
  ): Promise<AgentHandle> {
    await this.stopAgent(server);
    const log = (message: string, meta?: object): void => {
      this.lines.push(
        `${server.serverId}: ${message}${meta === undefined ? '' : ` ${JSON.stringify(meta)}`}`,
      );
    };
    const agent = await startAgent(agentConfigSchema.parse(this.agentConfig(server, more.rejoin)), {
      logger: { debug: log, info: log, warn: log, error: log },
      ...(more.onStage === undefined ? {} : { onRejoinStage: more.onStage }),
    });
    this.agents.set(server, agent);
    return agent;
  }

  async stopAgent(server: MysqlServer): Promise<void> {
    await this.agents.get(server)?.close();
    this.agents.delete(server);
  }

  async activity(server: MysqlServer): Promise<string> {
    const answer = await fetch(`${this.agents.get(server)?.endpoint ?? ''}/v1/status`);
    return ((await answer.json()) as { activity: string }).activity;
  }

  async eventually(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 40_000): Promise<void> {
    const held = await waitUntil(async () => ((await holds()) ? true : undefined), {
      timeoutMs,
      everyMs: 50,
    });
    if (held === undefined) {
      throw new Error(`${what}: not within ${timeoutMs} ms\n${this.lines.slice(-40).join('\n')}`);
    }
  }

  /** Closed, follows, and has exactly what its source has. */
  async isBehind(server: MysqlServer, source: MysqlServer): Promise<boolean> {
    const [row] = await server.query('SHOW REPLICA STATUS');
    const [here] = await server.query(
      'SELECT @@GLOBAL.gtid_executed AS executed, @@GLOBAL.super_read_only AS closed',
    );
    const [there] = await source.query('SELECT @@GLOBAL.gtid_executed AS executed');
    return (
      row?.Source_Host === source.host &&
      row.Source_Port === source.port &&
      row.Replica_IO_Running === 'Yes' &&
      row.Replica_SQL_Running === 'Yes' &&
      here?.executed === there?.executed &&
      here?.closed === 1
    );
  }

  async checksums(server: MysqlServer, ...tables: string[]): Promise<unknown[]> {
    return (await server.query(`CHECKSUM TABLE ${tables.join(', ')}`)).map((row) => row.Checksum);
  }

  /** Commits on a server that must not be written to, as a person with all privileges can. */
  async writeTo(replica: MysqlServer, ...statements: string[]): Promise<void> {
    await replica.query('SET GLOBAL super_read_only = OFF');
    // A replica may lose its last commits when it is killed; these are to be there.
    await replica.query('SET GLOBAL innodb_flush_log_at_trx_commit = 1, GLOBAL sync_binlog = 1');
    const session = await replica.connect();
    try {
      for (const sql of statements) await session.query(sql);
    } finally {
      session.destroy();
      await replica.query('SET GLOBAL super_read_only = ON');
    }
  }

  /** Cuts a replica off, so that what is written from now on is on the primary only. */
  async cutOff(replica: MysqlServer): Promise<void> {
    const control = new MysqlInstance({ address: replica, ...accounts.admin });
    try {
      await control.stopReceiver();
      await control.waitForRelayLogApplied({ timeoutMs: 20_000 });
    } finally {
      control.close();
    }
  }

  /** Makes it the primary, as an engine does. */
  async promote(server: MysqlServer): Promise<void> {
    const control = new MysqlInstance({ address: server, ...accounts.admin });
    try {
      const before = await this.store.master.read({ group });
      await control.prepareSource({ semisync: null });
      this.#epoch += 1;
      await this.store.master.write(
        { group },
        { primary: server.address, epoch: this.#epoch, sinceMs: Date.now() },
        { over: before },
      );
      await control.openWrites();
      await control.resetReplication();
    } finally {
      control.close();
    }
  }

  /** Names of the directories of lost transactions, oldest first. */
  async lostOf(server: MysqlServer): Promise<string[]> {
    const names = await readdir(this.lostDir(server)).catch(() => []);
    return names.filter((name) => !name.startsWith('.')).sort();
  }

  async registered(id: string): Promise<NodeValue<'lost'> | undefined> {
    return (await this.store.lost.read({ group, id }))?.value;
  }

  /** The steps of the review that is kept beside the files. */
  async review(server: MysqlServer, id: string): Promise<string[]> {
    const text = await readFile(join(this.lostDir(server), id, 'review.jsonl'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { action: string }).action);
  }

  /** Whether a rejoin left nothing to go on with. */
  async isDone(server: MysqlServer): Promise<boolean> {
    const names = await readdir(this.stateDir(server)).catch(() => []);
    return !names.some((name) => name.startsWith('rejoin-'));
  }
}
