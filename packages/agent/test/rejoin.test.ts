import type { MysqlServer } from '@dcmha/sandbox';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { group, RejoinGroup } from './support/rejoin-group.js';

describe('rejoin of an old primary on real servers', () => {
  let setup: RejoinGroup;
  let first: MysqlServer;
  let second: MysqlServer;

  /** The primary dies with transactions that nobody received; its replica is made primary. */
  const loseHost = async (
    old: MysqlServer,
    successor: MysqlServer,
    lastWrites: readonly string[],
  ): Promise<void> => {
    await setup.eventually('the replica has caught up', () => setup.isBehind(successor, old));
    // Its agent would bring it back.
    await setup.stopAgent(successor);
    await setup.cutOff(successor);
    for (const sql of lastWrites) await old.query(sql);
    await old.kill();
    await setup.promote(successor);
    await setup.startAgent(successor);
  };

  beforeAll(async () => {
    setup = await RejoinGroup.create({ name: 'rejoin-test', servers: 2 });
    [first, second] = setup.servers as [MysqlServer, MysqlServer];
    for (const server of setup.servers) await setup.startAgent(server);
    await first.query('CREATE TABLE app.orders (id INT PRIMARY KEY, note VARCHAR(50), amount DECIMAL(10,2))');
    await first.query("INSERT INTO app.orders VALUES (1, 'one', 1.10), (2, 'two', 2.20), (3, 'three', 3.30)");
  });
  afterAll(() => setup?.close());

  it('rolls back what its successor has not, saves it to files, and follows', async () => {
    await loseHost(first, second, [
      "INSERT INTO app.orders VALUES (4, 'lost', 4.40)",
      "UPDATE app.orders SET note = 'changed' WHERE id = 2",
      'DELETE FROM app.orders WHERE id = 1',
    ]);
    await second.query("INSERT INTO app.orders VALUES (4, 'kept', 9.90)");
    await first.start();
    await setup.eventually('the old primary follows', () => setup.isBehind(first, second));
    expect(await setup.checksums(first, 'app.orders')).toEqual(await setup.checksums(second, 'app.orders'));

    const [id = ''] = await setup.lostOf(first);
    const read = (name: string): Promise<string> => readFile(join(setup.lostDir(first), id, name), 'utf8');
    expect(JSON.parse(await read('manifest.json'))).toMatchObject({
      transactionCount: 3,
      rowCount: 3,
      invertible: true,
    });
    expect(await read('rows.jsonl')).toContain('lost');
    expect(await read('redo.sql')).toMatch(/INSERT INTO/i);
    expect(await setup.registered(id)).toMatchObject({
      server: first.address,
      primary: second.address,
      transactions: 3,
      undone: true,
      review: { state: 'open' },
    });
    const { nodes } = await setup.store.history.list({ group });
    const entries = await Promise.all(nodes.map((params) => setup.store.history.read(params)));
    expect(entries.map((entry) => entry?.value)).toMatchObject([
      { kind: 'rejoin', result: 'done', from: first.address, to: second.address },
    ]);
    await setup.eventually('the rows are compared', async () =>
      (await setup.review(first, id)).includes('compared'),
    );
    const compared = JSON.parse((await read('review.jsonl')).trim()) as { details: object };
    expect(compared.details).toMatchObject({ rows: 3, differenceCount: 0, notCompared: [] });
  });

  it('tells of rows that are not as the primary has them', async () => {
    // What the binlog does not say: the replica had another value here before.
    await setup.stopAgent(first);
    await setup.writeTo(
      first,
      'SET sql_log_bin = 0',
      "UPDATE app.orders SET note = 'not as there' WHERE id = 3",
      'SET sql_log_bin = 1',
      'UPDATE app.orders SET amount = 0 WHERE id = 3',
    );
    await setup.startAgent(first);
    await setup.eventually('it says what it found', async () =>
      (await setup.activity(first)).includes(`1 of 1 rows that were taken back are not as ${second.address}`),
    );
    expect(setup.lines.join('\n')).toContain('"note":"not as there"');
    await setup.stopAgent(first);
    await setup.writeTo(first, 'SET sql_log_bin = 0', "UPDATE app.orders SET note = 'three' WHERE id = 3");
    await setup.startAgent(first);
  });

  it('a replica whose own transactions cannot be undone goes on following, and says why it is told of', async () => {
    const before = await setup.lostOf(first);
    await setup.writeTo(first, 'CREATE TABLE app.mine (id INT)');
    await setup.eventually(
      'it is registered',
      async () => (await setup.lostOf(first)).length > before.length,
    );
    await second.query("INSERT INTO app.orders VALUES (40, 'after', 1)");
    await setup.eventually('what is new arrives', async () => {
      const [row] = await first.query('SELECT COUNT(*) AS there FROM app.orders WHERE id = 40');
      return row?.there === 1;
    });
    const id = (await setup.lostOf(first)).at(-1) ?? '';
    await setup.eventually('it is told', () =>
      setup.lines.some((line) => line.includes('stays closed') && line.includes('CREATE TABLE')),
    );
    expect(await setup.registered(id)).toMatchObject({ undone: false });
    // The primary gets it as well, under the same GTID: then it was never errant.
    const [errant] = await first.query<{ gtids: string }[]>(
      'SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, ?) AS gtids',
      [(await second.query('SELECT @@GLOBAL.gtid_executed AS executed'))[0]?.executed],
    );
    const session = await second.connect();
    await session.query(`SET gtid_next = '${errant?.gtids}'`);
    await session.query('CREATE TABLE app.mine (id INT)');
    session.destroy();
    await setup.startAgent(first);
    await setup.eventually(
      'nobody need judge it',
      async () => (await setup.registered(id))?.review.state === 'resolved',
    );
  });

  it('undoes nothing by halves: with DDL among them it stays closed, and names what is in the way', async () => {
    await loseHost(second, first, [
      "INSERT INTO app.orders VALUES (5, 'lost too', 1)",
      'ALTER TABLE app.orders ADD COLUMN extra INT',
    ]);
    await second.start();
    await setup.eventually('the agent says why it stays closed', () =>
      setup.lines.some((line) => line.includes('stays closed') && line.includes('ALTER TABLE')),
    );
    // Again and again the same reason: what was saved once is not judged anew.
    const attempts = (): number => setup.lines.filter((line) => line.includes(': rejoining')).length;
    const before = attempts();
    await setup.eventually('two more attempts', () => attempts() >= before + 2);
    expect(await setup.lostOf(second)).toHaveLength(1);
    const [row] = await second.query(
      'SELECT @@GLOBAL.super_read_only AS closed, (SELECT COUNT(*) FROM app.orders WHERE id = 5) AS kept',
    );
    expect(row).toMatchObject({ closed: 1, kept: 1 });
    const [id = ''] = await setup.lostOf(second);
    expect(await setup.registered(id)).toMatchObject({ transactions: 2, undone: false });
  });
});
