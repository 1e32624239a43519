import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox, waitUntil, type MysqlGroup, type MysqlServer } from '@dcmha/sandbox';
import { isInstanceError, MysqlInstance, quote, statement, type FollowOptions } from '@dcmha/mysql-instance';

const NEVER_MS = 4_294_967_295;
const semisync = { waitForAckers: 1, timeoutMs: NEVER_MS };

let sandbox: Sandbox;
let group: MysqlGroup;
/** One for each server, in the group's order. */
let instances: MysqlInstance[];
const lost: string[] = [];

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'instance' });
  group = await sandbox.startGroup();
  instances = group.servers.map((server) => instanceOf(server));
  await group.primary.query('CREATE TABLE app.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(100))');
});

afterAll(async () => {
  for (const instance of instances ?? []) instance.close();
  await sandbox?.close();
});

function instanceOf(server: MysqlServer, changes: { password?: string } = {}): MysqlInstance {
  return new MysqlInstance({
    address: { host: server.host, port: server.port },
    ...server.admin,
    ...changes,
    onConnectionLost: (error) => lost.push(error.code),
  });
}

function followOptions(changes: Partial<FollowOptions> = {}): FollowOptions {
  return { ...group.primary.replication, semisyncReplica: true, durability: 'relaxed', ...changes };
}

/** A client of the application; what becomes of its connection is for the test to see. */
async function appClient(server: MysqlServer): Promise<Connection> {
  const client = await createConnection(server.appConnection);
  client.on('error', () => undefined);
  return client;
}

async function eventually(condition: () => Promise<boolean>, what: string): Promise<void> {
  const met = await waitUntil(async () => ((await condition()) ? true : undefined), { timeoutMs: 15_000 });
  expect(met, what).toBe(true);
}

/** The primary and its replicas as they are now. */
async function roles(): Promise<{
  at: number;
  primary: MysqlInstance;
  server: MysqlServer;
  replicas: MysqlInstance[];
}> {
  const states = await Promise.all(instances.map((instance) => instance.status()));
  const open = states.flatMap(({ closed }, at) => (closed ? [] : [at]));
  expect(open).toHaveLength(1);
  const at = open[0]!;
  return {
    at,
    primary: instances[at]!,
    server: group.servers[at]!,
    replicas: instances.filter((_, other) => other !== at),
  };
}

describe('status', () => {
  it('shows a primary', async () => {
    const status = await instances[0]!.status();
    expect(status).toMatchObject({
      dialect: 'mysql-8.4',
      version: { flavor: 'mysql' },
      serverId: group.primary.serverId,
      closed: false,
      gtidMode: 'ON',
      logBin: true,
      logReplicaUpdates: true,
      binlogFormat: 'ROW',
      binlogRowImage: 'FULL',
      channels: [],
      durability: { syncBinlog: 1, flushLogAtTrxCommit: 1 },
      semisync: {
        sourcePlugin: true,
        replicaPlugin: true,
        sourceEnabled: true,
        sourceStatus: true,
        ackers: 2,
        waitForAckers: 1,
        timeoutMs: NEVER_MS,
        waitPoint: 'AFTER_SYNC',
      },
    });
    expect(status.serverUuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(status.gtidExecuted).toContain(status.serverUuid);
    expect(Math.abs(status.now - Date.now())).toBeLessThan(60_000);
    expect(status.connections.current).toBeGreaterThan(0);
  });

  it('shows a replica and when it last heard of its source', async () => {
    await eventually(
      async () => (await instances[1]!.status()).channels[0]?.lastHeartbeat !== null,
      'a heartbeat',
    );
    const status = await instances[1]!.status();
    expect(status).toMatchObject({ closed: true, superReadOnly: true, semisync: { replicaEnabled: true } });
    expect(status.channels).toHaveLength(1);
    expect(status.channels[0]).toMatchObject({
      name: '',
      sourceHost: group.primary.host,
      sourcePort: group.primary.port,
      sourceUuid: (await instances[0]!.status()).serverUuid,
      receiver: 'running',
      applier: 'running',
      autoPosition: true,
      heartbeatPeriodMs: 500,
      lagMs: 0,
      delayMs: 0,
      lastReceiverError: null,
      lastApplierError: null,
    });
    expect(status.channels[0]!.lastReceivedAgeMs).toBeLessThan(10_000);
  });
});

describe('probe', () => {
  it('is answered on the held connection and on a fresh one', async () => {
    await instances[0]!.ping();
    expect(await instances[0]!.probe()).toMatchObject({ verdict: 'alive', evidence: [{ via: 'held' }] });
    const other = instanceOf(group.primary);
    expect(await other.probe()).toMatchObject({ verdict: 'alive', evidence: [{ via: 'fresh' }] });
    other.close();
  });

  it('is not held up by a long call on the same instance', async () => {
    const long = instances[0]!.query([statement('sleep', 'SELECT SLEEP(0.5)')]);
    expect(await instances[0]!.probe()).toMatchObject({ verdict: 'alive', evidence: [{ via: 'fresh' }] });
    await long;
  });

  it('a wrong password means alive, and does not appear in the evidence', async () => {
    const other = instanceOf(group.primary, { password: 'wrong-word' });
    const outcome = await other.probe();
    expect(outcome).toMatchObject({ verdict: 'denied', alive: true });
    expect(JSON.stringify(outcome)).not.toContain('wrong-word');
    await expect(other.status()).rejects.toMatchObject({ code: 'ACCESS_DENIED', errno: 1045 });
    other.close();
  });

  it('nobody on the port means refused', async () => {
    const port = await sandbox.freePort('127.0.0.1');
    const other = new MysqlInstance({ address: { host: '127.0.0.1', port }, user: 'x', password: 'y' });
    expect(await other.probe()).toMatchObject({ verdict: 'refused', alive: false });
    other.close();
  });
});

describe('TLS', () => {
  it('is used when asked for, and a certificate of an unknown authority is refused', async () => {
    const { host, port, admin, dataDir } = group.primary;
    const ca = await readFile(join(dataDir, 'ca.pem'));
    const trusting = new MysqlInstance({ address: { host, port }, ...admin, ssl: { ca } });
    const [set] = await trusting.query([statement('cipher', "SHOW SESSION STATUS LIKE 'Ssl_cipher'")]);
    expect(set!.rows[0]!['Value']).not.toBe('');
    trusting.close();
    const doubting = new MysqlInstance({ address: { host, port }, ...admin, ssl: {} });
    await expect(doubting.ping()).rejects.toMatchObject({ code: 'TLS' });
    expect(await doubting.probe()).toMatchObject({ verdict: 'denied', alive: true });
    doubting.close();
  });
});

describe('deadlines', () => {
  it('a statement that takes too long is given up here and ended on the server', async () => {
    const [instance] = instances;
    await expect(
      instance!.query([statement('sleep', 'SELECT SLEEP(60) /* abandoned */')], { timeoutMs: 150 }),
    ).rejects.toMatchObject({ code: 'QUERY_TIMEOUT', statement: 'sleep' });
    await eventually(
      async () => !(await instance!.sessions()).some(({ info }) => info?.includes('abandoned') ?? false),
      'the abandoned session is gone',
    );
  });

  it('a cancelled call ends at once', async () => {
    const stop = new AbortController();
    const call = instances[0]!.query([statement('sleep', 'SELECT SLEEP(60)')], { signal: stop.signal });
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    await instances[0]!.ping();
  });

  it('literals arrive as they were', async () => {
    const texts = ["it's", 'back\\slash', "\\'", '%_"`', 'ü€😀', ''];
    const [set] = await instances[0]!.query([
      statement('echo', `SELECT ${texts.map((text, at) => `${quote(text)} AS c${at}`).join(', ')}`),
    ]);
    expect(Object.values(set!.rows[0]!)).toEqual(texts);
  });
});

describe('what keeps a server busy', () => {
  it('long transactions are found with their age', async () => {
    const client = await appClient(group.primary);
    await client.query('BEGIN');
    await client.query("INSERT INTO t (v) VALUES ('open')");
    await eventually(async () => (await instances[0]!.longTransactions(1_000)).length > 0, 'it is found');
    const [found] = await instances[0]!.longTransactions(1_000);
    expect(found).toMatchObject({
      sessionId: client.threadId,
      user: 'app',
      command: 'Sleep',
      rowsModified: 1,
    });
    expect(found!.ageMs).toBeLessThan(30_000);
    expect(await instances[0]!.longTransactions(600_000)).toEqual([]);
    await client.query('ROLLBACK');
    await client.end();
  });

  it('client sessions are ended without closing the server', async () => {
    const client = await appClient(group.primary);
    const { killed } = await instances[0]!.killClients();
    expect(killed.map(({ id }) => id)).toEqual([client.threadId]);
    await expect(client.query('SELECT 1')).rejects.toThrow();
    expect(await instances[0]!.status()).toMatchObject({ closed: false, semisync: { ackers: 2 } });
  });
});

describe('fencing', () => {
  it('closes an idle primary at once, and opens it again', async () => {
    const client = await appClient(group.primary);
    const result = await instances[0]!.fence();
    expect(result).toMatchObject({ closed: true, semisyncReleased: false });
    expect(result.killed.map(({ id }) => id)).toEqual([client.threadId]);
    expect((await instances[0]!.status()).closed).toBe(true);
    await instances[0]!.openWrites();
    expect((await instances[0]!.status()).closed).toBe(false);
  });

  it('ends a statement that would keep the server open', async () => {
    const client = await appClient(group.primary);
    const slow = client.query('INSERT INTO t (v) SELECT SLEEP(60)').then(
      () => 'acknowledged',
      () => 'refused',
    );
    await eventually(
      async () => (await instances[0]!.sessions()).some(({ info }) => info?.includes('SLEEP(60)') ?? false),
      'the statement runs',
    );
    const result = await instances[0]!.fence({ timeoutMs: 10_000 });
    expect(result.killed.map(({ id }) => id)).toEqual([client.threadId]);
    expect(await slow).toBe('refused');
    await instances[0]!.openWrites();
  });

  it('with no acknowledging replica left: every waiting commit ends, and no client is told that it is safe', async () => {
    const [primary, ...replicas] = instances as [MysqlInstance, MysqlInstance, MysqlInstance];
    for (const replica of replicas) await replica.stopReceiver();
    const clients = await Promise.all([0, 1, 2].map(() => appClient(group.primary)));
    const outcomes = clients.map((client, at) =>
      client.query(`INSERT INTO t (v) VALUES ('unacknowledged ${at}')`).then(
        () => 'acknowledged',
        () => 'refused',
      ),
    );
    await eventually(async () => (await primary.status()).semisync.waitingSessions > 0, 'a commit waits');
    await eventually(
      async () => (await primary.stalledCommits(1_000)).length === 3,
      'they are seen as stalled',
    );
    expect((await primary.stalledCommits(1_000)).map(({ reason }) => reason)).toEqual(['ack', 'ack', 'ack']);

    // The excepted account has to go, too: its commit is among the waiting ones.
    const result = await primary.fence({ timeoutMs: 15_000, exceptUsers: ['app'] });
    expect(result).toMatchObject({ closed: true, semisyncReleased: true });
    expect(await Promise.all(outcomes)).toEqual(['refused', 'refused', 'refused']);
    expect(await primary.status()).toMatchObject({ closed: true, semisync: { sourceEnabled: false } });

    // Writes are given back: semi-sync on first, then open; the commits reach the replicas after all.
    await primary.prepareSource({ semisync });
    await primary.openWrites();
    for (const replica of replicas) await replica.startReceiver();
    const { gtidExecuted } = await primary.status();
    for (const replica of replicas)
      expect(await replica.waitForGtid(gtidExecuted, { timeoutMs: 15_000 })).toBe(true);
  });

  it('works when every connection of the server is taken', async () => {
    const { server } = await roles();
    const instance = instances[0]!;
    await instance.query([statement('limit', 'SET GLOBAL max_connections = 12')]);
    const clients: Connection[] = [];
    try {
      for (let more = true; more;) {
        more = await appClient(server).then(
          (client) => clients.push(client) > 0,
          () => false,
        );
      }
      // The one connection that is kept for administrators.
      clients.push(await createConnection({ host: server.host, port: server.port, ...server.admin }));
      const other = instanceOf(server);
      expect(await other.probe()).toMatchObject({ verdict: 'saturated', alive: true });
      other.close();
      expect(await instance.probe()).toMatchObject({ verdict: 'alive' });
      const slow = clients[0]!.query('INSERT INTO t (v) SELECT SLEEP(60)').catch(() => 'refused');
      await eventually(
        async () => (await instance.sessions()).some(({ info }) => info?.includes('SLEEP(60)') ?? false),
        'the statement runs',
      );
      const result = await instance.fence({ timeoutMs: 20_000 });
      expect(result.closed).toBe(true);
      expect(await slow).toBe('refused');
    } finally {
      for (const client of clients) client.destroy();
      await instance.query([statement('limit', 'SET GLOBAL max_connections = 200')]);
      await instance.openWrites();
    }
  });
});

describe('an account with no more rights than the README lists', () => {
  it('can do everything that a failover needs', async () => {
    const { at, server, replicas } = await roles();
    const rights =
      'REPLICATION_SLAVE_ADMIN, CONNECTION_ADMIN, SYSTEM_VARIABLES_ADMIN, PERSIST_RO_VARIABLES_ADMIN, ' +
      'REPLICATION CLIENT, PROCESS, RELOAD';
    for (const sql of [
      "CREATE USER keeper IDENTIFIED BY 'keeper-pw'",
      `GRANT ${rights} ON *.* TO keeper`,
      'GRANT SELECT ON performance_schema.* TO keeper',
    ]) {
      await server.query(sql);
    }
    const { gtidExecuted } = await instances[at]!.status();
    for (const replica of replicas) expect(await replica.waitForGtid(gtidExecuted)).toBe(true);
    const keepers = group.servers.map(
      ({ host, port }) =>
        new MysqlInstance({ address: { host, port }, user: 'keeper', password: 'keeper-pw' }),
    );
    const keeper = keepers[at]!;
    const replica = keepers.find((_, other) => other !== at)!;
    const root = await createConnection({ host: server.host, port: server.port, ...server.admin });
    root.on('error', () => undefined);
    const client = await appClient(server);
    const result = await keeper.fence();
    expect(result.killed.map(({ id }) => id)).toContain(client.threadId);
    // The administrator's account has SYSTEM_USER: only such another may end it.
    expect(result.notKilled.map(({ id }) => id)).toContain(root.threadId);
    root.destroy();
    await keeper.prepareSource({ semisync, rotateBinlogAboveBytes: 0 });
    await keeper.openWrites();
    expect((await keeper.status()).closed).toBe(false);
    expect(await keeper.longTransactions(60_000)).toEqual([]);
    await replica.stopReceiver();
    expect(await replica.waitForRelayLogApplied()).toBe(true);
    await replica.follow(keeper.address, followOptions({ heartbeatPeriodMs: 500 }));
    await eventually(async () => (await keeper.status()).semisync.ackers === 2, 'both acknowledge');
    for (const one of keepers) one.close();
  });
});

describe('following', () => {
  it('changes nothing when repeated, and starts what was stopped', async () => {
    const { primary, replicas } = await roles();
    const [replica] = replicas;
    const options = followOptions({ heartbeatPeriodMs: 500 });
    expect(await replica!.follow(primary.address, options)).toMatchObject({ path: 'already' });
    await replica!.stopApplier();
    await replica!.stopReceiver();
    expect(await replica!.follow(primary.address, options)).toMatchObject({ path: 'threads' });
    expect((await replica!.status()).channels[0]).toMatchObject({ applier: 'running' });
  });

  it('another heartbeat period is taken up without stopping the applier', async () => {
    const { primary, replicas } = await roles();
    for (const replica of replicas) {
      expect(await replica.follow(primary.address, followOptions())).toMatchObject({ path: 'receiver' });
      expect((await replica.status()).channels[0]).toMatchObject({
        heartbeatPeriodMs: 200,
        applier: 'running',
      });
    }
    await eventually(async () => (await primary.status()).semisync.ackers === 2, 'both acknowledge again');
  });

  it('applies what was received before it changes the source of a replica whose applier was stopped', async () => {
    const { primary, server, replicas } = await roles();
    const [behind, other] = replicas as [MysqlInstance, MysqlInstance];
    await behind.stopApplier();
    const client = await appClient(server);
    for (let at = 0; at < 20; at += 1) await client.query("INSERT INTO t (v) VALUES ('received')");
    await client.end();
    const { gtidExecuted } = await primary.status();
    expect(await behind.waitForGtid(gtidExecuted, { timeoutMs: 200 })).toBe(false);
    await other.waitForGtid(gtidExecuted);
    await behind.stopReceiver();
    await expect(behind.waitForRelayLogApplied()).rejects.toMatchObject({ code: 'PRECONDITION' });
    expect(await behind.follow(other.address, followOptions())).toMatchObject({ path: 'receiver' });
    expect(await behind.waitForGtid(gtidExecuted)).toBe(true);
    await behind.follow(primary.address, followOptions());
  });

  it('says why it cannot', async () => {
    const { primary, replicas } = await roles();
    const unreasonable = followOptions({ heartbeatPeriodMs: 1e13, password: 'secret-pw' });
    const error: unknown = await replicas[0]!
      .follow(primary.address, unreasonable)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SQL', statement: 'change the source' });
    expect(String(error)).not.toContain('secret-pw');
    // Repeating it with sense puts everything right.
    await replicas[0]!.follow(primary.address, followOptions());
    await eventually(
      async () => (await replicas[0]!.status()).channels[0]?.receiver === 'running',
      'it receives again',
    );
  });
});

describe('semi-sync', () => {
  it('is turned off and on again on a primary with its replicas connected', async () => {
    const { primary } = await roles();
    await eventually(async () => (await primary.status()).semisync.ackers === 2, 'both acknowledge');
    await primary.setSemisync({ source: null });
    expect((await primary.status()).semisync).toMatchObject({ sourceEnabled: false, sourceStatus: false });
    await primary.setSemisync({ source: semisync });
    expect((await primary.status()).semisync).toMatchObject({ sourceEnabled: true, waitForAckers: 1 });
    await eventually(async () => (await primary.status()).semisync.ackers === 2, 'both acknowledge again');
  });
});

describe('a planned switchover', () => {
  it('loses nothing and leaves three servers in their new roles', async () => {
    const { primary, server, replicas } = await roles();
    const [next, other] = replicas as [MysqlInstance, MysqlInstance];
    const client = await appClient(server);
    await client.query("INSERT INTO t (v) VALUES ('before the switchover')");

    await primary.fence();
    const { gtidExecuted } = await primary.status();
    expect(await next.waitForGtid(gtidExecuted)).toBe(true);
    const [promoted] = await Promise.all([
      next.promote({ semisync, openWrites: true }),
      other.follow(next.address, followOptions()),
      primary.follow(next.address, followOptions()),
    ]);
    expect(promoted.openedAfterMs).not.toBeNull();
    // Repeated, as an engine does that finds the step in its journal.
    await next.promote({ semisync, openWrites: true });

    const status = await next.status();
    expect(status).toMatchObject({
      closed: false,
      channels: [],
      durability: { syncBinlog: 1, flushLogAtTrxCommit: 1 },
      semisync: { sourceEnabled: true, replicaEnabled: false },
    });
    expect(await primary.status()).toMatchObject({
      closed: true,
      durability: { syncBinlog: 0, flushLogAtTrxCommit: 0 },
      semisync: { sourceEnabled: false, replicaEnabled: true },
    });
    const after = await roles();
    const writer = await appClient(after.server);
    await writer.query("INSERT INTO t (v) VALUES ('after the switchover')");
    await writer.end();
    const { gtidExecuted: all } = await next.status();
    for (const replica of [primary, other])
      expect(await replica.waitForGtid(all, { timeoutMs: 15_000 })).toBe(true);
    await eventually(async () => (await next.status()).semisync.ackers === 2, 'both acknowledge');
  });
});

describe('a long binlog file', () => {
  it('is left behind before replicas have to look through it', async () => {
    const { primary, server } = await roles();
    const client = await appClient(server);
    await client.query("INSERT INTO t (v) SELECT REPEAT('x', 90) FROM information_schema.columns LIMIT 1000");
    await client.end();
    expect(await primary.rotateBinlogAbove(1_000_000_000)).toBe(false);
    expect(await primary.rotateBinlogAbove(10_000)).toBe(true);
    expect(await primary.rotateBinlogAbove(10_000)).toBe(false);
  });
});

describe('kill -9 of the primary', () => {
  it('promotes the most complete replica; nothing acknowledged is lost; the old primary comes back closed', async () => {
    const { at, primary, server, replicas } = await roles();
    for (const instance of instances) await instance.warmLogin(server.replication);
    const client = await appClient(server);
    const acknowledged: number[] = [];
    let killing: Promise<void> | undefined;
    for (let n = 0; n < 10_000; n += 1) {
      if (n === 100) killing = server.kill();
      try {
        const [header] = await client.query("INSERT INTO t (v) VALUES ('under fire')");
        acknowledged.push((header as { insertId: number }).insertId);
      } catch {
        break;
      }
    }
    await killing;
    lost.length = 0;
    expect(await primary.probe()).toMatchObject({ verdict: 'refused' });

    for (const replica of replicas) await replica.stopReceiver();
    for (const replica of replicas) expect(await replica.waitForRelayLogApplied()).toBe(true);
    const [a, b] = replicas as [MysqlInstance, MysqlInstance];
    const { gtidExecuted } = await b.status();
    // The more complete one: it has executed all that the other has.
    const [next, other] = (await a.waitForGtid(gtidExecuted, { timeoutMs: 100 })) ? [a, b] : [b, a];
    await Promise.all([
      next.promote({ semisync, openWrites: true }),
      other.follow(next.address, followOptions()),
    ]);
    const writer = await appClient((await openServer(at)) as MysqlServer);
    await writer.query("INSERT INTO t (v) VALUES ('first write')");
    const [rows] = await writer.query("SELECT id FROM t WHERE v = 'under fire'");
    const kept = new Set((rows as { id: number }[]).map(({ id }) => id));
    expect(acknowledged.length).toBeGreaterThanOrEqual(100);
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    await writer.end();

    await server.start();
    const returned = await primary.status();
    expect(returned).toMatchObject({ closed: true, channels: [] });
    // What it had written and nobody had received would be errant; there is at most the one unanswered insert.
    const { gtidExecuted: now } = await next.status();
    const [set] = await primary.query([
      statement('errant', `SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, ${quote(now)}) AS errant`),
    ]);
    if (set!.rows[0]!['errant'] === '') {
      await primary.follow(next.address, followOptions());
      expect(await primary.waitForGtid(now, { timeoutMs: 15_000 })).toBe(true);
    }
  });

  async function openServer(except: number): Promise<MysqlServer | undefined> {
    for (const [index, server] of group.servers.entries()) {
      if (index !== except && !(await instances[index]!.status()).closed) return server;
    }
    return undefined;
  }
});

describe('a server that freezes', () => {
  it('is called hung within the deadline, and every call settles; awake again, it answers again', async () => {
    const { primary, server } = await roles();
    await primary.ping();
    const stranger = instanceOf(server);
    server.freeze();
    try {
      const began = performance.now();
      const [known, unknown, call, login] = await Promise.all([
        primary.probe({ timeoutMs: 400 }),
        stranger.probe({ timeoutMs: 400 }),
        primary.status({ timeoutMs: 400 }).catch((error: unknown) => error),
        stranger.status({ timeoutMs: 400 }).catch((error: unknown) => error),
      ]);
      expect(known).toMatchObject({ verdict: 'hung', alive: false });
      expect(unknown).toMatchObject({
        verdict: 'hung',
        alive: false,
        evidence: [{ via: 'fresh', code: 'HUNG' }],
      });
      expect(isInstanceError(call)).toBe(true);
      expect(login).toMatchObject({ code: 'HUNG' });
      await expect(primary.fence({ timeoutMs: 400 })).rejects.toMatchObject({ code: 'HUNG' });
      expect(performance.now() - began).toBeLessThan(10_000);
    } finally {
      server.thaw();
    }
    await eventually(async () => (await primary.probe()).verdict === 'alive', 'it answers again');
    expect((await primary.status()).closed).toBe(false);
    stranger.close();
  });
});

describe('settings that last', () => {
  it('persisted closed: a server comes up closed whatever it was, and says what it is now unchanged', async () => {
    const { replicas } = await roles();
    const [replica] = replicas;
    expect(await replica!.persistClosed()).toBe(true);
    expect(await replica!.persistClosed()).toBe(false);
    expect((await replica!.status()).closed).toBe(true);
  });

  it('GTIDs are reset to a given state', async () => {
    const { replicas } = await roles();
    const replica = replicas[0]!;
    const { gtidExecuted } = await replica.status();
    await replica.resetReplication();
    await replica.resetGtids(gtidExecuted);
    expect(await replica.status()).toMatchObject({ gtidExecuted, gtidPurged: gtidExecuted, channels: [] });
    await replica.resetReplication();
  });
});

describe('closing an instance', () => {
  it('fails what runs, refuses what waits and what comes later', async () => {
    const instance = instanceOf(group.servers[0]!);
    await instance.ping();
    const running = instance.query([statement('sleep', 'SELECT SLEEP(60)')]);
    const waiting = instance.status();
    instance.close();
    await expect(running).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(instance.ping()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await instance.probe()).toMatchObject({ alive: false });
    instance.close();
  });
});
