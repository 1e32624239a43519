import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox, waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { MysqlInstance, statement, type CloneProgress } from '@dcmha/mysql-instance';

let sandbox: Sandbox;
let servers: MysqlServer[];
let instances: [MysqlInstance, MysqlInstance];

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'clone' });
  servers = await Promise.all([
    sandbox.startMysql({ serverId: 1, options: { 'plugin-load-add': 'mysql_clone.so' } }),
    sandbox.startMysql({
      serverId: 2,
      options: { 'plugin-load-add': 'mysql_clone.so', 'super-read-only': 'ON' },
    }),
  ]);
  instances = servers.map(
    (server) => new MysqlInstance({ address: { host: server.host, port: server.port }, ...server.admin }),
  ) as [MysqlInstance, MysqlInstance];
});

afterAll(async () => {
  for (const instance of instances ?? []) instance.close();
  await sandbox?.close();
});

describe('cloning', () => {
  it('replaces a closed server by a copy, which then follows from there', async () => {
    const [donor, recipient] = instances;
    await donor.query([
      statement('fill', 'CREATE TABLE app.t (id INT PRIMARY KEY, v VARCHAR(20))'),
      statement('fill', "INSERT INTO app.t VALUES (1, 'from the donor')"),
    ]);
    const { gtidExecuted, serverUuid } = await donor.status();
    const progress: CloneProgress[] = [];
    const outcome = await recipient.cloneFrom(donor.address, {
      ...servers[0]!.admin,
      timeoutMs: 100_000,
      progressEveryMs: 50,
      onProgress: (one) => progress.push(one),
    });
    expect(outcome).toBe('stopped');
    expect(progress.length).toBeGreaterThan(0);

    await waitUntil(() => (servers[1]!.running ? undefined : true), { timeoutMs: 30_000 });
    await servers[1]!.start();
    const status = await recipient.status();
    expect(status).toMatchObject({ gtidExecuted, closed: true, channels: [] });
    expect(status.serverUuid).not.toBe(serverUuid);
    await recipient.follow(donor.address, {
      ...servers[0]!.replication,
      semisyncReplica: false,
      durability: 'relaxed',
    });
    await donor.query([statement('fill', "INSERT INTO app.t VALUES (2, 'after the copy')")]);
    expect(await recipient.waitForGtid((await donor.status()).gtidExecuted, { timeoutMs: 15_000 })).toBe(
      true,
    );
  });

  it('tells a wrong password apart, and the recipient keeps its data', async () => {
    const [donor, recipient] = instances;
    const { gtidExecuted } = await recipient.status();
    const error: unknown = await recipient
      .cloneFrom(donor.address, { user: 'dcmha', password: 'wrong-word', timeoutMs: 30_000 })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'InstanceError', statement: 'clone' });
    expect(String(error)).not.toContain('wrong-word');
    expect(await recipient.status()).toMatchObject({ gtidExecuted, closed: true });
  });
});
