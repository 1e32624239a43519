import assert from 'node:assert/strict';
import { NotOwnerError, createStore } from '../store/index.js';
import type { NodeUpdate } from '../store/index.js';
import { conformanceCase, refused } from './case.js';

const group = 'orders';
const white = { by: 'anna', reason: 'update', sinceMs: 1 };

export const storeCases = [
  conformanceCase('the store writes and reads values', async ({ connect, folder }) => {
    const store = createStore(await connect(), { root: `${folder}/tree` });
    await store.prepare();
    await store.master.write({ group }, { primary: 'db1:3306', epoch: 1, sinceMs: 1 }, { over: null });
    const over = await store.master.read({ group });
    assert.equal(over?.value.primary, 'db1:3306');
    await store.master.write({ group }, { primary: 'db2:3306', epoch: 2, sinceMs: 1 }, { over });
    await refused(
      store.master.write({ group }, { primary: 'db3:3306', epoch: 3, sinceMs: 1 }, { over }),
      'BAD_VERSION',
    );
    assert.deepEqual((await store.master.list()).nodes, [{ group }]);
    const entry = { kind: 'x', at: 1, group, epoch: 1, reason: '', result: 'done' } as const;
    assert.equal((await store.history.append({ group }, entry)).name, 'entry-0000000000');
    const zones = await store.history.list({ group });
    assert.deepEqual(zones.unknown, []);
    assert.equal(zones.nodes.length, 1);
  }),

  conformanceCase('the store makes the folders that are missing', async ({ connect, folder }) => {
    const store = createStore(await connect(), { root: `${folder}/a/b/tree` });
    await store.routerAck.ensureEphemeral({ group, router: 'h1' }, { version: 1, epoch: 1, appliedAtMs: 1 });
    assert.deepEqual((await store.routerAck.list({ group })).nodes, [{ group, router: 'h1' }]);
  }),

  conformanceCase('the store watches a node across a broken connection', async (environment) => {
    const { connect, folder, cut, until } = environment;
    const store = createStore(await connect(), { root: folder });
    const updates: NodeUpdate<'white'>[] = [];
    const watch = await store.white.watch({ group }, (update) => updates.push(update));
    const told = (): unknown[] =>
      updates.map((update) =>
        update.kind === 'value' ? (update.stored?.value.reason ?? null) : update.kind,
      );
    await store.white.create({ group }, white);
    await until('the creation is told', () => told().length >= 2);
    const heal = await cut();
    await until('disconnected', () => store.zk.state === 'disconnected');
    await heal();
    await until('connected again', () => store.zk.state === 'connected');
    await store.white.write({ group }, { ...white, reason: 'later' }, { version: 0 });
    await until('the change is told', () => told().includes('later'));
    assert.deepEqual(told(), [null, 'update', 'later']);
    await watch.stop();
    await store.white.delete({ group }, { version: 'any' });
    await store.zk.sync(folder);
    assert.equal(told().length, 3);
  }),

  conformanceCase(
    'an ephemeral node of our session is kept, one of another is reported',
    async (environment) => {
      const { connect, folder } = environment;
      const store = createStore(await connect(), { root: folder });
      const other = createStore(await connect(), { root: folder });
      const params = { server: 'db1:3306' };
      const online = { group, agent: 'a', sinceMs: 1 };
      const held = await store.onlineList.ensureEphemeral(params, online);
      const before = await store.onlineList.read(params);
      await store.onlineList.ensureEphemeral(params, online);
      await held.update({ ...online, pid: 7 });
      const after = await store.onlineList.read(params);
      assert.equal(after?.stat.czxid, before?.stat.czxid);
      assert.equal(after?.value.pid, 7);
      await assert.rejects(other.onlineList.ensureEphemeral(params, online, { waitMs: 50 }), {
        name: 'ForeignNodeError',
        ephemeralOwner: store.zk.sessionId,
      });
      const waiting = other.onlineList.ensureEphemeral(params, online, { waitMs: 5000 });
      await held.remove();
      await waiting;
      assert.equal((await other.onlineList.read(params))?.stat.ephemeralOwner, other.zk.sessionId);
    },
  ),

  conformanceCase(
    'an owner writes only while it owns the group',
    async ({ connect, folder }) => {
      const store = createStore(await connect(), { root: folder });
      const other = createStore(await connect(), { root: folder });
      const mine = await store.claimOwnership(group, { engine: 'e1' });
      assert.ok(mine.owned);
      const refusal = await other.claimOwnership(group, { engine: 'e2' });
      assert.ok(!refusal.owned);
      assert.equal(refusal.owner?.engine, 'e1');
      const owner = store.asOwner(group, mine.claim);
      await owner.multi([
        store.master.opWrite({ group }, { primary: 'db1:3306', epoch: 1, sinceMs: 1 }, { over: null }),
        store.white.opCreate({ group }, white),
      ]);
      await other.zk.delete(`${folder}/engine/owner/orders`);
      const theirs = await other.claimOwnership(group, { engine: 'e2' });
      assert.ok(theirs.owned);
      await store.zk.sync(folder);
      await assert.rejects(
        owner.multi([store.white.opDelete({ group }, { version: 'any' })]),
        (error) => error instanceof NotOwnerError && error.reason === 'another engine took over',
      );
      assert.notEqual(await store.white.read({ group }), null);
    },
    ['multi'],
  ),
];
