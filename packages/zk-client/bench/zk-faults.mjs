/**
 * `npm run bench -- zk-faults [--only TEXT] [--json]`: how long each client stands still when something happens to the
 * servers or to itself, and whether an operation is lost or done twice. Three real servers, session timeout 6 s; each
 * client runs in a process of its own under load and is on the server that is struck. The last line is JSON.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Sandbox, waitUntil } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { clients } from './_clients.mjs';

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const say = (text) => (values.json ? undefined : console.log(text));
const sessionTimeoutMs = 6_000;
const recoveryLimitMs = 30_000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A client under load in its own process. */
class Load {
  successes = [];
  uncaught = 0;
  session;

  constructor(name, connect, folder) {
    this.name = name;
    this.folder = folder;
    const script = fileURLToPath(new URL('./_load.mjs', import.meta.url));
    this.child = spawn(process.execPath, [script, name, connect, String(sessionTimeoutMs), folder], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.gone = new Promise((resolve) => this.child.on('close', resolve));
    this.child.stdin.on('error', () => undefined);
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const fact = JSON.parse(line);
      if (fact.session) this.session = fact.session;
      else if (fact.done) this.successes.push(fact);
      else if (fact.expiredAt) this.expiredAt ??= fact.expiredAt;
      else this.uncaught += 1;
    });
  }

  async stop() {
    this.child.stdin.write('stop\n');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await this.gone;
    clearTimeout(timer);
  }

  standstillMs(sinceMs) {
    let longest = 0;
    let last = sinceMs;
    for (const { at } of [...this.successes.filter((success) => success.at > sinceMs), { at: Date.now() }]) {
      longest = Math.max(longest, at - last);
      last = at;
    }
    return longest;
  }
}

const sandbox = await Sandbox.create({ name: 'bench-zk-faults' });
const ensemble = await sandbox.startZooKeeper({ nodes: 3, config: { syncLimit: 4 } });
const observer = new ZooKeeperClient({
  connect: ensemble.connectString,
  sessionTimeoutMs,
  requestTimeoutMs: 60_000,
});

async function leader() {
  return waitUntil(() => ensemble.leader(), { timeoutMs: 30_000 });
}

async function sessionsOn(node) {
  return node.ask('cons').catch(() => '');
}

let runs = 0;
/** A client under load that is on the given server (any, when none is given). */
async function place(name, node) {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const folder = `/run-${(runs += 1)}`;
    await observer.create(folder);
    const load = new Load(name, ensemble.connectString, folder);
    const isUp = await waitUntil(() => load.successes.length > 10 || undefined, { timeoutMs: 20_000 });
    if (isUp && (!node || (await sessionsOn(node)).includes(load.session))) return load;
    await load.stop();
  }
  throw new Error(`${name} was never on the server wanted`);
}

const follower = async () => {
  const leading = await leader();
  return ensemble.nodes.find((node) => node !== leading);
};

const scenarios = {
  'leader killed': { on: leader, strike: (node) => node.kill(), mend: (node) => node.start() },
  'follower killed': { on: follower, strike: (node) => node.kill(), mend: (node) => node.start() },
  'leader frozen': { on: leader, strike: (node) => node.freeze(), mend: (node) => node.thaw() },
  'follower frozen': { on: follower, strike: (node) => node.freeze(), mend: (node) => node.thaw() },
  'rolling restart': {
    on: async () => undefined,
    strike: async () => {
      for (const node of ensemble.nodes) {
        await node.stop();
        await node.start();
        await pause(2_000);
      }
    },
  },
  'all down 20 s': {
    on: async () => undefined,
    strike: async () => {
      await Promise.all(ensemble.nodes.map((node) => node.kill()));
      await pause(20_000);
      await ensemble.start();
    },
    /** Only the time after the servers are back is the client's. */
    fromEnd: true,
  },
  'client frozen 3 s': {
    on: async () => undefined,
    strike: (_, loads) => frozen(loads, 3_000),
    fromEnd: true,
  },
  'client frozen 10 s': {
    on: async () => undefined,
    strike: (_, loads) => frozen(loads, 10_000),
    fromEnd: true,
  },
};

async function frozen(loads, ms) {
  for (const { child } of loads) child.kill('SIGSTOP');
  await pause(ms);
  for (const { child } of loads) child.kill('SIGCONT');
}

async function audit(load) {
  await observer.sync('/');
  const times = new Map();
  for (const name of (await observer.children(load.folder)).children) {
    const id = name.slice(0, -10);
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  return {
    lost: load.successes.filter(({ done }) => !times.has(done)).length,
    doubled: [...times.values()].filter((count) => count > 1).length,
  };
}

const results = {};
try {
  await observer.waitConnected({ timeoutMs: 30_000 });
  for (const [title, { on, strike, mend, fromEnd }] of Object.entries(scenarios)) {
    if (values.only && !title.includes(values.only)) continue;
    const victim = await on();
    const loads = [];
    for (const name of Object.keys(clients)) loads.push(await place(name, victim));
    let sinceMs = Date.now();
    await strike(victim, loads);
    if (fromEnd) sinceMs = Date.now();
    const struckAtMs = Date.now();
    const isBack = (load) => load.successes.filter(({ at }) => at > struckAtMs).length > 50;
    const isSettled = (load) => isBack(load) || load.expiredAt !== undefined;
    await waitUntil(() => loads.every(isSettled) || undefined, { timeoutMs: recoveryLimitMs });
    const backs = loads.map((load) => (isBack(load) ? load.standstillMs(sinceMs) : null));
    await mend?.(victim);
    await Promise.all(loads.map((load) => load.stop()));
    await waitUntil(async () => (await observer.exists('/').catch(() => null)) ?? undefined, {
      timeoutMs: 60_000,
    });
    results[title] = {};
    for (const [index, load] of loads.entries()) {
      const account = await audit(load);
      const expiredAfterMs = load.expiredAt === undefined ? null : load.expiredAt - sinceMs;
      results[title][load.name] = {
        standstillMs: backs[index],
        expiredAfterMs,
        ...account,
        uncaught: load.uncaught,
      };
      const notBack =
        expiredAfterMs === null
          ? `not back after ${recoveryLimitMs} ms`
          : `told of its expiry after ${expiredAfterMs} ms`;
      const shown = backs[index] === null ? notBack : `${backs[index]} ms`;
      say(
        `${title.padEnd(19)} ${load.name.padEnd(22)} ${shown.padStart(32)}   lost ${account.lost}, doubled ${account.doubled}` +
          (load.uncaught ? `, ${load.uncaught} uncaught errors` : ''),
      );
    }
  }
} finally {
  await observer.close();
  await sandbox.close();
}
console.log(JSON.stringify({ node: process.version, sessionTimeoutMs, results }));
process.exit(0);
