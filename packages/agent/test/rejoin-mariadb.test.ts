import { accounts, Sandbox, waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { createStore } from '@dcmha/zk-schema';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentConfigSchema, startAgent, type AgentHandle } from '../src/index.js';

const group = 'maria';
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe('rejoin of a MariaDB server', () => {
  let sandbox: Sandbox;
  let zk: ZooKeeperClient;
  let old: MysqlServer;
  let primary: MysqlServer;
  let agent: AgentHandle;

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'rejoin-mariadb' });
    const ensemble = await sandbox.startZooKeeper();
    const start = (serverId: number, host: string): Promise<MysqlServer> =>
      sandbox.startMysql({ flavor: 'mariadb', serverId, host, options: { 'gtid-strict-mode': 'ON' } });
    [old, primary] = await Promise.all([start(1, '127.0.0.21'), start(2, '127.0.0.22')]);
    await old.query('SET GLOBAL read_only = ON');
    zk = new ZooKeeperClient({ connect: ensemble.connectString, sessionTimeoutMs: 4_000 });
    const store = createStore(zk);
    await store.prepare();
    const policy = { durability: { mode: 'async' as const }, fencing: 'none' as const };
    await store.metaGroup.create({ group }, { members: [old.address, primary.address], policy });
    for (const { address } of [old, primary]) await store.metaHost.create({ server: address }, { group });
    await store.master.create({ group }, { primary: primary.address, epoch: 1, sinceMs: Date.now() });
    agent = await startAgent(
      agentConfigSchema.parse({
        zookeeper: { connect: ensemble.connectString, sessionTimeoutMs: 2_000 },
        server: { address: old.address },
        mysql: { ...accounts.admin },
        replication: { ...accounts.replication },
        http: { host: old.host },
        stateDir: join(sandbox.folder, 'state'),
        rejoin: { clone: true },
      }),
      { logger: silent },
    );
  });
  afterAll(async () => {
    await agent?.close();
    await zk?.close();
    await sandbox?.close();
  });

  const activity = async (): Promise<string> =>
    ((await (await fetch(`${agent.endpoint}/v1/status`)).json()) as { activity: string }).activity;
  const eventually = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const held = await waitUntil(async () => ((await holds()) ? true : undefined), {
      timeoutMs: 40_000,
      everyMs: 50,
    });
    if (held === undefined) throw new Error(`${what}: not within 40 s; it says: ${await activity()}`);
  };

  it('follows while the primary has all that it has', async () => {
    await primary.query('CREATE TABLE app.t (id INT PRIMARY KEY)');
    await eventually('it follows', async () => {
      const [row] = await old.query(
        "SELECT COUNT(*) AS there FROM information_schema.TABLES WHERE TABLE_NAME = 't' AND TABLE_SCHEMA = 'app'",
      );
      return row?.there === 1;
    });
  });

  it('with transactions of its own it stays closed, and they are named: nothing is guessed', async () => {
    await old.query('STOP ALL SLAVES');
    await old.query('SET STATEMENT sql_log_bin = 1 FOR INSERT INTO app.t VALUES (7)');
    await primary.query('INSERT INTO app.t VALUES (8)');
    await eventually('it says what is wrong', async () => {
      const said = await activity();
      return said.includes('on MariaDB nothing is rolled back') && said.includes('mariadb-backup');
    });
    expect(await activity()).toMatch(/it has 0-1-\d+, which 127\.0\.0\.22:\d+ has not/);
    const [row] = await old.query(
      'SELECT @@GLOBAL.read_only AS closed, (SELECT COUNT(*) FROM app.t) AS kept',
    );
    expect(row).toMatchObject({ closed: 1, kept: 1 });
  });
});
