import { createStore, type GroupPolicyInput, type Store } from '@dcmha/zk-schema';
import { MemoryZooKeeper } from '@dcmha/zk-schema/memory';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentControl } from '../ports.js';
import { AgentIndex } from './agent-index.js';
import { groupInputs } from './group-inputs.js';
import { Steadiness } from './steadiness.js';
import { systemClock } from './system-clock.js';
import { TreeMirror } from './tree-mirror.js';

const nobody = {} as AgentControl;
const over: AbortController[] = [];
afterEach(() => {
  for (const one of over.splice(0)) one.abort();
});

async function inputsOf(prepare: (store: Store) => Promise<void>, hooks?: readonly string[]) {
  const zk = new MemoryZooKeeper().connect();
  await zk.waitConnected();
  const store = createStore(zk);
  await store.prepare();
  await prepare(store);
  const end = new AbortController();
  over.push(end);
  const mirror = await TreeMirror.open({
    store,
    over: end.signal,
    names: [
      'white',
      'task',
      'metaHost',
      'metaGroup',
      'onlineList',
      'onlineClients',
      'master',
      'route',
      'journal',
    ],
    changed: () => {},
    failed: () => {},
  });
  return groupInputs(
    {
      mirror,
      agents: new AgentIndex(mirror),
      agent: () => nobody,
      connected: () => true,
      wallMs: () => 0,
      steadiness: new Steadiness(systemClock),
      ...(hooks === undefined ? {} : { hooks }),
    },
    'orders',
    null,
  );
}

const members = ['db1:3306', 'db2:3306', 'db3:3306'];
const register = async (
  store: Store,
  policy: GroupPolicyInput = {},
  group = 'orders',
  servers = members,
): Promise<void> => {
  await store.metaGroup.create({ group }, { members: servers, policy });
};

describe('groupInputs', () => {
  it('a good policy is not refused', async () => {
    const inputs = await inputsOf(
      (store) => register(store, { hooks: { postFailover: ['page'] } }),
      ['page'],
    );
    expect(inputs?.refusedPolicy).toEqual([]);
    expect(inputs?.members.map((m) => m.key)).toEqual(members);
  });

  it.each<[GroupPolicyInput, string]>([
    [{ durability: { mode: 'semisync', ackers: 3 } }, 'durability.ackers = 3'],
    [{ hooks: { preFailover: ['dns'] } }, 'hooks.preFailover = "dns"'],
    [{ antiFlapMs: -1 }, 'antiFlapMs = -1'],
    [{ patience: { hungMs: 0 } }, 'patience.hungMs = 0'],
  ])('%j is refused, naming key and value', async (policy, text) => {
    const inputs = await inputsOf((store) => register(store, policy), ['page']);
    expect(inputs?.refusedPolicy).toEqual([expect.stringContaining(text)]);
  });

  it('a lease that ends before a primary closes itself', async () => {
    const inputs = await inputsOf(async (store) => {
      await register(store, { leaseMs: 5_000 });
      await store.onlineClients.create(
        { host: 'a2' },
        {
          agentId: 'a2',
          endpoint: 'http://db2:1',
          servers: ['db2:3306'],
          mysqld: {},
          sessionTimeoutMs: 8_000,
        },
      );
    });
    expect(inputs?.refusedPolicy).toEqual([expect.stringContaining('leaseMs = 5000: below')]);
  });

  it('a server that is a member of two groups', async () => {
    const inputs = await inputsOf(async (store) => {
      await register(store);
      await register(store, {}, 'billing', ['db3:3306', 'db4:3306']);
      await store.metaHost.create({ server: 'db3:3306' }, { group: 'billing' });
    });
    expect(inputs?.refusedPolicy).toEqual([
      'members = "db3:3306": belongs to the group billing; a server is a member of one group',
    ]);
  });

  it('nobody who could ever be promoted', async () => {
    const inputs = await inputsOf(async (store) => {
      await register(store, { durability: { mode: 'async' } }, 'orders', members.slice(0, 1));
    });
    expect(inputs?.refusedPolicy).toEqual([expect.stringContaining('failover = "automatic"')]);
  });

  it('maintenance stays until it was ended, also when its time is over', async () => {
    const inputs = await inputsOf(async (store) => {
      await register(store);
      await store.white.create({ group: 'orders' }, { by: 'ann', reason: 'x', sinceMs: 1, untilMs: 2 });
    });
    expect(inputs?.maintenance).toEqual({ by: 'ann', reason: 'x', untilMs: 2 });
  });
});
