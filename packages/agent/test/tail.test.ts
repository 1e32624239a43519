import { accounts, Sandbox, waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import {
  agentPaths,
  createStore,
  tailAnswerSchema,
  type Store,
  type TailAnswer,
  type TailStartRequest,
} from '@dcmha/zk-schema';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentConfigSchema, startAgent, type AgentHandle } from '../src/index.js';

const group = 'orders';
const token = 'token-of-the-tests';
const account = { user: 'tail', password: 'made-for-one-operation' };
const lines: string[] = [];
const log = (message: string, meta?: object): void => {
  lines.push(`${message} ${meta === undefined ? '' : JSON.stringify(meta)}`);
};
const logger = { debug: log, info: log, warn: log, error: log };

let sandbox: Sandbox;
let zk: ZooKeeperClient;
let store: Store;
let first: MysqlServer;
let second: MysqlServer;
let agent: AgentHandle;
let connectString: string;

async function start(tail: object = {}): Promise<AgentHandle> {
  const config = agentConfigSchema.parse({
    zookeeper: { connect: connectString, sessionTimeoutMs: 2_000 },
    server: { address: first.address },
    mysql: { ...accounts.admin },
    replication: { ...accounts.replication },
    http: { host: first.host, token },
    stateDir: join(sandbox.folder, 'state'),
    tail,
  });
  return startAgent(config, { logger });
}

async function ask(
  path: string,
  body: object,
  bearer = token,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${agent.endpoint}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const request = (epoch: number): TailStartRequest => ({ server: first.address, epoch, ...account });

async function status(): Promise<Record<string, unknown>> {
  return (await (await fetch(`${agent.endpoint}${agentPaths.status}`)).json()) as Record<string, unknown>;
}

async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const held = await waitUntil(async () => ((await holds()) ? true : undefined), {
    timeoutMs: 30_000,
    everyMs: 20,
  });
  if (held === undefined) throw new Error(`${what}: not within 30 s\n${lines.slice(-40).join('\n')}`);
}

async function follow(replica: MysqlServer, { host, port, tls }: TailAnswer): Promise<void> {
  await replica.query('STOP REPLICA');
  await replica.query(
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${host}', SOURCE_PORT = ${port}, SOURCE_USER = '${account.user}',
       SOURCE_PASSWORD = '${account.password}', SOURCE_AUTO_POSITION = 1, SOURCE_HEARTBEAT_PERIOD = 0.2,
       SOURCE_SSL = ${tls ? 1 : 0}`,
  );
  await replica.query('START REPLICA');
}

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'agent-tail' });
  const ensemble = await sandbox.startZooKeeper({});
  connectString = ensemble.connectString;
  const servers = await sandbox.startGroup({ servers: 2, semiSync: false });
  [first, second] = servers.servers as [MysqlServer, MysqlServer];
  zk = new ZooKeeperClient({ connect: connectString, sessionTimeoutMs: 4_000 });
  store = createStore(zk);
  await store.prepare();
  const policy = { durability: { mode: 'async' }, fencing: 'none' };
  await store.metaGroup.create({ group }, { members: servers.servers.map(({ address }) => address), policy });
  for (const server of servers.servers) await store.metaHost.create({ server: server.address }, { group });
  await store.master.create({ group }, { primary: first.address, epoch: 5, sinceMs: Date.now() });
  agent = await start();
  await eventually('the agent sees its server', async () => (await status())['role'] === 'primary');
  await eventually('it knows where the binlog is', async () =>
    (await readdir(join(sandbox.folder, 'state')).catch(() => [])).some((name) =>
      /^binlog-.*\.json$/.test(name),
    ),
  );
});

afterAll(async () => {
  await agent?.close();
  await zk?.close();
  await sandbox?.close();
});

describe('the agent of a server that died', () => {
  it('serves no living server', async () => {
    const answer = await ask(agentPaths.tailStart, request(6));
    expect(answer.status).toBe(409);
    expect(answer.body['error']).toMatch(/mysqld is up/);
  });

  it('asks for the token', async () => {
    expect((await ask(agentPaths.tailStart, request(6), 'another token')).status).toBe(401);
    expect((await ask(agentPaths.tailStop, { server: first.address, epoch: 6 }, 'another')).status).toBe(401);
  });

  it('serves what its replica had not received, until it is told to stop', async () => {
    await second.query('STOP REPLICA');
    await first.query('CREATE TABLE app.t (id INT PRIMARY KEY)');
    await first.query('INSERT INTO app.t VALUES (1), (2), (3)');
    const [row] = await first.query<{ gtids: string }[]>('SELECT @@GLOBAL.gtid_executed AS gtids');
    const gtids = (row?.gtids ?? '').replaceAll(/\s/g, '');
    await first.kill();
    await eventually('the agent sees the death', async () => (await status())['mysqld'] === 'down');

    const started = await ask(agentPaths.tailStart, request(6));
    expect(started).toMatchObject({ status: 200 });
    const answer = tailAnswerSchema.parse(started.body);
    expect(answer).toMatchObject({ host: first.host, tls: true, gtidExecuted: gtids, torn: null });
    await follow(second, answer);
    await eventually('the replica has everything', async () => {
      const [there] = await second.query<{ missing: string }[]>(
        'SELECT GTID_SUBTRACT(?, @@GLOBAL.gtid_executed) AS missing',
        [gtids],
      );
      return there?.missing === '';
    });
    expect(await second.query('SELECT COUNT(*) AS n FROM app.t')).toEqual([{ n: 3 }]);
    expect((await status())['activity']).toMatch(/serving the binlog of the dead server to 1 replica/);

    expect(await ask(agentPaths.tailStop, { server: first.address, epoch: 6 })).toMatchObject({
      status: 200,
    });
    expect((await status())['activity']).not.toMatch(/serving/);
  });

  it('is refused when its operation was overtaken', async () => {
    expect((await ask(agentPaths.tailStart, request(4))).body['error']).toMatch(/epoch 4 is older than 5/);
    const other = { ...request(6), server: second.address };
    expect((await ask(agentPaths.tailStart, other)).body['error']).toMatch(/looks after/);
  });

  it('serves it too when the agent itself was restarted meanwhile, with the same answer when asked twice', async () => {
    await agent.close();
    agent = await start();
    await eventually('the agent sees the death', async () => (await status())['mysqld'] === 'down');
    const once = await ask(agentPaths.tailStart, request(7));
    expect(once.status).toBe(200);
    expect((await ask(agentPaths.tailStart, request(7))).body).toEqual(once.body);
    // An earlier operation may neither take it over nor end it.
    expect((await ask(agentPaths.tailStart, request(6))).body['error']).toMatch(/epoch 7/);
    await ask(agentPaths.tailStop, { server: first.address, epoch: 6 });
    expect((await status())['activity']).toMatch(/serving/);
    const metrics = await (await fetch(`${agent.endpoint}${agentPaths.metrics}`)).text();
    expect(metrics).toMatch(/dcmha_agent_tail_serving\{[^}]*\} 1/);
  });

  it('ends when mysqld comes back', async () => {
    await first.start();
    await eventually(
      'the tail source ended',
      async () => !/serving/.test(String((await status())['activity'])),
    );
    expect(lines.some((line) => line.includes('the tail source ends: mysqld is back'))).toBe(true);
    await eventually('the agent sees it up', async () => (await status())['mysqld'] === 'up');
  });

  it('leaves a mysqld that hangs alone where the configuration forbids to end it', async () => {
    await agent.close();
    agent = await start({ mayEndProcess: false });
    await eventually('the agent sees it up', async () => (await status())['mysqld'] === 'up');
    first.freeze();
    try {
      const answer = await ask(agentPaths.close, { server: first.address, epoch: 8, endHung: true });
      expect(answer.status).toBe(409);
      expect(answer.body['error']).toMatch(/mayEndProcess/);
    } finally {
      first.thaw();
    }
    await eventually('the agent sees it up', async () => (await status())['mysqld'] === 'up');
  });

  it('ends a mysqld that hangs when it is asked to, and serves its binlog', async () => {
    await agent.close();
    agent = await start();
    await eventually('the agent sees it up', async () => (await status())['mysqld'] === 'up');
    await first.query('SET GLOBAL super_read_only = OFF');
    await first.query('SET GLOBAL read_only = OFF');
    await second.query('STOP REPLICA');
    await first.query('INSERT INTO app.t VALUES (10)');
    first.freeze();
    expect(await ask(agentPaths.tailStart, request(9))).toMatchObject({ status: 409 });
    const answer = await ask(agentPaths.close, { server: first.address, epoch: 9, endHung: true });
    expect(answer).toMatchObject({ status: 200, body: { state: 'process-gone' } });
    const tail = tailAnswerSchema.parse((await ask(agentPaths.tailStart, request(9))).body);
    await follow(second, tail);
    await eventually('the replica has its last row', async () => {
      const rows = await second.query('SELECT id FROM app.t WHERE id = 10');
      return rows.length === 1;
    });
  });

  it('ends when another server has become the primary', async () => {
    const before = await store.master.read({ group });
    await store.master.write(
      { group },
      { primary: second.address, epoch: 9, sinceMs: Date.now() },
      { over: before },
    );
    await eventually(
      'the tail source ended',
      async () => !/serving/.test(String((await status())['activity'])),
    );
    expect((await ask(agentPaths.tailStart, request(9))).body['error']).toMatch(/is over/);
  });
});
