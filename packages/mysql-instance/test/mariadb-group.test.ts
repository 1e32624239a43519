import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox, waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { MysqlInstance, type FollowOptions } from '@dcmha/mysql-instance';

const semisync = { waitForAckers: 1, timeoutMs: 4_294_967_295 };

let sandbox: Sandbox;
let servers: MysqlServer[];
let instances: [MysqlInstance, MysqlInstance];

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'maria' });
  servers = await Promise.all(
    [1, 2].map((serverId) =>
      sandbox.startMysql({ flavor: 'mariadb', serverId, host: `127.0.0.2${serverId}` }),
    ),
  );
  instances = servers.map(
    (server) => new MysqlInstance({ address: { host: server.host, port: server.port }, ...server.admin }),
  ) as [MysqlInstance, MysqlInstance];
});

afterAll(async () => {
  for (const instance of instances ?? []) instance.close();
  await sandbox?.close();
});

function followOptions(changes: Partial<FollowOptions> = {}): FollowOptions {
  return { ...servers[0]!.replication, semisyncReplica: true, durability: 'relaxed', ...changes };
}

async function appClient(at: number): Promise<Connection> {
  const client = await createConnection(servers[at]!.appConnection);
  client.on('error', () => undefined);
  return client;
}

async function eventually(condition: () => Promise<boolean>, what: string): Promise<void> {
  const met = await waitUntil(async () => ((await condition()) ? true : undefined), { timeoutMs: 15_000 });
  expect(met, what).toBe(true);
}

describe('MariaDB', () => {
  it('is known by its version', async () => {
    const [first] = instances;
    expect(await first.status()).toMatchObject({
      dialect: 'mariadb',
      version: { flavor: 'mariadb' },
      serverId: 1,
      gtidMode: 'ON',
      superReadOnly: false,
      logBin: true,
      binlogFormat: 'ROW',
      semisync: { sourcePlugin: true, replicaPlugin: true, waitForAckers: 1 },
    });
    expect((await first.status()).serverUuid).not.toBe('');
    expect(await first.probe()).toMatchObject({ verdict: 'alive' });
  });

  it('follows, acknowledges, and applies', async () => {
    const [first, second] = instances;
    expect(await second.follow(first.address, followOptions())).toMatchObject({ path: 'full' });
    await first.prepareSource({ semisync });
    await eventually(async () => (await first.status()).semisync.ackers === 1, 'it acknowledges');
    const client = await appClient(0);
    await client.query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50))');
    await client.query("INSERT INTO t (v) VALUES ('one')");
    await client.end();
    const { gtidExecuted } = await first.status();
    expect(gtidExecuted).toMatch(/^0-1-\d+$/);
    expect(await second.waitForGtid(gtidExecuted)).toBe(true);
    expect(await second.waitForRelayLogApplied()).toBe(true);
    const status = await second.status();
    expect(status).toMatchObject({ closed: true, gtidExecuted });
    expect(status.channels[0]).toMatchObject({
      sourceHost: servers[0]!.host,
      receiver: 'running',
      applier: 'running',
      autoPosition: true,
      receivedGtids: gtidExecuted,
      heartbeatPeriodMs: 200,
    });
    expect(await second.follow(first.address, followOptions())).toMatchObject({ path: 'already' });
  });

  it('a position that was not reached is not awaited for ever', async () => {
    expect(await instances[1].waitForGtid('0-1-1000000', { timeoutMs: 300 })).toBe(false);
  });

  it('fencing ends commits that nobody acknowledges, and tells no client that they are safe', async () => {
    const [first, second] = instances;
    await second.stopReceiver();
    const clients = await Promise.all([0, 1].map(() => appClient(0)));
    const outcomes = clients.map((client) =>
      client.query("INSERT INTO t (v) VALUES ('unacknowledged')").then(
        () => 'acknowledged',
        () => 'refused',
      ),
    );
    await eventually(async () => (await first.status()).semisync.waitingSessions > 0, 'a commit waits');
    expect(await first.fence({ timeoutMs: 15_000 })).toMatchObject({ closed: true });
    expect(await Promise.all(outcomes)).toEqual(['refused', 'refused']);
    expect((await first.status()).closed).toBe(true);
    await first.prepareSource({ semisync });
    await first.openWrites();
    await second.startReceiver();
    expect(await second.waitForGtid((await first.status()).gtidExecuted, { timeoutMs: 15_000 })).toBe(true);
  });

  it('changes places: the old primary follows the new one from its own position', async () => {
    const [first, second] = instances;
    await eventually(async () => (await first.status()).semisync.ackers === 1, 'it acknowledges');
    const client = await appClient(0);
    await client.query("INSERT INTO t (v) VALUES ('last on the first')");
    await first.fence();
    expect(await second.waitForGtid((await first.status()).gtidExecuted)).toBe(true);
    const [promoted, followed] = await Promise.all([
      second.promote({ semisync, openWrites: true }),
      first.follow(second.address, followOptions()),
    ]);
    expect(promoted.openedAfterMs).not.toBeNull();
    expect(followed.path).toBe('full');
    const writer = await appClient(1);
    await writer.query("INSERT INTO t (v) VALUES ('first on the second')");
    const [rows] = await writer.query('SELECT COUNT(*) AS n FROM t');
    await writer.end();
    const { gtidExecuted } = await second.status();
    expect(gtidExecuted).toMatch(/^0-2-\d+$/);
    expect(await first.waitForGtid(gtidExecuted, { timeoutMs: 15_000 })).toBe(true);
    const reader = await appClient(0);
    expect((await reader.query('SELECT COUNT(*) AS n FROM t'))[0]).toEqual(rows);
    await reader.end();
    expect(await second.status()).toMatchObject({ closed: false, channels: [] });
  });

  it('another source is followed only when everything received is applied', async () => {
    const [first, second] = instances;
    await first.stopApplier();
    const writer = await appClient(1);
    for (let at = 0; at < 10; at += 1) await writer.query("INSERT INTO t (v) VALUES ('received')");
    await writer.end();
    const { gtidExecuted } = await second.status();
    expect(await first.follow(second.address, followOptions({ heartbeatPeriodMs: 300 }))).toMatchObject({
      path: 'full',
    });
    expect(await first.waitForGtid(gtidExecuted, { timeoutMs: 15_000 })).toBe(true);
    expect((await first.status()).channels[0]).toMatchObject({ heartbeatPeriodMs: 300, applier: 'running' });
  });

  it('comes up closed after a restart only by its configuration file', async () => {
    await expect(instances[1].persistClosed()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      remedy: 'Write "read_only = ON" under [mysqld] in its configuration file.',
    });
  });

  it('frozen is hung, killed is refused', async () => {
    servers[1]!.freeze();
    try {
      expect(await instances[1].probe({ timeoutMs: 400 })).toMatchObject({ verdict: 'hung', alive: false });
    } finally {
      servers[1]!.thaw();
    }
    await servers[1]!.kill();
    expect(await instances[1].probe()).toMatchObject({ verdict: 'refused', alive: false });
  });
});
