import { agentConfigSchema, startAgent, type AgentHandle } from '@dcmha/agent';
import { MysqlInstance } from '@dcmha/mysql-instance';
import { accounts, Sandbox, waitUntil, type MysqlGroup, type MysqlServer } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { createStore, type Store } from '@dcmha/zk-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineConfigSchema, startEngine, type EngineHandle } from '../src/index.js';

const group = 'orders';
const mysql = { user: accounts.admin.user, password: accounts.admin.password };
const replication = { user: accounts.replication.user, password: accounts.replication.password };
const token = 'a-token-for-tests';
const lines: string[] = [];
const logger = (who: string) => {
  const log = (level: string) => (message: string, meta?: object) => {
    lines.push(
      `${new Date().toISOString().slice(11)} ${who} ${level} ${message} ${meta === undefined ? '' : JSON.stringify(meta)}`,
    );
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
};

describe('engines and agents on real servers', () => {
  let sandbox: Sandbox;
  let servers: MysqlGroup;
  let zk: ZooKeeperClient;
  let store: Store;
  const agents: AgentHandle[] = [];
  const engines: EngineHandle[] = [];
  const keyOf = (server: MysqlServer): string => `${server.host}:${server.port}`;

  const master = async () => (await store.master.read({ group }))?.value;
  const serverNamed = (key: string | undefined): MysqlServer => {
    const found = servers.servers.find((s) => keyOf(s) === key);
    if (found === undefined) throw new Error(`no server ${key}`);
    return found;
  };
  const write = async (server: MysqlServer, sql: string): Promise<void> => {
    const instance = new MysqlInstance({ address: server, ...mysql });
    try {
      await instance.query([{ kind: 'write', sql }], { timeoutMs: 5_000 });
    } finally {
      instance.close();
    }
  };
  const eventually = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const held = await waitUntil(async () => ((await holds()) ? true : undefined), {
      timeoutMs: 30_000,
      everyMs: 20,
    });
    if (held === undefined) throw new Error(`${what}: not within 30 s\n${lines.slice(-60).join('\n')}`);
  };
  const healthy = (primary?: string) =>
    eventually(`${primary ?? 'somebody'} is primary with two readable replicas`, async () => {
      const route = (await store.route.read({ group }))?.value;
      const journal = await store.journal.read({ group });
      return (
        journal === null &&
        route?.write != null &&
        route.read.length === 2 &&
        (primary ?? route.write) === route.write
      );
    });

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'engine-test' });
    const ensemble = await sandbox.startZooKeeper({});
    servers = await sandbox.startGroup({ semiSync: true });
    zk = new ZooKeeperClient({ connect: ensemble.connectString, sessionTimeoutMs: 4_000 });
    await zk.waitConnected({ timeoutMs: 5_000 });
    store = createStore(zk);
    await store.prepare();
    const members = servers.servers.map(keyOf);
    await store.metaGroup.create({ group }, { members, policy: { antiFlapMs: 0 } });
    for (const server of members) await store.metaHost.create({ server }, { group });
    await store.master.create({ group }, { primary: keyOf(servers.primary), epoch: 1, sinceMs: Date.now() });
    const zookeeper = { connect: ensemble.connectString, sessionTimeoutMs: 2_000 };
    for (const server of servers.servers) {
      const config = agentConfigSchema.parse({
        zookeeper,
        server: { address: keyOf(server) },
        mysql,
        replication,
        http: { host: server.host, token },
        stateDir: `${sandbox.folder}/state-${server.serverId}`,
      });
      agents.push(await startAgent(config, { logger: logger(`agent-${keyOf(server)}`) }));
    }
    for (const engineId of ['e1', 'e2']) {
      const config = engineConfigSchema.parse({ zookeeper, mysql, replication, engineId, agentToken: token });
      engines.push(await startEngine(config, { logger: logger(engineId) }));
    }
    await healthy();
    await write(servers.primary, 'CREATE TABLE IF NOT EXISTS app.t (id INT PRIMARY KEY)');
  });

  afterAll(async () => {
    for (const engine of engines) await engine.close();
    for (const agent of agents) await agent.close();
    await zk?.close();
    await sandbox?.close();
    if (process.env['DCMHA_SHOW_LOG']) console.log(lines.join('\n'));
  });

  it('fails over when mysqld is killed; the old primary comes back as a replica', async () => {
    const before = await master();
    const old = serverNamed(before?.primary);
    await write(old, 'INSERT INTO app.t VALUES (1)');
    await old.kill();
    await eventually('another primary', async () => (await master())?.primary !== before?.primary);
    const after = await master();
    expect(after?.epoch).toBeGreaterThan(before?.epoch ?? 0);
    await eventually(
      'the route names it',
      async () => (await store.route.read({ group }))?.value.write === after?.primary,
    );
    await write(serverNamed(after?.primary), 'INSERT INTO app.t VALUES (2)');
    await old.start();
    await healthy(after?.primary);
  });

  it('switches over on request, and back', async () => {
    const before = await master();
    for (const target of [
      servers.servers.map(keyOf).find((k) => k !== before?.primary) ?? '',
      before?.primary ?? '',
    ]) {
      await store.task.append(
        {},
        { kind: 'switchover', group, requestedBy: 'test', requestedAtMs: Date.now(), args: { target } },
      );
      await healthy(target);
      await write(serverNamed(target), `INSERT INTO app.t VALUES (${Math.floor(Math.random() * 1e9) + 10})`);
    }
  });
});
