import { agentConfigSchema, startAgent, type AgentHandle } from '@dcmha/agent';
import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import { MysqlInstance } from '@dcmha/mysql-instance';
import { accounts, Sandbox, waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { createStore, type Store } from '@dcmha/zk-schema';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dcmha } from './support/run.js';

const group = 'orders';
const transactionsWanted = 1_000;
/** Some meet no row, and leave no transaction. */
const attempts = transactionsWanted + 10;
const bigRows = 100;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const tables = [
  `CREATE TABLE app.kinds (
    id INT UNSIGNED PRIMARY KEY AUTO_INCREMENT, ti TINYINT, si SMALLINT UNSIGNED, mi MEDIUMINT, bi BIGINT UNSIGNED,
    f FLOAT, d DOUBLE, de DECIMAL(30,10), b BIT(13), c CHAR(20) CHARACTER SET latin1, vc VARCHAR(300), tx TEXT,
    bn BINARY(16), vb VARBINARY(100), bl BLOB, en ENUM('a','b','c'), st SET('x','y','z'), j JSON,
    da DATE, ti3 TIME(3), dt DATETIME(6), ts TIMESTAMP(3) NULL, y YEAR, g POINT, gen INT GENERATED ALWAYS AS (ti + 1) VIRTUAL)`,
  'CREATE TABLE app.pairs (a INT, b VARCHAR(20) COLLATE utf8mb4_0900_ai_ci, v INT, PRIMARY KEY (a, b), UNIQUE KEY (v))',
  'CREATE TABLE app.keyless (a INT, v VARCHAR(30))',
  'CREATE TABLE app.parents (id INT PRIMARY KEY, n INT)',
  'CREATE TABLE app.children (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES app.parents (id) ON DELETE CASCADE)',
  'CREATE TABLE app.log (id INT PRIMARY KEY AUTO_INCREMENT, what VARCHAR(50))',
  `CREATE TRIGGER app.logged AFTER UPDATE ON app.parents FOR EACH ROW INSERT INTO app.log (what) VALUES (CONCAT('n of ', NEW.id))`,
  'CREATE TABLE app.big (id INT PRIMARY KEY, v MEDIUMBLOB)',
];
const names = ['kinds', 'pairs', 'keyless', 'parents', 'children', 'log', 'big'].map((name) => `app.${name}`);

/** One transaction of each kind in turn, from its number. */
function statementsOf(n: number): readonly string[] {
  const kinds = (id: number): string =>
    `INSERT INTO app.kinds VALUES (${id}, ${(n % 256) - 128}, ${n % 65536}, ${-n}, ${18446744073709551615n - BigInt(n)},
      ${n}.25, ${n}e-7, '${n}.0123456789', b'${(n % 8192).toString(2)}', 'é${n}', 'ü😀${n}', REPEAT('t${n} ', 20),
      UNHEX(LPAD(HEX(${n}), 32, '0')), X'00FF${(n % 256).toString(16).padStart(2, '0')}', RANDOM_BYTES(50), ELT(${n} % 3 + 1, 'a', 'b', 'c'),
      'x,z', JSON_OBJECT('n', ${n}, 'a', JSON_ARRAY(1.5, NULL, 'é')), '2024-02-29', '-12:34:56.789', NOW(6), NOW(3),
      2000 + ${n} % 100, ST_PointFromText('POINT(${n} 1)'), DEFAULT)`;
  switch (n % 10) {
    case 0:
      return [kinds(10_000 + n)];
    case 1:
      return [
        `UPDATE app.kinds SET vc = CONCAT(vc, ' ${n}'), j = JSON_SET(j, '$.n', ${n}), ts = NULL, de = -de WHERE id % 97 = ${n % 97}`,
      ];
    case 2:
      return [`INSERT INTO app.pairs VALUES (${n}, 'k${n}', ${n}), (${n}, 'l${n}', NULL)`];
    case 3:
      return [
        `UPDATE app.pairs SET b = CONCAT('m', b) WHERE a = ${n - 1}`,
        `DELETE FROM app.pairs WHERE a = ${n - 501}`,
      ];
    case 4:
      return [`INSERT INTO app.keyless VALUES (${n % 7}, 'same'), (${n % 7}, 'same')`];
    case 5:
      return [
        `DELETE FROM app.keyless WHERE a = ${n % 7} LIMIT 1`,
        `UPDATE app.keyless SET v = 'other' WHERE a = ${(n + 1) % 7} LIMIT 1`,
      ];
    case 6:
      return [
        `INSERT INTO app.parents VALUES (${n}, 0)`,
        `INSERT INTO app.children VALUES (${n}, ${n}), (${n + 100_000}, ${n})`,
      ];
    case 7:
      return [`UPDATE app.parents SET n = n + 1 WHERE id = ${n - 1}`];
    case 8:
      return [
        `DELETE FROM app.parents WHERE id = ${n - 102}`,
        `INSERT INTO app.log (what) VALUES ('of ${n}')`,
      ];
    default:
      return [`DELETE FROM app.kinds WHERE id = ${(n % 300) + 1}`, kinds(20_000 + n)];
  }
}

describe('1,000 transactions of a host that was lost', () => {
  let sandbox: Sandbox;
  let zk: ZooKeeperClient;
  let store: Store;
  let old: MysqlServer;
  let primary: MysqlServer;
  let agent: AgentHandle | undefined;
  let env: Record<string, string>;
  let zooKeeper: string;
  const done: string[] = [];

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'lost-thousand' });
    const [ensemble, { servers }] = await Promise.all([
      sandbox.startZooKeeper(),
      sandbox.startGroup({ servers: 2, semiSync: false, options: { 'innodb-redo-log-capacity': '256M' } }),
    ]);
    [old, primary] = servers as [MysqlServer, MysqlServer];
    zooKeeper = ensemble.connectString;
    zk = new ZooKeeperClient({ connect: zooKeeper, sessionTimeoutMs: 10_000 });
    store = createStore(zk);
    await store.prepare();
    const policy = { durability: { mode: 'async' as const }, fencing: 'none' as const };
    await store.metaGroup.create({ group }, { members: servers.map(({ address }) => address), policy });
    for (const { address } of servers) await store.metaHost.create({ server: address }, { group });
    await store.master.create({ group }, { primary: old.address, epoch: 1, sinceMs: Date.now() });
    env = {
      DCMHA_ZOOKEEPER: zooKeeper,
      DCMHA_MYSQL_USER: accounts.admin.user,
      DCMHA_MYSQL_PASSWORD: accounts.admin.password,
    };
  });
  afterAll(async () => {
    await agent?.close();
    await zk?.close();
    await sandbox?.close();
  });

  const executed = async (server: MysqlServer): Promise<string> =>
    (await server.query<{ executed: string }[]>('SELECT @@GLOBAL.gtid_executed AS executed'))[0]?.executed ??
    '';
  const checksums = async (server: MysqlServer): Promise<unknown[]> =>
    (await server.query(`CHECKSUM TABLE ${names.join(', ')}`)).map((row) => [row.Table, row.Checksum]);
  const commit = async (session: Connection, statements: readonly string[]): Promise<void> => {
    await session.query('BEGIN');
    for (const sql of statements) await session.query(sql);
    await session.query('COMMIT');
  };

  it('are all rolled back when it returns; the files hold every one of them, and the tables are equal', async () => {
    const session = await old.connect();
    for (const sql of tables) await session.query(sql);
    for (let n = 1; n <= 300; n += 1)
      await session.query(statementsOf(n * 10)[0]!.replace(`(${10_000 + n * 10},`, `(${n},`));
    await session.query('INSERT INTO app.parents SELECT 1000000 + id, 0 FROM app.kinds LIMIT 20');
    const replica = new MysqlInstance({ address: primary, ...accounts.admin });
    await replica.waitForGtid(await executed(old), { timeoutMs: 60_000 });
    await replica.stopReceiver();
    const before = await executed(old);
    const sums = await checksums(old);

    for (let n = 1; n <= attempts; n += 1) await commit(session, statementsOf(n));
    // One of 100 MB.
    await session.query('BEGIN');
    const value = Buffer.alloc(1_000_000, 'dcmha ');
    for (let n = 1; n <= bigRows; n += 1)
      await session.query('INSERT INTO app.big VALUES (?, ?)', [n, value]);
    await session.query('COMMIT');
    session.destroy();
    const lost = GtidSet.parse(await executed(old)).subtract(GtidSet.parse(before));
    for (const { uuid, first, last } of lost.ranges()) {
      for (let gno = first; gno <= last; gno += 1n) done.push(`${uuid}:${gno}`);
    }
    expect(done.length).toBeGreaterThanOrEqual(transactionsWanted);
    expect(await checksums(old)).not.toEqual(sums);

    await old.kill();
    await replica.prepareSource({ semisync: null });
    await replica.resetReplication();
    const master = await store.master.read({ group });
    await store.master.write({ group }, { primary: primary.address, epoch: 2, sinceMs: 2 }, { over: master });
    await replica.openWrites();
    replica.close();
    await primary.query("INSERT INTO app.pairs VALUES (2, 'k2', 5)");
    await old.start();
    agent = await startAgent(
      agentConfigSchema.parse({
        zookeeper: { connect: zooKeeper, sessionTimeoutMs: 4_000 },
        server: { address: old.address },
        mysql: { ...accounts.admin },
        replication: { ...accounts.replication },
        http: { host: old.host },
        stateDir: join(sandbox.folder, 'state'),
      }),
      { logger: silent },
    );
    const following = await waitUntil(
      async () => ((await executed(old)) === (await executed(primary)) ? true : undefined),
      { timeoutMs: 90_000, everyMs: 100 },
    );
    expect(following).toBe(true);
    expect(await checksums(old)).toEqual(await checksums(primary));

    const [found] = (await store.lost.list({ group })).nodes;
    const registered = await store.lost.read(found!);
    expect(registered?.value).toMatchObject({ transactions: done.length, undone: true });
    expect(GtidSet.parse(registered?.value.gtids ?? '').equals(lost)).toBe(true);
    const inFile = new Set<string>();
    let rows = 0;
    const lines = createReadStream(join(registered?.value.directory ?? '', 'rows.jsonl'));
    for await (const line of createInterface({ input: lines })) {
      rows += 1;
      inFile.add(/"gtid":"([^"]+)"/.exec(line)?.[1] ?? '');
    }
    expect(rows).toBe(registered?.value.rows);
    expect([...inFile].sort()).toEqual([...done].sort());
  });

  it('chosen ones come back, and the one that conflicts is reported', async () => {
    const [found] = (await store.lost.list({ group })).nodes;
    // Two pairs, of which the primary has one; a parent and its children; the parent changed, which a trigger logged.
    const chosen = [done[1], done[4], done[5]].join(',');
    const sums = await checksums(primary);
    const stopped = await dcmha(['lost', 'replay', found!.id, '--gtids', chosen, '--json'], { env });
    expect(stopped.exitCode).toBe(1);
    expect(stopped.json<{ conflicts: object[] }>().conflicts).toMatchObject([
      { gtid: done[1], kind: 'exists', key: { a: '2', b: 'k2' } },
    ]);
    expect(await checksums(primary)).toEqual(sums);
    const skipped = await dcmha(
      ['lost', 'replay', found!.id, '--gtids', chosen, '--on-conflict', 'skip', '--json'],
      { env },
    );
    expect(skipped.json()).toMatchObject({
      ok: true,
      transactions: 2,
      rows: 5,
      skipped: [{ gtid: done[1] }],
    });
    expect(await primary.query('SELECT id, n FROM app.parents WHERE id = 6')).toEqual([{ id: 6, n: 1 }]);
    const behind = await waitUntil(
      async () => ((await executed(old)) === (await executed(primary)) ? true : undefined),
      { timeoutMs: 30_000, everyMs: 100 },
    );
    expect(behind).toBe(true);
    expect(await checksums(old)).toEqual(await checksums(primary));
  });
});
