/**
 * `npm run bench -- rejoin [--transactions 10000] [--bytes 50000000]`: how long an old primary takes to come back behind its
 * successor, on two real servers on loopback: with nothing of its own, and with transactions that nobody received, which are
 * saved to files, rolled back and compared. Targets: 2 s and 10 s. The last line is one JSON object.
 */
import { parseArgs } from 'node:util';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { agentConfigSchema, startAgent } from '@dcmha/agent';
import { MysqlInstance } from '@dcmha/mysql-instance';
import { accounts, Sandbox, waitUntil } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { createStore } from '@dcmha/zk-schema';

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    transactions: { type: 'string', default: '10000' },
    bytes: { type: 'string', default: '50000000' },
  },
});
const transactions = Number(values.transactions);
const valueBytes = Math.round(Number(values.bytes) / transactions);
const group = 'bench';
const rejoinLimitMs = 120_000;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

const sandbox = await Sandbox.create({ name: 'bench-rejoin' });
let zk;
let agent;
try {
  const [ensemble, { servers }] = await Promise.all([
    sandbox.startZooKeeper({}),
    sandbox.startGroup({
      servers: 2,
      semiSync: false,
      options: { 'innodb-redo-log-capacity': '256M', 'innodb-buffer-pool-size': '256M' },
    }),
  ]);
  let [primary, other] = servers;
  zk = new ZooKeeperClient({ connect: ensemble.connectString, sessionTimeoutMs: 10_000 });
  const store = createStore(zk);
  await store.prepare();
  const policy = { durability: { mode: 'async' }, fencing: 'none' };
  await store.metaGroup.create({ group }, { members: servers.map(({ address }) => address), policy });
  for (const { address } of servers) await store.metaHost.create({ server: address }, { group });
  await store.master.create({ group }, { primary: primary.address, epoch: 1, sinceMs: Date.now() });
  await primary.query(
    'CREATE TABLE app.t (id INT PRIMARY KEY, n INT, at DATETIME(3) DEFAULT NOW(3), amount DECIMAL(12,2) DEFAULT 1.5, b VARBINARY(64), v MEDIUMTEXT)',
  );
  await fill(primary, transactions / 10, 1_000_000);

  const nothing = await round(false);
  const flashback = await round(true);

  console.log(`rejoin without errant transactions: ${seconds(nothing.rejoinMs)} (target 2 s)`);
  console.log(
    `flashback of ${flashback.transactions} transactions, ${(flashback.bytes / 1e6).toFixed(1)} MB, ${flashback.rows} rows: ` +
      `${seconds(flashback.rejoinMs)} until it follows (target 10 s), ${seconds(flashback.comparedMs)} until compared`,
  );
  for (const [stage, ms] of Object.entries(flashback.stages))
    console.log(`  ${stage.padEnd(18)} ${seconds(ms)}`);
  console.log(
    JSON.stringify({
      bench: 'rejoin',
      cores: cpus().length,
      rejoinMs: Math.round(nothing.rejoinMs),
      rejoinTargetMs: 2_000,
      flashbackMs: Math.round(flashback.rejoinMs),
      flashbackTargetMs: 10_000,
      comparedMs: Math.round(flashback.comparedMs),
      cpuMs: Math.round(flashback.cpuMs),
      transactions: flashback.transactions,
      rows: flashback.rows,
      bytes: flashback.bytes,
      equal: flashback.equal && nothing.equal,
    }),
  );
  if (!flashback.equal || !nothing.equal) process.exitCode = 1;

  /** The primary dies, with transactions that nobody received or without; its replica takes over; it comes back. */
  async function round(withErrant) {
    const replica = new MysqlInstance({ address: other, ...accounts.admin });
    const executed = async (server) =>
      (await server.query('SELECT @@GLOBAL.gtid_executed AS executed'))[0].executed;
    await replica.waitForGtid(await executed(primary), { timeoutMs: 120_000 });
    await replica.stopReceiver();
    if (withErrant) await change(primary);
    await primary.kill();
    const master = await store.master.read({ group });
    await replica.prepareSource({ semisync: null });
    const epoch = master.value.epoch + 1;
    await store.master.write(
      { group },
      { primary: other.address, epoch, sinceMs: Date.now() },
      { over: master },
    );
    await replica.openWrites();
    await replica.resetReplication();
    replica.close();
    await primary.start();

    const stages = {};
    let beganMs = 0;
    const cpuBefore = process.cpuUsage();
    let cpuMs = 0;
    const logger = {
      debug: () => {},
      info: (message) => {
        if (beganMs === 0 && message.startsWith('rejoining')) beganMs = performance.now();
      },
      warn: () => {},
      error: (message, meta) => console.error(message, meta ?? ''),
    };
    agent = await startAgent(
      agentConfigSchema.parse({
        zookeeper: { connect: ensemble.connectString, sessionTimeoutMs: 6_000 },
        server: { address: primary.address },
        mysql: { ...accounts.admin },
        replication: { ...accounts.replication },
        http: { host: primary.host },
        stateDir: join(sandbox.folder, `state-${primary.serverId}`),
      }),
      {
        logger,
        onRejoinStage: (stage) => {
          stages[stage] = performance.now() - beganMs;
          const { user, system } = process.cpuUsage(cpuBefore);
          if (stage === 'following') cpuMs = (user + system) / 1000;
        },
      },
    );
    const wanted = withErrant ? 'compared' : 'following';
    const done = await waitUntil(() => (stages[wanted] === undefined ? undefined : true), {
      timeoutMs: rejoinLimitMs,
      everyMs: 10,
    });
    if (!done)
      throw new Error(`not ${wanted} within ${seconds(rejoinLimitMs)}: ${Object.keys(stages).join(' ')}`);
    const sums = await Promise.all(
      [primary, other].map(async (server) => (await server.query('CHECKSUM TABLE app.t'))[0].Checksum),
    );
    const [node] = (await store.lost.list({ group })).nodes;
    const lost = node === undefined ? undefined : (await store.lost.read(node)).value;
    await agent.close();
    agent = undefined;
    [primary, other] = [other, primary];
    const bytes = transactions * valueBytes;
    return {
      rejoinMs: stages.following,
      comparedMs: stages.compared,
      stages,
      cpuMs,
      equal: sums[0] === sums[1],
      transactions: lost?.transactions,
      rows: lost?.rows,
      bytes,
    };
  }

  /** As many transactions as wanted: half of them insert, the others change and delete. */
  async function change(server) {
    const session = await server.connect();
    await session.query('SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 2');
    for (let n = 0; n < transactions; n += 1) {
      const id = 1_000_000 + Math.floor(n / 10);
      const value = 'dcmha '.repeat(valueBytes / 6);
      const bytes = Buffer.alloc(64, n);
      if (n % 2 === 0)
        await session.query('INSERT INTO app.t (id, n, b, v) VALUES (?, ?, ?, ?)', [n, n, bytes, value]);
      else if (n % 10 === 9) await session.query('DELETE FROM app.t WHERE id = ?', [id]);
      else
        await session.query('UPDATE app.t SET n = n + 1, v = ? WHERE id = ?', [
          value.slice(0, valueBytes / 2),
          n - 1,
        ]);
    }
    session.destroy();
  }

  async function fill(server, rows, from) {
    const session = await server.connect();
    for (let n = 0; n < rows; n += 1)
      await session.query('INSERT INTO app.t (id, n, v) VALUES (?, ?, ?)', [
        from + n,
        n,
        'old '.repeat(valueBytes / 4),
      ]);
    session.destroy();
  }
} finally {
  await agent?.close();
  await zk?.close();
  await sandbox.close();
}
