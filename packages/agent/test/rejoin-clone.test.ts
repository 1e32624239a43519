import type { MysqlServer } from '@dcmha/sandbox';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RejoinGroup } from './support/rejoin-group.js';

describe('a server that replication cannot bring back', () => {
  let setup: RejoinGroup;
  let old: MysqlServer;
  let primary: MysqlServer;

  beforeAll(async () => {
    setup = await RejoinGroup.create({
      name: 'rejoin-clone',
      servers: 2,
      options: { 'plugin-load-add': 'mysql_clone.so' },
    });
    [old, primary] = setup.servers as [MysqlServer, MysqlServer];
    await old.query('CREATE TABLE app.t (id INT PRIMARY KEY, v VARCHAR(50))');
    await old.query("INSERT INTO app.t VALUES (1, 'one'), (2, 'two')");
    await setup.eventually('the replica has caught up', () => setup.isBehind(primary, old));
    await setup.cutOff(primary);
    await old.query("INSERT INTO app.t VALUES (3, 'lost')");
    await old.query('ALTER TABLE app.t ADD COLUMN extra INT');
    await old.query("INSERT INTO app.t VALUES (4, 'lost too', 4)");
    await old.kill();
    await setup.promote(primary);
    await old.start();
  });
  afterAll(() => setup?.close());

  const isDown = (): Promise<boolean> =>
    setup.activity(old).then((activity) => activity.includes('waiting for it to be started'));

  it('stays closed without a policy: nothing is undone by halves, and the transaction in the way is named', async () => {
    await setup.startAgent(old);
    await setup.eventually('it says why it stays closed', async () => {
      const activity = await setup.activity(old);
      return activity.includes('ALTER TABLE') && activity.includes('set rejoin.clone');
    });
    const [row] = await old.query('SELECT @@GLOBAL.super_read_only AS closed, COUNT(*) AS kept FROM app.t');
    expect(row).toMatchObject({ closed: 1, kept: 4 });
    const [id = ''] = await setup.lostOf(old);
    expect(await setup.registered(id)).toMatchObject({ undone: false, transactions: 3 });
    const redo = await readFile(join(setup.lostDir(old), id, 'redo.sql'), 'utf8');
    expect(redo).toContain('ALTER TABLE');
    const rows = await readFile(join(setup.lostDir(old), id, 'rows.jsonl'), 'utf8');
    expect(rows).toContain('"lost"');
    expect(rows).toContain('"lost too"');
  });

  it('names the server on which the clone plugin is missing, and changes nothing', async () => {
    await primary.query('SET GLOBAL super_read_only = OFF');
    await primary.query('UNINSTALL PLUGIN clone');
    await setup.startAgent(old, { rejoin: { clone: true } });
    await setup.eventually('it says what is missing', async () =>
      (await setup.activity(old)).includes(`the clone plugin is not active on ${primary.address}`),
    );
    expect(await old.query('SELECT COUNT(*) AS kept FROM app.t')).toEqual([{ kept: 4 }]);
    await primary.query("INSTALL PLUGIN clone SONAME 'mysql_clone.so'");
  });

  it('is replaced by a clone where the policy says so, and waits for the restart of its server', async () => {
    await setup.startAgent(old, { rejoin: { clone: true } });
    await setup.eventually('it is cloned and waits', isDown);
    await setup.eventually('mysqld has ended', () => !old.running);
    // Also an agent that is started meanwhile knows what is waited for.
    await setup.startAgent(old, { rejoin: { clone: true } });
    await setup.eventually('it knows what it waits for', async () =>
      (await setup.activity(old)).includes('waiting for mysqld to be started'),
    );
    await old.start();
    await primary.query("INSERT INTO app.t VALUES (5, 'after')");
    await setup.eventually('the old primary follows', () => setup.isBehind(old, primary));
    await setup.eventually('nothing is left to do', () => setup.isDone(old));
    expect(await setup.checksums(old, 'app.t')).toEqual(await setup.checksums(primary, 'app.t'));
    const [id = ''] = await setup.lostOf(old);
    await setup.eventually(
      'ZooKeeper knows that they are gone',
      async () => (await setup.registered(id))?.undone === true,
    );
    expect((await setup.registered(id))?.review.state).toBe('open');
  });

  it('a clone that did not end is begun again, and nothing is trusted before', async () => {
    await setup.stopAgent(old);
    const [row] = await old.query('SELECT @@server_uuid AS uuid');
    await old.query('STOP REPLICA');
    await old.query('SET GLOBAL super_read_only = OFF');
    await old.query(`SET GLOBAL clone_valid_donor_list = '${primary.address}'`);
    // What an agent notes before it begins.
    await writeFile(
      join(setup.stateDir(old), `rejoin-${old.address.replace(':', '_')}.json`),
      JSON.stringify({ serverUuid: row?.uuid, step: 'clone' }),
    );
    const { user, password } = primary.admin;
    const account = `'${user}'@'${primary.host}':${primary.port} IDENTIFIED BY '${password}'`;
    const cloning = old.query(`CLONE INSTANCE FROM ${account} REQUIRE NO SSL`).catch(() => undefined);
    await setup.eventually('its data is being replaced', async () => {
      const [progress] = await old.query(
        "SELECT COUNT(*) AS begun FROM performance_schema.clone_progress WHERE STAGE = 'FILE COPY' AND STATE = 'In Progress'",
      );
      return progress?.begun === 1;
    });
    await old.kill();
    await cloning;
    await old.start();
    await setup.startAgent(old);
    await setup.eventually('it says that its data is not whole', async () =>
      (await setup.activity(old)).includes('a clone was begun and did not end'),
    );
    expect(await setup.isBehind(old, primary)).toBe(false);
    await setup.startAgent(old, { rejoin: { clone: true } });
    await setup.eventually('it is cloned and waits', isDown);
    await setup.eventually('mysqld has ended', () => !old.running);
    await old.start();
    await setup.eventually('it follows', () => setup.isBehind(old, primary));
    await setup.eventually('nothing is left to do', () => setup.isDone(old));
    expect(await setup.checksums(old, 'app.t')).toEqual(await setup.checksums(primary, 'app.t'));
  });
});
