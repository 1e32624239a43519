import { copyFile, mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Sandbox, waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeRows, createTables } from '../apply/support/workload.js';
import { SeededRandom } from '../apply/support/seeded-random.js';
import { account, checksums, killWhileWriting, openTail } from './support/replicas.js';

const large = 30_000_000;

let sandbox: Sandbox;
let primary: MysqlServer;
let replica: MysqlServer;
let state: string;
let sums: Record<string, unknown>;

async function value(server: MysqlServer, variable: string): Promise<string> {
  const [row] = await server.query<{ v: string }[]>(`SELECT @@GLOBAL.${variable} AS v`);
  return row?.v ?? '';
}

async function follow(
  { host, port }: { readonly host: string; readonly port: number },
  { user, password }: { readonly user: string; readonly password: string } = account,
): Promise<void> {
  await replica.query('STOP SLAVE');
  await replica.query(
    `CHANGE MASTER TO MASTER_HOST = '${host}', MASTER_PORT = ${port}, MASTER_USER = '${user}',
       MASTER_PASSWORD = '${password}', MASTER_USE_GTID = slave_pos, MASTER_HEARTBEAT_PERIOD = 0.2,
       MASTER_CONNECT_RETRY = 1`,
  );
  await replica.query('START SLAVE');
}

async function slaveStatus(): Promise<Record<string, unknown>> {
  const [row] = await replica.query('SHOW SLAVE STATUS');
  return row ?? {};
}

async function reached(position: string): Promise<void> {
  const done = await waitUntil(
    async () => {
      if ((await value(replica, 'gtid_slave_pos')) === position) return true;
      const { Last_IO_Error: io, Last_SQL_Error: sql } = await slaveStatus();
      return `${String(io)} ${String(sql)}`.trim() || undefined;
    },
    { timeoutMs: 60_000, everyMs: 20 },
  );
  if (done !== true)
    throw new Error(`${position} not reached: ${done ?? JSON.stringify(await slaveStatus())}`);
}

async function ioError(): Promise<string> {
  const found = await waitUntil(
    async () => {
      const { Last_IO_Error: error } = await slaveStatus();
      return typeof error === 'string' && error !== '' ? error : undefined;
    },
    { timeoutMs: 20_000, everyMs: 20 },
  );
  return found ?? '(none)';
}

/** The dead server's files from the `skip`th on, the last one shorter by `cutBytes`. */
async function copyOf(skip: number, cutBytes: number): Promise<string> {
  const names = (await readdir(primary.dataDir))
    .filter((name) => /^binlog\.\d+$/.test(name))
    .sort()
    .slice(skip);
  const folder = join(sandbox.folder, `copy-${skip}-${cutBytes}`);
  await mkdir(folder);
  for (const name of names) await copyFile(join(primary.dataDir, name), join(folder, name));
  await writeFile(join(folder, 'binlog.index'), `${names.map((name) => `./${name}`).join('\n')}\n`);
  const last = join(folder, names.at(-1) ?? '');
  await truncate(last, (await stat(last)).size - cutBytes);
  return folder;
}

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'tail-mariadb' });
  const options = { 'max-allowed-packet': '256M', 'innodb-log-file-size': '200M' };
  [primary, replica] = await Promise.all([
    sandbox.startMysql({ flavor: 'mariadb', serverId: 1, host: '127.0.0.11', options }),
    sandbox.startMysql({ flavor: 'mariadb', serverId: 2, host: '127.0.0.12', options }),
  ]);
  await primary.query('CREATE TABLE app.received (id INT PRIMARY KEY)');
  await follow(primary, primary.replication);
  await reached(await value(primary, 'gtid_binlog_pos'));
  await replica.query('STOP SLAVE');
  const connection = await primary.connect({ database: 'app' });
  try {
    const run = (sql: string): Promise<unknown> => connection.query(sql);
    await createTables(run, 'mariadb', 'app');
    await changeRows(run, 'mariadb', new SeededRandom(51), 40);
    await run('CREATE TABLE large (id INT PRIMARY KEY, body LONGBLOB)');
    await run(`INSERT INTO large VALUES (1, REPEAT('a', ${large}))`);
    await run('SET GLOBAL binlog_checksum = NONE');
    await run("INSERT INTO large VALUES (2, 'no checksum')");
    await run('SET GLOBAL log_bin_compress = ON');
    await run('SET GLOBAL binlog_checksum = CRC32');
    await run("INSERT INTO large VALUES (3, REPEAT('b', 100000))");
    await run(`CREATE TABLE commented (id INT PRIMARY KEY, note TEXT COMMENT '${'c'.repeat(600)}')`);
    await run('SET SESSION gtid_domain_id = 7');
    await changeRows(run, 'mariadb', new SeededRandom(52), 10);
    await run('SET SESSION gtid_domain_id = 0');
    await run("XA START 'tail'");
    await run("INSERT INTO large VALUES (4, 'xa')");
    await run("XA END 'tail'");
    await run("XA PREPARE 'tail'");
    await run("XA COMMIT 'tail'");
    await run('CREATE TABLE copied AS SELECT * FROM keyless');
    await run("INSERT INTO large VALUES (5, 'the last one')");
  } finally {
    connection.destroy();
  }
  state = await value(primary, 'gtid_binlog_pos');
  sums = await checksums(primary);
  await primary.kill();
});

afterAll(async () => {
  await sandbox?.close();
});

describe('the tail of a killed MariaDB primary', () => {
  test('is fetched by an ordinary MariaDB replica, with the original GTIDs', async () => {
    const tail = await openTail(primary);
    try {
      expect(tail).toMatchObject({ flavor: 'mariadb', torn: null, gtidExecuted: state });
      await follow(tail);
      await reached(state);
      expect(await checksums(replica)).toEqual(sums);
      const beats = await waitUntil(
        async () => {
          const [row] = await replica.query<{ Value: string }[]>(
            "SHOW GLOBAL STATUS LIKE 'Slave_received_heartbeats'",
          );
          return Number(row?.Value) >= 3 ? true : undefined;
        },
        { timeoutMs: 20_000, everyMs: 20 },
      );
      expect(beats).toBe(true);
      expect(await slaveStatus()).toMatchObject({ Slave_IO_Running: 'Yes', Last_IO_Error: '' });
    } finally {
      await tail.close();
    }
  });

  test('a replica that has everything gets nothing', async () => {
    const tail = await openTail(primary);
    try {
      await follow(tail);
      const idle = await waitUntil(
        () => (tail.status().replicas[0]?.state === 'idle' ? tail.status() : undefined),
        { timeoutMs: 20_000 },
      );
      expect(idle).toMatchObject({ transactionsSent: 0 });
    } finally {
      await tail.close();
    }
  });

  test('a torn last transaction is not sent', async () => {
    const folder = await copyOf(0, 10);
    const tail = await openTail({ dataDir: folder, host: primary.host });
    try {
      const torn = tail.torn?.gtid ?? '';
      expect(state.split(',')).toContain(torn);
      await replica.startAsNew();
      await follow(tail);
      await reached(tail.gtidExecuted);
      const rows = await replica.query('SELECT id FROM app.large ORDER BY id');
      expect(rows.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    } finally {
      await tail.close();
    }
  });

  test('a replica that lacks purged transactions, or went another way, is told so', async () => {
    const folder = await copyOf(1, 0);
    const tail = await openTail({ dataDir: folder, host: primary.host });
    try {
      await replica.query('STOP SLAVE');
      await replica.query('RESET MASTER');
      await replica.query("SET GLOBAL gtid_slave_pos = '0-1-1'");
      await follow(tail);
      expect(await ioError()).toMatch(/1236.*purged/);
      await replica.query('STOP SLAVE');
      await replica.query("SET GLOBAL gtid_slave_pos = '0-9-3'");
      await follow(tail);
      expect(await ioError()).toMatch(/1236.*not in the master's binlog/);
    } finally {
      await tail.close();
    }
  });

  test('is what the server itself finds committed when it starts again', async () => {
    await primary.start();
    const acknowledged = await killWhileWriting(primary, 100);
    const tail = await openTail(primary);
    const { gtidExecuted: served } = tail;
    await tail.close();
    await primary.start();
    expect(await value(primary, 'gtid_binlog_state')).toBe(served);
    const [row] = await primary.query<{ n: number }[]>('SELECT COUNT(*) AS n FROM app.busy');
    expect(Number(row?.n)).toBeGreaterThanOrEqual(acknowledged);
  });
});
