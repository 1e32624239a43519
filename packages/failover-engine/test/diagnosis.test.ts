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
import { createStore, type Store } from '@dcmha/zk-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineConfigSchema, startEngine, type EngineHandle, type Evaluation } from '../src/index.js';

const group = 'orders';
const token = 'a-token-for-tests';
const lines: string[] = [];
const logger = (who: string) => {
  const log =
    (level: string) =>
    (message: string, meta?: object): void => {
      lines.push(
        `${new Date().toISOString().slice(14)} ${who} ${level} ${message} ${meta === undefined ? '' : JSON.stringify(meta)}`,
      );
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
};

describe('what an engine makes of real servers', () => {
  let sandbox: Sandbox;
  let servers: MysqlGroup;
  let connect: string;
  let ensemble: ZooKeeperEnsemble;
  let zk: ZooKeeperClient;
  let store: Store;
  let engine: EngineHandle;
  const agents = new Map<string, AgentHandle>();
  const instances = new Map<string, MysqlInstance>();
  const keyOf = ({ host, port }: MysqlServer): string => `${host}:${port}`;

  const control = (server: MysqlServer): MysqlInstance => {
    const known = instances.get(keyOf(server)) ?? new MysqlInstance({ address: server, ...accounts.admin });
    instances.set(keyOf(server), known);
    return known;
  };
  const sql = (server: MysqlServer, ...statements: string[]) =>
    control(server).query(
      statements.map((text) => ({ kind: 'test', sql: text })),
      { timeoutMs: 10_000 },
    );
  const eventually = async (
    what: string,
    holds: () => Promise<boolean>,
    timeoutMs = 30_000,
  ): Promise<void> => {
    const held = await waitUntil(async () => ((await holds()) ? true : undefined), {
      timeoutMs,
      everyMs: 20,
    });
    if (held === undefined) throw new Error(`${what}: not in time\n${lines.slice(-60).join('\n')}`);
  };
  const master = async () => (await store.master.read({ group }))?.value;
  const primary = async (): Promise<MysqlServer> => {
    const key = (await master())?.primary;
    const found = servers.servers.find((s) => keyOf(s) === key);
    if (found === undefined) throw new Error(`no server ${key ?? 'recorded'}`);
    return found;
  };
  const replicas = async (): Promise<MysqlServer[]> => {
    const key = (await master())?.primary;
    return servers.servers.filter((s) => keyOf(s) !== key);
  };
  const evaluation = async (): Promise<Evaluation | undefined> => {
    const response = await fetch(`${engine.endpoint}/groups/${group}/explain`);
    const body = (await response.json()) as { evaluations?: Evaluation[] };
    return body.evaluations?.[0];
  };
  const diagnosed = (name: string) =>
    eventually(
      `diagnosis ${name}`,
      async () => (await evaluation())?.diagnoses.some((d) => d.name === name) === true,
    );
  const healthy = () =>
    eventually('a healthy group', async () => {
      const route = (await store.route.read({ group }))?.value;
      const found = await evaluation();
      return (
        (await store.journal.read({ group })) === null &&
        route?.read.length === 2 &&
        found?.diagnoses.every((d) => d.name === 'healthy') === true
      );
    });
  const startAgentOf = async (server: MysqlServer): Promise<void> => {
    const config = agentConfigSchema.parse({
      zookeeper: { connect, sessionTimeoutMs: 2_000 },
      server: { address: keyOf(server) },
      mysql: accounts.admin,
      replication: accounts.replication,
      http: { host: server.host, token },
      stateDir: `${sandbox.folder}/state-${server.serverId}`,
    });
    agents.set(keyOf(server), await startAgent(config, { logger: logger(`agent-${keyOf(server)}`) }));
  };

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'diagnosis-test' });
    ensemble = await sandbox.startZooKeeper({});
    connect = ensemble.connectString;
    servers = await sandbox.startGroup({ semiSync: true });
    zk = new ZooKeeperClient({ connect, sessionTimeoutMs: 4_000 });
    await zk.waitConnected({ timeoutMs: 5_000 });
    store = createStore(zk);
    await store.prepare();
    for (const server of servers.servers) await startAgentOf(server);
    const config = engineConfigSchema.parse({
      zookeeper: { connect, sessionTimeoutMs: 2_000 },
      mysql: accounts.admin,
      replication: accounts.replication,
      engineId: 'e1',
      agentToken: token,
    });
    engine = await startEngine(config, { logger: logger('e1') });
  });

  afterAll(async () => {
    await engine?.close();
    for (const agent of agents.values()) await agent.close();
    for (const instance of instances.values()) instance.close();
    await zk?.close();
    await sandbox?.close();
    if (process.env['DCMHA_SHOW_LOG']) console.log(lines.join('\n'));
  });

  it('a new group without a primary: the most complete member is elected', async () => {
    const members = servers.servers.map(keyOf);
    for (const server of members) await store.metaHost.create({ server }, { group });
    await store.metaGroup.create({ group }, { members, policy: { antiFlapMs: 0 } });
    await eventually('a primary', async () => (await master()) !== undefined);
    expect(await master()).toMatchObject({ primary: keyOf(servers.primary), epoch: 1 });
    await healthy();
    await sql(servers.primary, 'CREATE TABLE app.t (id INT PRIMARY KEY)');
    const { nodes } = await store.history.list({ group });
    const kinds = await Promise.all(nodes.map(async (node) => (await store.history.read(node))?.value.kind));
    expect(kinds).toContain('election');
  });

  it('a heartbeat that is lost though MySQL answers raises watch-down and switches nothing', async () => {
    const before = await master();
    const lost = await primary();
    await agents.get(keyOf(lost))?.close();
    await eventually('watch-down', async () => (await store.watchDown.read({ group })) !== null);
    expect((await store.watchDown.read({ group }))?.value).toMatchObject({
      server: before?.primary,
      by: 'e1',
    });
    await diagnosed('heartbeat-lost');
    expect(await master()).toEqual(before);
    await startAgentOf(lost);
    await eventually('watch-down is over', async () => (await store.watchDown.read({ group })) === null);
    await healthy();
  });

  it('a replica that leaves the read pool is named in slavedown until it is back', async () => {
    const [replica] = await replicas();
    const server = keyOf(replica as MysqlServer);
    await replica?.stop();
    await eventually('slavedown', async () => (await store.slavedown.read({ server })) !== null);
    expect((await store.slavedown.read({ server }))?.value.reason).toMatch(/^down: /);
    await diagnosed('semisync-at-limit');
    await replica?.start();
    await eventually('it is back', async () => (await store.slavedown.read({ server })) === null);
    await healthy();
  });

  it('settings that somebody took from the primary are given back', async () => {
    const server = await primary();
    await sql(server, 'SET GLOBAL rpl_semi_sync_source_timeout = 1000, GLOBAL sync_binlog = 0');
    await eventually('they are back', async () => {
      const { semisync, durability } = await control(server).status();
      return semisync.timeoutMs === 4_294_967_295 && durability.syncBinlog === 1;
    });
    for (const replica of await replicas()) {
      expect((await control(replica).status()).durability).toEqual({ syncBinlog: 0, flushLogAtTrxCommit: 2 });
    }
  });

  it('commits that wait for somebody’s lock are told of, not failed over', async () => {
    const before = await master();
    const server = await primary();
    const other = new MysqlInstance({ address: server, ...accounts.admin });
    try {
      await sql(server, 'FLUSH TABLES WITH READ LOCK');
      const write = other.query([{ kind: 'test', sql: 'INSERT INTO app.t VALUES (7)' }], {
        timeoutMs: 60_000,
      });
      await diagnosed('primary-writes-locked');
      expect((await evaluation())?.action.kind).toBe('none');
      await sql(server, 'UNLOCK TABLES');
      await write;
      await healthy();
      expect(await master()).toEqual(before);
    } finally {
      other.close();
    }
  });

  it('ZooKeeper away for longer than every session: the primary goes on, and nothing is switched when it is back', async () => {
    const before = await master();
    const server = await primary();
    const sessionOver = performance.now() + 5_000;
    for (const node of ensemble.nodes) await node.stop();
    const closed = await waitUntil(
      async () => {
        await sql(server, 'REPLACE INTO app.t VALUES (100)');
        return (await control(server).status()).readOnly ? true : undefined;
      },
      { timeoutMs: sessionOver - performance.now(), everyMs: 100 },
    );
    expect(closed, lines.slice(-40).join('\n')).toBeUndefined();
    for (const node of ensemble.nodes) await node.start();
    await zk.close();
    zk = new ZooKeeperClient({ connect, sessionTimeoutMs: 4_000 });
    await zk.waitConnected({ timeoutMs: 10_000 });
    store = createStore(zk);
    await healthy();
    expect(await master()).toEqual(before);
    expect((await control(server).status()).readOnly).toBe(false);
  });

  it('a primary that hangs is failed over in some seconds, its successor durable, and it comes back as a replica', async () => {
    const old = await primary();
    const frozenAtMs = performance.now();
    old.freeze();
    await eventually('another primary', async () => (await master())?.primary !== keyOf(old));
    const tookMs = performance.now() - frozenAtMs;
    const entry = lines.find((line) => line.includes('fail over (primary-hung'));
    expect(entry, lines.slice(-40).join('\n')).toBeDefined();
    // About 2 s until it is decided, on an idle machine.
    expect(tookMs).toBeLessThan(12_000);
    const successor = await primary();
    await eventually('it is open', async () => !(await control(successor).status()).readOnly);
    expect((await control(successor).status()).durability).toEqual({ syncBinlog: 1, flushLogAtTrxCommit: 1 });
    await sql(successor, 'INSERT INTO app.t VALUES (8)');
    lines.push(`decided and recorded ${Math.round(tookMs)} ms after the freeze`);
    // Its agent has ended it; a new start makes it a replica.
    if (old.running) await old.kill();
    await old.start();
    await healthy();
  });
});
