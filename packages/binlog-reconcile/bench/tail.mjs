/**
 * How fast the tail of a dead primary comes to a replica: `npm run bench -- tail [--transactions N] [--mb N] [--json]`.
 *
 * A real primary writes transactions that its replica does not receive, and is killed. Measured: how long it takes to find
 * out what its files hold, until a real replica that is pointed at the tail source has received everything, and until it
 * has applied everything. The last line is one JSON object.
 */
import { readFile, stat } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Sandbox } from '@dcmha/sandbox';
import { TailSource } from '../dist/tail-source/index.js';

const { values } = parseArgs({
  options: {
    transactions: { type: 'string', default: '10000' },
    mb: { type: 'string', default: '50' },
    json: { type: 'boolean' },
  },
});
const count = Number(values.transactions);
const rowBytes = Math.round((Number(values.mb) * 1e6) / count);
const goals = { openMs: 50, appliedMs: 10_000 };
const account = { user: 'tail', password: 'made-for-one-operation' };
const say = (text) => process.stderr.write(`${text}\n`);

const sandbox = await Sandbox.create({ name: 'bench-tail' });
try {
  const options = {
    'sync-binlog': 0,
    'innodb-flush-log-at-trx-commit': 0,
    'innodb-redo-log-capacity': '256M',
  };
  const [primary, replica] = await Promise.all([
    sandbox.startMysql({ serverId: 1, host: '127.0.0.11', options }),
    sandbox.startMysql({ serverId: 2, host: '127.0.0.12', options }),
  ]);
  say(`a primary writes ${count} transactions of ${rowBytes} bytes`);
  const connection = await primary.connect({ database: 'app', multipleStatements: true });
  await connection.query('CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, body MEDIUMBLOB)');
  const insert = `INSERT INTO t (body) VALUES (RANDOM_BYTES(1000)), (REPEAT(0x61, ${Math.max(rowBytes - 1_300, 1)}));`;
  for (let i = 0; i < count; i += 100) await connection.query(insert.repeat(Math.min(100, count - i)));
  const [[{ gtids }]] = await connection.query('SELECT @@GLOBAL.gtid_executed AS gtids');
  connection.destroy();
  await primary.kill();

  const index = join(primary.dataDir, 'binlog.index');
  const { size } = await stat(join(primary.dataDir, 'binlog.000001'));
  const serverUuid = /server-uuid=(\S+)/.exec(await readFile(join(primary.dataDir, 'auto.cnf'), 'utf8'))[1];
  const opens = [];
  let tail;
  for (let turn = 0; turn < 5; turn++) {
    await tail?.close();
    const begin = performance.now();
    tail = await TailSource.open({ index, host: primary.host, ...account, serverUuid });
    opens.push(Math.round((performance.now() - begin) * 10) / 10);
  }
  if (tail.gtidExecuted !== gtids)
    throw new Error(`${tail.gtidExecuted} is served, the primary had ${gtids}`);

  const query = await replica.connect();
  await query.query(
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${tail.host}', SOURCE_PORT = ${tail.port},
       SOURCE_USER = '${account.user}', SOURCE_PASSWORD = '${account.password}', SOURCE_AUTO_POSITION = 1,
       SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_HEARTBEAT_PERIOD = 0.2`,
  );
  const cpuBegin = process.cpuUsage();
  const begin = performance.now();
  await query.query('START REPLICA');
  let sentMs = null;
  for (;;) {
    if (sentMs === null && tail.status().replicas[0]?.state === 'idle') sentMs = performance.now() - begin;
    const [[{ done }]] = await query.query('SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed) AS done', [gtids]);
    if (done === 1) break;
    if (performance.now() - begin > 300_000) throw new Error('not applied within 300 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const appliedMs = performance.now() - begin;
  const cpu = process.cpuUsage(cpuBegin);
  const { bytesSent } = tail.status();
  query.destroy();
  await tail.close();

  const report = {
    transactions: count,
    mb: Math.round(size / 1e5) / 10,
    openFirstMs: opens[0],
    openMs: Math.min(...opens),
    sentMs: Math.round(sentMs ?? appliedMs),
    appliedMs: Math.round(appliedMs),
    sentMbPerS: Math.round((bytesSent / 1e6 / (sentMs ?? appliedMs)) * 1000),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    rssMb: Math.round(process.memoryUsage().rss / 1e6),
    node: process.version,
    cpus: cpus().length,
    load1m: Math.round(loadavg()[0] * 10) / 10,
    goals,
  };
  if (!values.json) {
    console.log(
      `\n${report.transactions} transactions, ${report.mb} MB, load ${report.load1m} on ${report.cpus} cores`,
    );
    console.log(
      `what the files hold is known after ${report.openFirstMs} ms (again: ${report.openMs} ms; goal ${goals.openMs})`,
    );
    console.log(`everything was taken by the replica after ${report.sentMs} ms`);
    console.log(`everything was applied after ${report.appliedMs} ms (goal ${goals.appliedMs})`);
    console.log(
      `processor time of the tail source: ${report.cpuSeconds.toFixed(2)} s, memory ${report.rssMb} MB`,
    );
  }
  console.log(JSON.stringify(report));
} finally {
  await sandbox.close();
}
