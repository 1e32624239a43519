import type { MysqlServer } from '@dcmha/sandbox';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RejoinStage } from '../src/index.js';
import { group, RejoinGroup } from './support/rejoin-group.js';

describe('failovers that follow one another', () => {
  let setup: RejoinGroup;
  let a: MysqlServer;
  let b: MysqlServer;
  let c: MysqlServer;
  let nextId = 100;

  beforeAll(async () => {
    setup = await RejoinGroup.create({ name: 'rejoin-cascade', servers: 3 });
    [a, b, c] = setup.servers as [MysqlServer, MysqlServer, MysqlServer];
    await a.query('CREATE TABLE app.t (id INT PRIMARY KEY, v VARCHAR(50))');
    await a.query("INSERT INTO app.t VALUES (1, 'one'), (2, 'two')");
  });
  afterAll(() => setup?.close());

  const caughtUp = async (primary: MysqlServer, ...replicas: MysqlServer[]): Promise<void> => {
    for (const replica of replicas) {
      await setup.eventually(`${replica.name} is behind ${primary.name}`, () =>
        setup.isBehind(replica, primary),
      );
    }
  };

  /** Nobody receives what is written to the primary from now on. */
  const cutOff = async (...replicas: MysqlServer[]): Promise<void> => {
    for (const replica of replicas) {
      // Its agent would bring it back.
      await setup.stopAgent(replica);
      await setup.cutOff(replica);
    }
  };

  const allEqual = async (): Promise<void> => {
    const [first, ...others] = await Promise.all(
      setup.servers.map((server) => setup.checksums(server, 'app.t')),
    );
    for (const other of others) expect(other).toEqual(first);
  };

  const savedRows = async (server: MysqlServer): Promise<string> => {
    const texts = (await setup.lostOf(server)).map((id) =>
      readFile(join(setup.lostDir(server), id, 'rows.jsonl'), 'utf8'),
    );
    return (await Promise.all(texts)).join('');
  };

  it('two old primaries in a row come back behind the third', async () => {
    await caughtUp(a, b, c);
    await cutOff(b, c);
    await a.query("INSERT INTO app.t VALUES (10, 'only on a')");
    await a.kill();
    await setup.promote(b);
    await setup.startAgent(c);
    await caughtUp(b, c);
    await cutOff(c);
    await b.query("INSERT INTO app.t VALUES (20, 'only on b')");
    await b.query("UPDATE app.t SET v = 'changed on b' WHERE id = 1");
    await b.kill();
    await setup.promote(c);
    await c.query("INSERT INTO app.t VALUES (30, 'on c')");
    await Promise.all([a.start(), b.start()]);
    await Promise.all([setup.startAgent(a), setup.startAgent(b), setup.startAgent(c)]);
    await caughtUp(c, a, b);
    await allEqual();
    expect(await savedRows(a)).toContain('only on a');
    expect(await savedRows(b)).toContain('only on b');
    expect(await setup.lostOf(a)).toHaveLength(1);
    expect(await setup.lostOf(b)).toHaveLength(1);
    const { nodes } = await setup.store.lost.list({ group });
    expect(nodes).toHaveLength(2);
    for (const { id } of nodes) expect(await setup.registered(id)).toMatchObject({ undone: true });
  });

  it.each<RejoinStage>(['undo-committed', 'forget-noted'])(
    'another failover after "%s": what the next primary has not is taken back as well',
    async (stage) => {
      // c is the primary. b gets one transaction more than a, and c one that nobody gets.
      await setup.startAgent(a);
      await setup.startAgent(b);
      const name = `of ${stage}`;
      const id = nextId++;
      await caughtUp(c, a, b);
      await cutOff(a);
      await c.query(`INSERT INTO app.t VALUES (${id}, 'on b and c ${name}')`);
      await caughtUp(c, b);
      await cutOff(b);
      await c.query(`UPDATE app.t SET v = 'only on c ${name}' WHERE id = ${id}`);
      await setup.stopAgent(c);
      await c.kill();
      await setup.promote(b);
      await c.start();

      let reached = false;
      await setup.startAgent(c, {
        onStage: async (now) => {
          if (now !== stage || reached) return;
          // The primary dies while this server rejoins it, and the one that lacks most takes over.
          await b.kill();
          await setup.promote(a);
          reached = true;
        },
      });
      await setup.eventually('the rejoin is interrupted', () => reached);
      await a.query(`INSERT INTO app.t VALUES (${id}, 'on a ${name}')`);
      await b.start();
      await setup.startAgent(b);
      await setup.startAgent(a);
      await caughtUp(a, b, c);
      await setup.eventually('nothing is left to do', () => setup.isDone(c));
      await allEqual();
      expect(await savedRows(c)).toContain(`only on c ${name}`);
      expect(await savedRows(c)).toContain(`on b and c ${name}`);
      expect(await savedRows(b)).toContain(`on b and c ${name}`);
      expect(await a.query(`SELECT v FROM app.t WHERE id = ${id}`)).toEqual([{ v: `on a ${name}` }]);

      // And back: c is the primary of the next round.
      await cutOff(c);
      await setup.stopAgent(a);
      await a.query('SET GLOBAL super_read_only = ON');
      await setup.promote(c);
    },
  );

  it('a primary that dies during the rejoin and comes back as the primary', async () => {
    await setup.startAgent(a);
    await setup.startAgent(b);
    await caughtUp(c, a, b);
    await setup.stopAgent(b);
    await setup.writeTo(b, "INSERT INTO app.t VALUES (50, 'written to a replica')");
    let reached = false;
    await setup.startAgent(b, {
      onStage: async (stage) => {
        if (stage !== 'undo-committed' || reached) return;
        await c.kill();
        reached = true;
      },
    });
    await setup.eventually('the rejoin is interrupted', () => reached);
    await setup.eventually('it says that it will try again', async () =>
      (await setup.activity(b)).includes('will be tried again'),
    );
    await c.start();
    await setup.promote(c);
    await caughtUp(c, b);
    await setup.eventually('nothing is left to do', () => setup.isDone(b));
    await allEqual();
    expect(await savedRows(b)).toContain('written to a replica');
  });

  it('transactions that the next primary has were never lost, and are not waited for by a person', async () => {
    // a is cut off, c and b have a transaction; b is seen as errant by nobody, for the rejoin of c ends behind b.
    await caughtUp(c, a, b);
    await cutOff(a);
    await c.query("INSERT INTO app.t VALUES (60, 'on b and c')");
    await caughtUp(c, b);
    await cutOff(b);
    await setup.stopAgent(c);
    await c.kill();
    await setup.promote(a);
    await c.start();
    let reached = false;
    await setup.startAgent(c, {
      onStage: async (stage) => {
        if (stage !== 'registered' || reached) return;
        await a.query('SET GLOBAL super_read_only = ON');
        await setup.promote(b);
        reached = true;
      },
    });
    await setup.eventually('the rejoin is interrupted', () => reached);
    await setup.startAgent(a);
    await setup.startAgent(b);
    await caughtUp(b, a, c);
    const [id] = (await setup.lostOf(c)).slice(-1);
    await setup.eventually(
      'what was saved is settled',
      async () => (await setup.registered(id ?? ''))?.review.state === 'resolved',
    );
    expect((await setup.registered(id ?? ''))?.review.note).toContain('nothing was lost');
    await allEqual();
  });
});
