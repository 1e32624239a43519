/**
 * `npm run bench -- scale [--groups N] [--failing N] [--idle-s N] [--json]`: one engine with many groups of three, real
 * ZooKeeper, simulated servers. CPU and memory of the engine while nothing happens, the time of one failover beside the
 * other groups, and of many failovers at once. The last line is JSON.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Sandbox } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { createStore } from '@dcmha/zk-schema';

const { values } = parseArgs({
  options: {
    groups: { type: 'string', default: '1000' },
    failing: { type: 'string', default: '100' },
    'idle-s': { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
});
const groups = Number(values.groups);
const failing = Math.min(Number(values.failing), groups - 1);
const say = (text) => (values.json ? undefined : console.log(text));
const name = (group, member) => `g${group}-${member}:3306`;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];

async function inBatches(count, size, act) {
  for (let from = 0; from < count; from += size) {
    await Promise.all(Array.from({ length: Math.min(size, count - from) }, (_, i) => act(from + i)));
  }
}

const sandbox = await Sandbox.create({ name: 'bench-scale' });
let engine;
let zk;
try {
  const { connectString } = await sandbox.startZooKeeper();
  zk = new ZooKeeperClient({ connect: connectString, sessionTimeoutMs: 30_000 });
  await zk.waitConnected({ timeoutMs: 30_000 });
  const store = createStore(zk, { root: '/mysql', logger: silent });
  await store.prepare({ timeoutMs: 10_000 });
  const clients = new Map();
  const client = (server, state) => ({
    agentId: server.replace(':', '_'),
    endpoint: `http://${server.split(':')[0]}:8710`,
    servers: [server],
    mysqld: { [server]: { state, sinceMs: Date.now(), detail: state === 'up' ? '' : 'process gone' } },
    sessionTimeoutMs: 6_000,
  });
  const startedAt = performance.now();
  await inBatches(groups, 50, async (group) => {
    const members = [0, 1, 2].map((member) => name(group, member));
    const policy = { antiFlapMs: 0, tailRecovery: 'off' };
    await store.metaGroup.write(
      { group: `g${group}` },
      { members, flavor: 'mysql', policy },
      { version: 'absent' },
    );
    await store.master.write(
      { group: `g${group}` },
      { primary: members[0], epoch: 1, sinceMs: Date.now() },
      { over: null },
    );
    for (const server of members) {
      await store.metaHost.write({ server }, { group: `g${group}` }, { version: 'absent' });
      await store.onlineList.ensureEphemeral(
        { server },
        { group: `g${group}`, agent: 'bench', sinceMs: Date.now() },
        {},
      );
      const host = server.replace(':', '_');
      clients.set(server, await store.onlineClients.ensureEphemeral({ host }, client(server, 'up'), {}));
    }
  });
  say(`${groups} groups of three registered in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);

  engine = fork(fileURLToPath(new URL('./_scale-engine.mjs', import.meta.url)), [connectString]);
  const answers = [];
  engine.on('message', (message) => {
    if (message.complaint) console.error(`engine: ${message.complaint}`, message.meta ?? '');
    else answers.push(message);
  });
  const ask = async (what) => {
    answers.length = 0;
    engine.send({ ask: what });
    while (answers.length === 0) await sleep(5);
    return answers.shift();
  };
  const beganAt = performance.now();
  await once(engine, 'message');
  while ((await ask('groups')).groups < groups) await sleep(100);
  // Every group has its route once it was evaluated.
  const routed = async () => (await store.route.list({ timeoutMs: 10_000 })).nodes.length;
  while ((await routed()) < groups) await sleep(200);
  const takenMs = performance.now() - beganAt;
  say(`the engine owns and routes all of them after ${(takenMs / 1_000).toFixed(1)} s`);

  await sleep(3_000);
  await ask('usage');
  await sleep(Number(values['idle-s']) * 1_000);
  const idle = (await ask('usage')).usage;
  say(
    `nothing happens: ${idle.cores.toFixed(2)} cores, ${idle.rssMb.toFixed(0)} MB of memory (heap ${idle.heapMb.toFixed(0)} MB)`,
  );

  /** Kills the primary of a group and waits until another one is routed to; milliseconds. */
  const failOver = async (group) => {
    const server = name(group, 0);
    const over = new AbortController();
    const routedAway = new Promise((resolve) => {
      void store.route.watch(
        { group: `g${group}` },
        (update) => {
          const write = update.kind === 'value' ? update.stored?.value.write : undefined;
          if (write && write !== server) resolve(performance.now());
        },
        { signal: over.signal },
      );
    });
    await sleep(50);
    const killedAt = performance.now();
    engine.send({ kill: server });
    const told = clients.get(server).update(client(server, 'down'));
    const doneAt = await Promise.race([routedAway, sleep(120_000, null, { ref: false })]);
    over.abort();
    await told;
    if (doneAt === null) throw new Error(`g${group} was not failed over within 120 s`);
    return doneAt - killedAt;
  };
  const single = [];
  for (let group = 0; group < 10; group += 1) single.push(await failOver(group));
  say(
    `one failover beside the others: median ${median(single).toFixed(0)} ms, worst ${Math.max(...single).toFixed(0)} ms`,
  );

  await ask('usage');
  const together = await Promise.all(Array.from({ length: failing }, (_, i) => failOver(10 + i)));
  const busy = (await ask('usage')).usage;
  say(
    `${failing} at once: median ${median(together).toFixed(0)} ms, the last after ${Math.max(...together).toFixed(0)} ms, ` +
      `${busy.rssMb.toFixed(0)} MB`,
  );
  console.log(
    JSON.stringify({
      groups,
      takenMs: Math.round(takenMs),
      idle,
      singleMs: { median: median(single), worst: Math.max(...single) },
      together: { groups: failing, medianMs: median(together), lastMs: Math.max(...together) },
    }),
  );
} finally {
  engine?.kill('SIGKILL');
  await zk?.close();
  await sandbox.close();
}
