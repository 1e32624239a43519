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
import { createStore, type GroupPolicyInput } from '@dcmha/zk-schema';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentConfigSchema, startAgent, type AgentHandle } from '../src/index.js';

const group = 'orders';
const token = 'a-token-for-tests';
const sessionTimeoutMs = 2_000;
const leaseMs = 3_000;
const lines: string[] = [];
const logger = (who: string) => {
  const log = (message: string, meta?: object): void => {
    lines.push(
      `${new Date().toISOString().slice(17)} ${who} ${message} ${meta === undefined ? '' : JSON.stringify(meta)}`,
    );
  };
  return { debug: log, info: log, warn: log, error: log };
};

describe('an open primary without ZooKeeper, on real servers', () => {
  let sandbox: Sandbox;
  let ensemble: ZooKeeperEnsemble;
  let servers: MysqlGroup;
  const agents = new Map<string, AgentHandle>();
  const keyOf = ({ host, port }: MysqlServer): string => `${host}:${port}`;
  const stateDir = (server: MysqlServer): string => `${sandbox.folder}/state-${server.serverId}`;

  const eventually = async (
    what: string,
    holds: () => Promise<boolean>,
    timeoutMs = 30_000,
  ): Promise<void> => {
    const held = await waitUntil(async () => ((await holds()) ? true : undefined), {
      timeoutMs,
      everyMs: 50,
    });
    if (held === undefined) throw new Error(`${what}: not in time\n${lines.slice(-40).join('\n')}`);
  };
  const instances = new Map<string, MysqlInstance>();
  const control = (server: MysqlServer): MysqlInstance => {
    const known = instances.get(keyOf(server)) ?? new MysqlInstance({ address: server, ...accounts.admin });
    instances.set(keyOf(server), known);
    return known;
  };
  const isOpen = async (): Promise<boolean> => !(await control(servers.primary).status()).readOnly;
  const activity = async (server: MysqlServer): Promise<string> => {
    const response = await fetch(`${agents.get(keyOf(server))?.endpoint ?? ''}/v1/status`);
    return ((await response.json()) as { activity: string }).activity;
  };
  const start = async (server: MysqlServer): Promise<void> => {
    const config = agentConfigSchema.parse({
      zookeeper: { connect: ensemble.connectString, sessionTimeoutMs },
      server: { address: keyOf(server) },
      mysql: accounts.admin,
      replication: accounts.replication,
      http: { host: server.host, token },
      stateDir: stateDir(server),
    });
    agents.set(keyOf(server), await startAgent(config, { logger: logger(keyOf(server)) }));
  };
  const withStore = async <T>(work: (store: ReturnType<typeof createStore>) => Promise<T>): Promise<T> => {
    const zk = new ZooKeeperClient({ connect: ensemble.connectString, sessionTimeoutMs: 4_000 });
    try {
      await zk.waitConnected({ timeoutMs: 10_000 });
      return await work(createStore(zk));
    } finally {
      await zk.close();
    }
  };
  const setPolicy = (policy: GroupPolicyInput) =>
    withStore(async (store) => {
      const meta = await store.metaGroup.read({ group });
      const value = { members: servers.servers.map(keyOf), policy };
      await store.metaGroup.write({ group }, value, { version: meta?.version ?? 'absent' });
    });
  /** Every agent knows the group, the policy, and where the others answer. */
  const remembered = (fencing: string) =>
    eventually(`all agents remember the group with fencing ${fencing}`, async () => {
      for (const server of servers.servers) {
        const file = `${stateDir(server)}/group-${keyOf(server).replace(':', '_')}.json`;
        const memory = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as {
          fencing?: string;
          endpoints?: Record<string, string>;
        };
        if (memory.fencing !== fencing || Object.keys(memory.endpoints ?? {}).length !== 3) return false;
      }
      return true;
    });
  const zookeeper = async (what: 'stop' | 'start'): Promise<void> => {
    for (const node of ensemble.nodes) await node[what]();
  };
  /** For so long, and it is looked at all the time. */
  const staysOpenFor = async (ms: number): Promise<void> => {
    const closed = await waitUntil(async () => ((await isOpen()) ? undefined : true), {
      timeoutMs: ms,
      everyMs: 50,
    });
    expect(closed, lines.slice(-40).join('\n')).toBeUndefined();
  };

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'failsafe-test' });
    ensemble = await sandbox.startZooKeeper({});
    servers = await sandbox.startGroup({});
    await withStore(async (store) => {
      await store.prepare();
      await store.master.create(
        { group },
        { primary: keyOf(servers.primary), epoch: 1, sinceMs: Date.now() },
      );
      for (const server of servers.servers) await store.metaHost.create({ server: keyOf(server) }, { group });
    });
    await setPolicy({ durability: { mode: 'async' }, fencing: 'failsafe', leaseMs });
    for (const server of servers.servers) await start(server);
    await remembered('failsafe');
  });

  afterAll(async () => {
    for (const agent of agents.values()) await agent.close();
    for (const instance of instances.values()) instance.close();
    await sandbox?.close();
    if (process.env['DCMHA_SHOW_LOG']) console.log(lines.join('\n'));
  });

  it('tries other members when asked, and nobody else', async () => {
    const [first, second] = servers.servers;
    const ask = async (target: string, bearer = token) =>
      fetch(`${agents.get(keyOf(second as MysqlServer))?.endpoint ?? ''}/v1/opinion`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}` },
        body: JSON.stringify({ target }),
      });
    expect(await (await ask(keyOf(first as MysqlServer))).json()).toMatchObject({ outcome: 'alive' });
    expect((await ask('127.0.0.1:1')).status).toBe(409);
    expect((await ask(keyOf(first as MysqlServer), 'another-token')).status).toBe(401);
    first?.freeze();
    expect(await (await ask(keyOf(first as MysqlServer))).json()).toMatchObject({ outcome: 'hung' });
    first?.thaw();
  });

  it('sees to it that every server comes up closed after a restart', async () => {
    for (const server of servers.servers) {
      await eventually('it is persisted', async () => {
        const [row] = await server.query(
          "SELECT VARIABLE_VALUE AS value FROM performance_schema.persisted_variables WHERE VARIABLE_NAME = 'super_read_only'",
        );
        return row?.value === 'ON';
      });
    }
    expect(await isOpen()).toBe(true);
  });

  it('failsafe: it stays open on the word of the other agents, also when one of them begins anew', async () => {
    await zookeeper('stop');
    await staysOpenFor(sessionTimeoutMs + leaseMs);
    expect(await activity(servers.primary)).toContain('the agents of all other members agree');

    const [, replica] = servers.servers;
    const before = agents.get(keyOf(replica as MysqlServer));
    await before?.close();
    const endpoint = new URL(before?.endpoint ?? '');
    // Where the others remember it.
    const config = agentConfigSchema.parse({
      zookeeper: { connect: ensemble.connectString, sessionTimeoutMs },
      server: { address: keyOf(replica as MysqlServer) },
      mysql: accounts.admin,
      replication: accounts.replication,
      http: { host: endpoint.hostname, port: Number(endpoint.port), token },
      stateDir: stateDir(replica as MysqlServer),
    });
    agents.set(keyOf(replica as MysqlServer), await startAgent(config, { logger: logger('again') }));
    await staysOpenFor(leaseMs);
  });

  it('failsafe: it closes when a replica no longer follows it, whatever its agent remembers', async () => {
    const [, , replica] = servers.servers;
    await control(replica as MysqlServer).stopReceiver();
    await eventually('the primary closes', async () => !(await isOpen()), 2 * leaseMs);
    await control(replica as MysqlServer).startReceiver();
    await zookeeper('start');
    await eventually('the agents are back', async () => (await activity(servers.primary)).includes('closed'));
    expect(await isOpen()).toBe(false);
    await control(servers.primary).openWrites();
  });

  it('lease: it closes when its session may be over', async () => {
    await setPolicy({ durability: { mode: 'async' }, fencing: 'lease', leaseMs });
    await remembered('lease');
    await zookeeper('stop');
    await eventually('the primary closes', async () => !(await isOpen()), 4 * sessionTimeoutMs);
    await zookeeper('start');
    await eventually('the agents are back', async () => (await activity(servers.primary)).includes('closed'));
    await control(servers.primary).openWrites();
  });

  it('closes a primary that an engine fails over from', async () => {
    const primary = keyOf(servers.primary);
    const journal = {
      operation: 'failover' as const,
      id: 'f-1',
      epoch: 2,
      startedAtMs: Date.now(),
      owner: 'e1',
      oldPrimary: primary,
    };
    await withStore(async (store) => {
      await store.journal.create({ group }, { ...journal, step: 'closing' });
    });
    await eventually('the primary closes', async () => !(await isOpen()));
    await withStore(async (store) => {
      const found = await store.journal.read({ group });
      await store.journal.write(
        { group },
        { ...journal, step: 'standing-down' },
        { version: found?.version ?? 0 },
      );
    });
    await eventually('it knows', async () =>
      (await activity(servers.primary)).includes('primary and closed'),
    );
    await control(servers.primary).openWrites();
    await staysOpenFor(1_000);
  });
});
