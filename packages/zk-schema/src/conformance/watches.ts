import assert from 'node:assert/strict';
import { EventLog, conformanceCase, refused } from './case.js';

export const watchCases = [
  conformanceCase('a one-shot watch fires once', async ({ connect, folder, until }) => {
    const zk = await connect();
    const path = `${folder}/a`;
    await zk.create(path, '0');
    const log = new EventLog();
    await zk.get(path, { watch: log.listener });
    await zk.set(path, '1');
    await zk.set(path, '2');
    await until('the event', () => log.lines.length > 0);
    await zk.sync(path);
    assert.deepEqual(log.lines, [`data-changed ${path}`]);
  }),

  conformanceCase('exists watches a node that is not there yet', async ({ connect, folder, until }) => {
    const zk = await connect();
    const other = await connect();
    const log = new EventLog();
    assert.equal(await zk.exists(`${folder}/a`, { watch: log.listener }), null);
    await other.create(`${folder}/a`);
    await until('the event', () => log.lines.length > 0);
    assert.deepEqual(log.lines, [`created ${folder}/a`]);
  }),

  conformanceCase('a get that fails leaves no watch', async ({ connect, folder }) => {
    const zk = await connect();
    const log = new EventLog();
    await refused(zk.get(`${folder}/a`, { watch: log.listener }), 'NO_NODE');
    await refused(zk.children(`${folder}/a`, { watch: log.listener }), 'NO_NODE');
    await zk.create(`${folder}/a`);
    await zk.set(`${folder}/a`, 'x');
    await zk.delete(`${folder}/a`);
    await zk.sync(folder);
    assert.deepEqual(log.lines, []);
  }),

  conformanceCase(
    'a watch of children fires when one comes or goes, not when it changes',
    async (environment) => {
      const { connect, folder, until } = environment;
      const zk = await connect();
      const log = new EventLog();
      await zk.create(`${folder}/a`);
      await zk.children(folder, { watch: log.listener });
      await zk.set(`${folder}/a`, 'x');
      await zk.create(`${folder}/a/below`);
      await zk.sync(folder);
      assert.deepEqual(log.lines, []);
      await zk.create(`${folder}/b`);
      await until('the event', () => log.lines.length === 1);
      await zk.children(folder, { watch: log.listener });
      await zk.delete(`${folder}/b`);
      await until('the second event', () => log.lines.length === 2);
      assert.deepEqual(log.lines, [`children-changed ${folder}`, `children-changed ${folder}`]);
    },
  ),

  conformanceCase('a deletion is told to every kind of watch', async ({ connect, folder, until }) => {
    const zk = await connect();
    const path = `${folder}/a`;
    await zk.create(path);
    const [get, exists, children] = [new EventLog(), new EventLog(), new EventLog()];
    await zk.get(path, { watch: get.listener });
    await zk.exists(path, { watch: exists.listener });
    await zk.children(path, { watch: children.listener });
    await zk.delete(path);
    await until('three events', () => [get, exists, children].every((log) => log.lines.length > 0));
    for (const log of [get, exists, children]) assert.deepEqual(log.lines, [`deleted ${path}`]);
  }),

  conformanceCase('an event comes before any answer that shows its change', async ({ connect, folder }) => {
    const zk = await connect();
    const other = await connect();
    const path = `${folder}/a`;
    await other.create(path, '0');
    await zk.sync(path);
    for (let index = 1; index <= 20; index += 1) {
      const log = new EventLog();
      await zk.get(path, { watch: log.listener });
      const change = other.set(path, String(index));
      for (;;) {
        const { data } = await zk.get(path);
        if (data.toString() !== String(index)) continue;
        assert.deepEqual(log.lines, [`data-changed ${path}`]);
        break;
      }
      await change;
    }
  }),

  conformanceCase('a lasting watch tells each change of its node, until removed', async (environment) => {
    const { connect, folder, until } = environment;
    const zk = await connect();
    const path = `${folder}/a`;
    const log = new EventLog();
    const watch = await zk.addWatch(path, log.listener);
    assert.equal(watch.path, path);
    const heard = (count: number): Promise<void> => until(`${count} events`, () => log.lines.length >= count);
    await zk.create(path, '0');
    await heard(1);
    await zk.set(path, '1');
    await heard(2);
    await zk.create(`${path}/child`);
    await heard(3);
    await zk.set(`${path}/child`, 'x');
    await zk.delete(`${path}/child`);
    await heard(4);
    await zk.delete(path);
    await heard(5);
    assert.deepEqual(log.lines, [
      `created ${path}`,
      `data-changed ${path}`,
      `children-changed ${path}`,
      `children-changed ${path}`,
      `deleted ${path}`,
    ]);
    await watch.remove();
    await zk.create(path);
    await zk.sync(path);
    assert.equal(log.lines.length, 5);
  }),

  conformanceCase(
    'a lasting watch tells every one of many changes',
    async ({ connect, folder, until }) => {
      const zk = await connect();
      const log = new EventLog();
      const path = `${folder}/a`;
      await zk.create(path);
      await zk.addWatch(path, log.listener);
      await Promise.all(Array.from({ length: 50 }, (_, index) => zk.set(path, String(index))));
      await until('50 events', () => log.lines.length >= 50);
      assert.equal(log.lines.length, 50);
    },
    ['every-event'],
  ),

  conformanceCase('two lasting watches of a node are independent', async ({ connect, folder, until }) => {
    const zk = await connect();
    const path = `${folder}/a`;
    await zk.create(path);
    const [first, second] = [new EventLog(), new EventLog()];
    const watch = await zk.addWatch(path, first.listener);
    await zk.addWatch(path, second.listener);
    await watch.remove();
    await zk.set(path, 'x');
    await until('the event', () => second.lines.length > 0);
    assert.deepEqual(second.lines, [`data-changed ${path}`]);
    assert.deepEqual(first.lines, []);
  }),

  conformanceCase(
    'a recursive watch tells what happens to a node and everything below',
    async ({ connect, folder, until }) => {
      const zk = await connect();
      const log = new EventLog();
      const watch = await zk.addWatch(folder, log.listener, { recursive: true });
      await zk.create(`${folder}/a`);
      await zk.create(`${folder}/a/b`);
      await zk.set(`${folder}/a/b`, 'x');
      await zk.set(folder, 'x');
      await zk.delete(`${folder}/a/b`);
      await until('five events', () => log.lines.length >= 5);
      assert.deepEqual(log.lines, [
        `created ${folder}/a`,
        `created ${folder}/a/b`,
        `data-changed ${folder}/a/b`,
        `data-changed ${folder}`,
        `deleted ${folder}/a/b`,
      ]);
      await watch.remove();
      await zk.delete(`${folder}/a`);
      await zk.sync(folder);
      assert.equal(log.lines.length, 5);
    },
    ['recursive-watch'],
  ),

  conformanceCase('the end of a session is told to all its watches', async ({ connect, folder }) => {
    const zk = await connect();
    const [oneShot, lasting] = [new EventLog(), new EventLog()];
    await zk.exists(`${folder}/a`, { watch: oneShot.listener });
    await zk.addWatch(`${folder}/b`, lasting.listener);
    await zk.close();
    assert.deepEqual(oneShot.lines, [`watch-lost ${folder}/a`]);
    assert.deepEqual(lasting.lines, [`watch-lost ${folder}/b`]);
  }),
];
