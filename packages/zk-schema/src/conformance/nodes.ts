import assert from 'node:assert/strict';
import { conformanceCase, refused } from './case.js';

export const nodeCases = [
  conformanceCase('a node holds what it was created with, bytes and text', async ({ connect, folder }) => {
    const zk = await connect();
    const bytes = Buffer.from([0, 1, 2, 0xff, 0x00, 0x80]);
    const made = await zk.create(`${folder}/bytes`, bytes);
    assert.equal(made.path, `${folder}/bytes`);
    assert.deepEqual((await zk.get(`${folder}/bytes`)).data, bytes);
    await zk.create(`${folder}/text`, 'größe 你');
    assert.equal((await zk.get(`${folder}/text`)).data.toString(), 'größe 你');
    await zk.create(`${folder}/none`);
    const { data } = await zk.get(`${folder}/none`);
    assert.ok(Buffer.isBuffer(data));
    assert.equal(data.length, 0);
  }),

  conformanceCase('the stat of a node', async ({ connect, folder }) => {
    const zk = await connect();
    const path = `${folder}/a`;
    const { stat: created } = await zk.create(path, 'abc');
    assert.equal(created.version, 0);
    assert.equal(created.dataLength, 3);
    assert.equal(created.numChildren, 0);
    assert.equal(created.ephemeralOwner, 0n);
    assert.equal(created.czxid, created.mzxid);
    assert.ok(created.ctimeMs > 1_500_000_000_000);
    const changed = await zk.set(path, 'abcd');
    assert.equal(changed.version, 1);
    assert.equal(changed.dataLength, 4);
    assert.equal(changed.czxid, created.czxid);
    assert.ok(changed.mzxid > created.mzxid);
    await zk.create(`${path}/x`);
    await zk.delete(`${path}/x`);
    await zk.create(`${path}/y`);
    const after = await zk.exists(path);
    assert.ok(after !== null);
    // Creations and deletions of children both count.
    assert.equal(after.cversion, 3);
    assert.equal(after.numChildren, 1);
    assert.equal(after.version, 1);
    assert.ok(after.pzxid > after.mzxid);
    assert.deepEqual((await zk.get(path)).stat, after);
    assert.deepEqual((await zk.children(path)).stat, after);
  }),

  conformanceCase('what is missing is NO_NODE, with the path', async ({ connect, folder }) => {
    const zk = await connect();
    const path = `${folder}/missing`;
    assert.equal(await zk.exists(path), null);
    assert.equal((await refused(zk.get(path), 'NO_NODE')).path, path);
    await refused(zk.set(path, ''), 'NO_NODE');
    await refused(zk.delete(path), 'NO_NODE');
    await refused(zk.children(path), 'NO_NODE');
    assert.equal((await refused(zk.create(`${path}/child`), 'NO_NODE')).path, `${path}/child`);
  }),

  conformanceCase('what is there already is NODE_EXISTS', async ({ connect, folder }) => {
    const zk = await connect();
    await zk.create(`${folder}/a`, '1');
    const error = await refused(zk.create(`${folder}/a`, '2'), 'NODE_EXISTS');
    assert.equal(error.path, `${folder}/a`);
    assert.equal(error.maybeApplied, false);
    assert.equal((await zk.get(`${folder}/a`)).data.toString(), '1');
  }),

  conformanceCase(
    'a write that names a version happens at that version only',
    async ({ connect, folder }) => {
      const zk = await connect();
      const path = `${folder}/a`;
      await zk.create(path, '0');
      await refused(zk.set(path, 'x', { version: 1 }), 'BAD_VERSION');
      assert.equal((await zk.set(path, '1', { version: 0 })).version, 1);
      await refused(zk.set(path, 'x', { version: 0 }), 'BAD_VERSION');
      assert.equal((await zk.set(path, '2')).version, 2);
      await refused(zk.delete(path, { version: 1 }), 'BAD_VERSION');
      await zk.delete(path, { version: 2 });
      assert.equal(await zk.exists(path), null);
    },
  ),

  conformanceCase('a node with children is not deleted', async ({ connect, folder }) => {
    const zk = await connect();
    await zk.create(`${folder}/a`);
    await zk.create(`${folder}/a/b`);
    await refused(zk.delete(`${folder}/a`), 'NOT_EMPTY');
    await zk.delete(`${folder}/a/b`);
    await zk.delete(`${folder}/a`);
  }),

  conformanceCase('children are names', async ({ connect, folder }) => {
    const zk = await connect();
    for (const name of ['b', 'a', 'größe', 'with space', '10.0.0.1:3306', '[::1]:3306'])
      await zk.create(`${folder}/${name}`);
    const { children } = await zk.children(folder);
    assert.deepEqual(children.sort(), ['10.0.0.1:3306', '[::1]:3306', 'a', 'b', 'größe', 'with space']);
  }),

  conformanceCase('a path that is none is BAD_ARGUMENTS', async ({ connect, folder }) => {
    const zk = await connect();
    for (const path of [
      '',
      'a',
      `${folder}/`,
      `${folder}//a`,
      `${folder}/./a`,
      `${folder}/..`,
      `${folder}/\u0000`,
    ]) {
      await refused(zk.create(path, ''), 'BAD_ARGUMENTS');
      await refused(zk.get(path), 'BAD_ARGUMENTS');
      await refused(zk.exists(path), 'BAD_ARGUMENTS');
    }
    await zk.exists(folder);
  }),

  conformanceCase(
    'sequential nodes are numbered in the order of their creation',
    async ({ connect, folder }) => {
      const zk = await connect();
      const made: string[] = [];
      for (let index = 0; index < 3; index += 1)
        made.push((await zk.create(`${folder}/n-`, '', { mode: 'persistent-sequential' })).path);
      assert.deepEqual(made, [`${folder}/n-0000000000`, `${folder}/n-0000000001`, `${folder}/n-0000000002`]);
      await zk.delete(made[2] as string);
      const next = await zk.create(`${folder}/m-`, '', { mode: 'persistent-sequential' });
      assert.equal(next.path, `${folder}/m-0000000003`);
      const many = await Promise.all(
        Array.from({ length: 20 }, () => zk.create(`${folder}/p-`, '', { mode: 'persistent-sequential' })),
      );
      assert.deepEqual(
        many.map(({ path }) => path),
        many.map(({ path }) => path).sort(),
      );
      assert.equal(new Set(many.map(({ path }) => path)).size, 20);
    },
  ),

  conformanceCase(
    'a sequential node may have its number for a name',
    async ({ connect, folder }) => {
      const zk = await connect();
      const { path } = await zk.create(`${folder}/`, '', { mode: 'persistent-sequential' });
      assert.equal(path, `${folder}/0000000000`);
    },
    ['unnamed-sequence'],
  ),

  conformanceCase(
    'an ephemeral node belongs to its session and ends with it',
    async ({ connect, folder, until }) => {
      const owner = await connect();
      const other = await connect();
      const { stat } = await owner.create(`${folder}/e`, 'x', { mode: 'ephemeral' });
      assert.equal(stat.ephemeralOwner, owner.sessionId);
      const numbered = await owner.create(`${folder}/s-`, '', { mode: 'ephemeral-sequential' });
      assert.equal(numbered.path, `${folder}/s-0000000001`);
      assert.equal(numbered.stat.ephemeralOwner, owner.sessionId);
      await refused(owner.create(`${folder}/e/child`), 'NO_CHILDREN_FOR_EPHEMERALS');
      await other.sync(folder);
      assert.equal((await other.exists(`${folder}/e`))?.ephemeralOwner, owner.sessionId);
      await owner.close();
      await until('the nodes of the closed session are gone', async () => {
        await other.sync(folder);
        return (await other.children(folder)).children.length === 0;
      });
    },
  ),

  conformanceCase(
    'calls are carried out in the order in which they were made',
    async ({ connect, folder }) => {
      const zk = await connect();
      const path = `${folder}/a`;
      const calls: Promise<unknown>[] = [zk.create(path, '-')];
      for (let index = 0; index < 200; index += 1)
        calls.push(zk.set(path, String(index), { version: index }));
      const last = zk.get(path);
      await Promise.all(calls);
      assert.equal((await last).data.toString(), '199');
    },
  ),

  conformanceCase('after a sync a session sees what others have committed', async ({ connect, folder }) => {
    const writer = await connect();
    const reader = await connect();
    await writer.create(`${folder}/a`, '0');
    for (let index = 1; index <= 20; index += 1) {
      await writer.set(`${folder}/a`, String(index));
      await reader.sync(`${folder}/a`);
      assert.equal((await reader.get(`${folder}/a`)).data.toString(), String(index));
    }
  }),

  conformanceCase(
    'a value that is too large is an error of that call alone',
    async ({ connect, folder }) => {
      const zk = await connect();
      await zk.create(`${folder}/a`, 'x'.repeat(900_000));
      const before = zk.sessionId;
      await refused(zk.set(`${folder}/a`, 'x'.repeat(2_000_000)), 'DATA_TOO_LARGE');
      assert.equal((await zk.get(`${folder}/a`)).data.length, 900_000);
      assert.equal(zk.sessionId, before);
    },
    ['large-value-error'],
  ),
];
