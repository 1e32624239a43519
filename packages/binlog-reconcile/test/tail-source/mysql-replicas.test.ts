import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { locateMysql, Sandbox, waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileSource, GtidSet, GtidSetBuilder, transactions } from '../../src/index.js';
import {
  account,
  applied,
  checksums,
  follow,
  gtidExecuted,
  killWhileWriting,
  openTail,
  received,
  receiverError,
  replicaStatus,
} from './support/replicas.js';
import { LARGE_BYTES, writeTail } from './support/tail-workload.js';

const options = { 'max-allowed-packet': '256M', 'innodb-redo-log-capacity': '200M' };

let sandbox: Sandbox;
let primary: MysqlServer;
let replicas: [MysqlServer, MysqlServer];
/** Of the primary when it died. */
let gtids: string;
let sums: Record<string, unknown>;
/** What the replicas had received before. */
let before: string;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'tail-source' });
  const [first, ...others] = await Promise.all(
    [1, 2, 3].map((serverId) =>
      sandbox.startMysql({ serverId, host: `127.0.0.1${serverId}`, options: { ...options } }),
    ),
  );
  primary = first as MysqlServer;
  replicas = others as [MysqlServer, MysqlServer];
  await primary.query('CREATE TABLE app.received (id INT PRIMARY KEY)');
  await primary.query('INSERT INTO app.received VALUES (1), (2)');
  before = await gtidExecuted(primary);
  for (const replica of replicas) {
    await replica.query(
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${primary.host}', SOURCE_PORT = ${primary.port},
         SOURCE_USER = '${primary.replication.user}', SOURCE_PASSWORD = '${primary.replication.password}',
         SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
    );
    await replica.query('START REPLICA');
    await applied(replica, before);
    await replica.query('STOP REPLICA');
  }
  const connection = await primary.connect({ database: 'app' });
  try {
    await writeTail(connection);
  } finally {
    connection.destroy();
  }
  gtids = await gtidExecuted(primary);
  sums = await checksums(primary);
  await primary.kill();
});

afterAll(async () => {
  await sandbox?.close();
});

describe('the tail of a killed primary', () => {
  test('is fetched by two replicas at once, one over TLS, with the original GTIDs', async () => {
    const certificate = await certificateOf(primary);
    // One asks for semi-synchronous replication, and goes on when it learns that there is none.
    await replicas[1].query("INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so'");
    await replicas[1].query('SET GLOBAL rpl_semi_sync_replica_enabled = ON');
    const tail = await openTail(primary, { tls: certificate, allowPlain: true });
    try {
      expect(tail.gtidExecuted).toBe(gtids);
      expect(tail).toMatchObject({
        gtidPurged: '',
        tls: true,
        torn: null,
        files: { first: 'binlog.000001' },
      });
      await Promise.all(replicas.map((replica, i) => follow(replica, tail, { ssl: i === 0 })));
      await Promise.all(replicas.map((replica) => applied(replica, gtids)));
      for (const replica of replicas) {
        expect(await gtidExecuted(replica)).toBe(gtids);
        expect(await checksums(replica)).toEqual(sums);
      }
      const status = tail.status();
      expect(status.replicas.map(({ tls }) => tls).sort()).toEqual([false, true]);
      for (const { state, bytesSent, transactionsSent, serverUuid } of status.replicas) {
        expect(state).toBe('idle');
        expect(bytesSent).toBeGreaterThan(LARGE_BYTES);
        expect(BigInt(transactionsSent)).toBe(GtidSet.parse(gtids).subtract(GtidSet.parse(before)).count);
        expect(serverUuid).toMatch(/^[0-9a-f-]{36}$/);
      }
    } finally {
      await tail.close();
    }
  });

  test('garbage in place of TLS harms nobody', async () => {
    const tail = await openTail(primary, {
      tls: await certificateOf(primary),
      limits: { loginTimeoutMs: 2_000 },
    });
    try {
      // Asks for TLS (32 bytes: flags, packet size, character set), then says something else.
      const request = Buffer.alloc(36);
      request.writeUIntLE(32, 0, 3);
      request[3] = 1;
      request.writeUInt32LE(0x28_8a00, 4);
      for (let round = 0; round < 40; round++) {
        const socket = connect(tail.port, tail.host);
        socket.on('error', () => undefined).on('data', () => undefined);
        await once(socket, 'connect');
        // In one packet with the request, and behind it.
        const noise = randomBytes(1 + round * 20);
        if (round % 2 === 0) socket.write(Buffer.concat([request, noise]));
        else {
          socket.write(request);
          socket.write(noise);
        }
        socket.end();
        if (!socket.closed) await once(socket, 'close');
      }
      await expect(createConnection({ host: tail.host, port: tail.port, ...account })).rejects.toThrow(
        /insecure transport/,
      );
      const ssl = { rejectUnauthorized: false };
      const connection = await createConnection({ host: tail.host, port: tail.port, ...account, ssl });
      const [rows] = await connection.query('SELECT @@GLOBAL.server_id AS id');
      expect(rows).toEqual([{ id: '1' }]);
      connection.destroy();
    } finally {
      await tail.close();
    }
  });

  test('a connected replica gets the heartbeats that it asked for', async () => {
    const tail = await openTail(primary);
    try {
      const [replica] = replicas;
      await follow(replica, tail, { heartbeatSeconds: 0.1 });
      const beats = async (): Promise<number> => {
        const [row] = await replica.query<{ n: number }[]>(
          'SELECT count_received_heartbeats AS n FROM performance_schema.replication_connection_status',
        );
        return Number(row?.n);
      };
      const enough = await waitUntil(async () => ((await beats()) >= 5 ? true : undefined), {
        timeoutMs: 20_000,
      });
      expect(enough).toBe(true);
      expect(await replicaStatus(replica)).toMatchObject({ Replica_IO_Running: 'Yes', Last_IO_Error: '' });
      const idle = await waitUntil(
        () => (tail.status().replicas[0]?.state === 'idle' ? tail.status() : undefined),
        { timeoutMs: 20_000 },
      );
      expect(idle).toMatchObject({ transactionsSent: 0, unusedMs: null });
    } finally {
      await tail.close();
    }
  });

  test('a replica that lost its connection comes back and goes on', async () => {
    const [replica] = replicas;
    const first = await openTail(primary);
    await follow(replica, first);
    const { port } = first;
    await first.close();
    const second = await openTail(primary, { port });
    try {
      await replica.query('STOP REPLICA');
      await replica.query('START REPLICA');
      const there = await waitUntil(
        () => (second.status().replicas[0]?.state === 'idle' ? true : undefined),
        { timeoutMs: 20_000 },
      );
      expect(there).toBe(true);
    } finally {
      await second.close();
    }
  });

  test('a replica that lacks purged transactions is told so, and gets no gap', async () => {
    const [, replica] = replicas;
    await replica.query('STOP REPLICA');
    await replica.query('RESET REPLICA ALL');
    await replica.query('RESET BINARY LOGS AND GTIDS');
    const folder = await copyOf(primary, (files) => files.slice(1));
    const tail = await openTail({ dataDir: folder, host: primary.host });
    try {
      expect(GtidSet.parse(tail.gtidPurged).contains(GtidSet.parse(before))).toBe(true);
      expect(tail.gtidExecuted).toBe(gtids);
      await follow(replica, tail);
      expect(await receiverError(replica)).toMatch(/1236.*purged required binary logs/);
      expect(await gtidExecuted(replica)).toBe('');
    } finally {
      await tail.close();
    }
  });

  test('what was purged by hand is remembered from when the server lived', async () => {
    const [, replica] = replicas;
    const elsewhere = '11111111-2222-3333-4444-555555555555:1-7';
    const tail = await openTail(primary, { knownPurged: elsewhere });
    try {
      expect(tail.gtidPurged).toBe(elsewhere);
      expect(GtidSet.parse(tail.gtidExecuted).contains(GtidSet.parse(elsewhere))).toBe(true);
      await follow(replica, tail);
      expect(await receiverError(replica)).toMatch(/1236.*11111111-2222/);
    } finally {
      await tail.close();
    }
  });

  test('is read by mysqlbinlog, which wants no checksums', async () => {
    const tail = await openTail(primary);
    try {
      const program = (await locateMysql()).program('mysqlbinlog');
      const { stdout } = await promisify(execFile)(
        program.file,
        [
          ...program.prefixArgs,
          '--no-defaults',
          '--read-from-remote-source=BINLOG-DUMP-GTIDS',
          `--host=${tail.host}`,
          `--port=${tail.port}`,
          `--user=${account.user}`,
          `--password=${account.password}`,
          `--exclude-gtids=${before}`,
          '--to-last-log',
          '--base64-output=DECODE-ROWS',
          'binlog.000001',
        ],
        { maxBuffer: 1 << 28 },
      );
      expect(stdout).toContain('ALTER TABLE plain ADD COLUMN extra');
      const seen = GtidSet.parse(
        [...stdout.matchAll(/SET @@SESSION\.GTID_NEXT= '([0-9a-f-]+:(?:\w+:)?\d+)'/g)]
          .map(([, g]) => g)
          .join(','),
      );
      expect(seen.toString()).toBe(GtidSet.parse(gtids).subtract(GtidSet.parse(before)).toString());
    } finally {
      await tail.close();
    }
  });

  test('a replica that takes nothing for a while holds back the sending; checksums are left out as it asks', async () => {
    const [, replica] = replicas;
    await replica.startAsNew();
    // The last of these files has no checksums, so the replica asks for none.
    const folder = await copyOf(primary, (files) => files.slice(0, 2));
    const tail = await openTail({ dataDir: folder, host: primary.host });
    try {
      await follow(replica, tail);
      const begun = await waitUntil(() => (tail.status().bytesSent > 2_000_000 ? true : undefined), {
        timeoutMs: 20_000,
        everyMs: 1,
      });
      expect(begun).toBe(true);
      replica.freeze();
      const stalled = await stableValue(() => tail.status().bytesSent);
      replica.thaw();
      expect(stalled).toBeLessThan(LARGE_BYTES);
      await applied(replica, tail.gtidExecuted);
      const there = await checksums(replica);
      expect(there.every).not.toBeUndefined();
      const [row] = await replica.query<{ bytes: number }[]>(
        'SELECT SUM(LENGTH(body)) AS bytes FROM app.large',
      );
      expect(Number(row?.bytes)).toBe(LARGE_BYTES + 3_000_000);
    } finally {
      await tail.close();
    }
  });

  test('a torn last transaction is cut off, wherever the file ends', async () => {
    const [, replica] = replicas;
    await replica.startAsNew();
    const names = (await readdir(primary.dataDir)).filter((name) => /^binlog\.\d+$/.test(name)).sort();
    const whole = join(primary.dataDir, names.at(-1) ?? '');
    const { size } = await stat(whole);
    const bounds = await transactionEnds(whole);
    const [previous, last] = bounds.slice(-2) as [number, number];
    expect(last).toBeLessThanOrEqual(size);
    let purged = '';
    for (const end of [
      last,
      last - 1,
      last - 4,
      previous + 30,
      previous + 100,
      previous + 1,
      previous,
      bounds[10] ?? 0,
    ]) {
      const folder = await copyOf(primary, (files) => files.slice(-1), `-${end}`);
      const file = join(folder, basename(whole));
      await truncate(file, end);
      const expected = await gtidsIn(file);
      const tail = await openTail({ dataDir: folder, host: primary.host });
      try {
        const served = GtidSet.parse(tail.gtidExecuted).subtract(GtidSet.parse(tail.gtidPurged));
        expect(served.toString()).toBe(expected.toString());
        expect(tail.torn === null).toBe(bounds.includes(end));
        if (tail.torn !== null) expect(tail.torn.position).toBe(bounds.findLast((bound) => bound < end));
        if (purged === '') {
          purged = tail.gtidPurged;
          await replica.query('RESET BINARY LOGS AND GTIDS');
          await replica.query(`SET GLOBAL gtid_purged = '${purged}'`);
        }
        // The tables are not there: what counts is what the receiver is given.
        await follow(replica, tail, { receiverOnly: true });
        await received(replica, served.toString());
        const there = await waitUntil(
          () => (tail.status().replicas[0]?.state === 'idle' ? true : undefined),
          { timeoutMs: 20_000 },
        );
        expect(there).toBe(true);
        expect(await replicaStatus(replica)).toMatchObject({ Last_IO_Error: '', Replica_IO_Running: 'Yes' });
      } finally {
        await tail.close();
      }
    }
  });

  test('is what the server itself finds committed when it starts again', async () => {
    await primary.start();
    for (let round = 1; round <= 3; round++) {
      const acknowledged = await killWhileWriting(primary, 40 * round);
      const tail = await openTail(primary);
      const { gtidExecuted: served } = tail;
      await tail.close();
      await primary.start();
      expect(await gtidExecuted(primary)).toBe(served);
      const [row] = await primary.query<{ n: number }[]>('SELECT COUNT(*) AS n FROM app.busy');
      expect(Number(row?.n)).toBeGreaterThanOrEqual(acknowledged);
    }
  });
});

/** The binlog files of a dead server, those chosen, in a folder of their own. */
async function copyOf(
  server: MysqlServer,
  choose: (files: readonly string[]) => readonly string[],
  suffix = '',
): Promise<string> {
  const names = (await readdir(server.dataDir)).filter((name) => /^binlog\.\d+$/.test(name)).sort();
  const chosen = choose(names);
  const folder = join(sandbox.folder, `copy-${chosen.join('-')}${suffix}`);
  await mkdir(folder);
  for (const name of chosen) await copyFile(join(server.dataDir, name), join(folder, name));
  await writeFile(join(folder, 'binlog.index'), `${chosen.map((name) => `./${name}`).join('\n')}\n`);
  await copyFile(join(server.dataDir, 'auto.cnf'), join(folder, 'auto.cnf'));
  return folder;
}

/** Which mysqld made in its data directory. */
async function certificateOf({
  dataDir,
}: MysqlServer): Promise<{ readonly cert: Buffer; readonly key: Buffer }> {
  return {
    cert: await readFile(join(dataDir, 'server-cert.pem')),
    key: await readFile(join(dataDir, 'server-key.pem')),
  };
}

/** Where the transactions of a file end. */
async function transactionEnds(file: string): Promise<number[]> {
  const ends: number[] = [];
  for await (const { end } of transactions(fileSource({ files: [file] }))) ends.push(end.position);
  return ends;
}

/** GTIDs of the whole transactions of a file, as the other reader of this package finds them. */
async function gtidsIn(file: string): Promise<GtidSet> {
  const found = new GtidSetBuilder();
  const whole = transactions(fileSource({ files: [file] }), { onTorn: () => undefined });
  for await (const { gtid } of whole) if (gtid !== undefined) found.add(gtid);
  return found.build();
}

/** A number once it has not changed for a while. */
async function stableValue(read: () => number): Promise<number> {
  let last = read();
  let since = performance.now();
  const stable = await waitUntil(
    () => {
      if (read() !== last) {
        last = read();
        since = performance.now();
      }
      return performance.now() - since > 1_000 ? last : undefined;
    },
    { timeoutMs: 30_000, everyMs: 20 },
  );
  if (stable === undefined) throw new Error('the number keeps changing');
  return stable;
}
