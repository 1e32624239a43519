/**
 * One engine in a process of its own, with simulated servers and agents behind real ZooKeeper:
 * `_scale-engine.mjs CONNECT GROUPS`. Told by messages whom to kill; tells its CPU time and memory.
 */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { createStore } from '@dcmha/zk-schema';
import { engineConfigSchema } from '../dist/config.js';
import { EngineShift } from '../dist/shell/engine-shift.js';
import { systemClock } from '../dist/shell/system-clock.js';

const [connect] = process.argv.slice(2);
const servers = new Map();
const heldBy = new Map();

/** A server in memory: primary of its group when its name ends with 0. Group and number are in the name: `gG-N:3306`. */
function serverOf(key) {
  const known = servers.get(key);
  if (known !== undefined) return known;
  const [, group, number] = /^g(\d+)-(\d)/.exec(key);
  const uuid = (n) => `0000000${n}-0000-0000-0000-${group.padStart(12, '0')}`;
  const isPrimary = number === '0';
  const server = {
    key,
    uuid: uuid(number),
    up: true,
    readOnly: !isPrimary,
    executed: `${uuid(0)}:1-1000`,
    source: isPrimary ? null : `g${group}-0:3306`,
    receiver: isPrimary ? 'stopped' : 'running',
  };
  servers.set(key, server);
  return server;
}

const later = (value) => new Promise((resolve) => setImmediate(resolve, value));

function control(key, lost) {
  const server = serverOf(key);
  heldBy.set(key, lost);
  const reach = async () => {
    await later();
    if (!server.up) throw new Error(`${key}: connection refused`);
    return server;
  };
  const channel = () =>
    server.source === null
      ? null
      : {
          source: server.source,
          sourceUuid: '',
          receiver:
            server.receiver === 'stopped' || serverOf(server.source).up ? server.receiver : 'connecting',
          applier: 'running',
          receivedGtids: server.executed,
          autoPosition: true,
          lagMs: 0,
          delayMs: 0,
          receiverError: '',
          applierError: '',
        };
  const known = {
    key,
    probe: async () => {
      await later();
      return server.up ? { outcome: 'alive', detail: '' } : { outcome: 'refused', detail: 'refused' };
    },
    read: async () => {
      await reach();
      return {
        serverUuid: server.uuid,
        serverId: 1,
        flavor: 'mysql',
        version: [9, 7, 4],
        readOnly: server.readOnly,
        superReadOnly: server.readOnly,
        gtidMode: 'ON',
        gtidExecuted: server.executed,
        gtidPurged: '',
        logBin: true,
        logReplicaUpdates: true,
        channel: channel(),
        semisync: { sourceEnabled: !server.readOnly, replicaEnabled: true, ackers: 2, waitingSessions: 0 },
      };
    },
    close: async () => void ((await reach()).readOnly = true),
    stopReceiver: async () => void ((await reach()).receiver = 'stopped'),
    startReceiver: async () => void ((await reach()).receiver = 'running'),
    waitForGtids: async () => {
      await reach();
      return true;
    },
    openWrites: async () => void ((await reach()).readOnly = false),
    leaveSource: async () => void ((await reach()).source = null),
    follow: async (source) => void Object.assign(await reach(), { source, receiver: 'running' }),
    longTransactions: async () => [],
    release: async () => undefined,
  };
  // Whatever else a control can do succeeds when the server is up.
  return new Proxy(known, { get: (target, name) => target[name] ?? (name === 'then' ? undefined : reach) });
}

const agent = (endpoint) => ({
  close: async () => later('process-gone'),
  startTail: async () => {
    throw new Error(`${endpoint} has no tail`);
  },
  stopTail: async () => undefined,
  opinion: async () => later({ outcome: 'refused', detail: '' }),
});

const lines = { warn: 0, error: 0 };
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => (lines.warn += 1),
  error: (message, meta) => {
    lines.error += 1;
    if (lines.error <= 5) process.send({ complaint: message, meta });
  },
};

const config = engineConfigSchema.parse({
  zookeeper: { connect, sessionTimeoutMs: 30_000 },
  mysql: { user: 'simulated', password: 'simulated' },
  replication: { user: 'simulated', password: 'simulated' },
});
const zk = new ZooKeeperClient({ connect, sessionTimeoutMs: 30_000 });
await zk.waitConnected({ timeoutMs: 30_000 });
const over = new AbortController().signal;
setMaxListeners(0, over);
const shift = new EngineShift({
  store: createStore(zk, { root: '/mysql', logger }),
  over,
  config,
  world: { clock: systemClock, connect: control, agent, newId: randomUUID },
  engineId: 'scale',
  endpoint: 'http://127.0.0.1:1',
  logger,
});
await shift.begin();

let before = { at: performance.now(), cpu: process.cpuUsage() };
process.on('message', (message) => {
  if (message.kill !== undefined) {
    const server = serverOf(message.kill);
    server.up = false;
    heldBy.get(message.kill)?.(message.kill, 'connection lost');
  } else if (message.ask === 'groups') process.send({ groups: shift.groups().length });
  else if (message.ask === 'usage') {
    const at = performance.now();
    const cpu = process.cpuUsage();
    const usedMs = (cpu.user + cpu.system - before.cpu.user - before.cpu.system) / 1_000;
    const { rss, heapUsed } = process.memoryUsage();
    process.send({
      usage: { cores: usedMs / (at - before.at), rssMb: rss / 1e6, heapMb: heapUsed / 1e6 },
      lines,
    });
    before = { at, cpu };
  }
});
process.send({ begun: true });
