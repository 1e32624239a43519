import assert from 'node:assert/strict';
import { MultiError } from '@dcmha/zk-client';
import { EventLog, conformanceCase, refused } from './case.js';

export const multiCases = [
  conformanceCase(
    'a multi does all of its operations',
    async ({ connect, folder }) => {
      const zk = await connect();
      await zk.create(`${folder}/old`, '');
      await zk.create(`${folder}/checked`, '');
      const results = await zk.multi([
        { type: 'check', path: `${folder}/checked`, version: 0 },
        { type: 'create', path: `${folder}/a`, data: '1' },
        // Later operations see what earlier ones did.
        { type: 'create', path: `${folder}/a/b`, data: Buffer.from('2') },
        { type: 'set', path: `${folder}/a`, data: '3', version: 0 },
        { type: 'delete', path: `${folder}/old`, version: 0 },
        { type: 'create', path: `${folder}/e`, mode: 'ephemeral' },
        { type: 'create', path: `${folder}/n-`, mode: 'persistent-sequential' },
      ]);
      assert.deepEqual(
        results.map((result) => (result.type === 'create' ? `create ${result.path}` : result.type)),
        [
          'check',
          `create ${folder}/a`,
          `create ${folder}/a/b`,
          'set',
          'delete',
          `create ${folder}/e`,
          `create ${folder}/n-0000000004`,
        ],
      );
      const set = results[3];
      assert.ok(set?.type === 'set');
      assert.equal(set.stat.version, 1);
      assert.equal((await zk.get(`${folder}/a`)).data.toString(), '3');
      assert.equal(await zk.exists(`${folder}/old`), null);
      assert.equal((await zk.exists(`${folder}/e`))?.ephemeralOwner, zk.sessionId);
    },
    ['multi'],
  ),

  conformanceCase(
    'a multi that is refused does nothing, and says which operation it was',
    async ({ connect, folder }) => {
      const zk = await connect();
      await zk.create(`${folder}/a`, 'before');
      const log = new EventLog();
      await zk.get(`${folder}/a`, { watch: log.listener });
      await zk.exists(`${folder}/new`, { watch: log.listener });
      await zk.children(folder, { watch: log.listener });
      const error = await refused(
        zk.multi([
          { type: 'set', path: `${folder}/a`, data: 'after' },
          { type: 'create', path: `${folder}/new` },
          { type: 'create', path: `${folder}/n-`, mode: 'persistent-sequential' },
          { type: 'check', path: `${folder}/a`, version: 7 },
          { type: 'delete', path: `${folder}/a` },
        ]),
        'BAD_VERSION',
      );
      assert.ok(error instanceof MultiError);
      assert.equal(error.index, 3);
      assert.equal(error.path, `${folder}/a`);
      const { data, stat } = await zk.get(`${folder}/a`);
      assert.equal(data.toString(), 'before');
      assert.equal(stat.version, 0);
      assert.deepEqual((await zk.children(folder)).children, ['a']);
      assert.deepEqual(log.lines, []);
      const next = await zk.create(`${folder}/n-`, '', { mode: 'persistent-sequential' });
      assert.equal(next.path, `${folder}/n-0000000001`);
    },
    ['multi'],
  ),

  conformanceCase(
    'each kind of operation of a multi can be refused',
    async ({ connect, folder }) => {
      const zk = await connect();
      await zk.create(`${folder}/a`);
      await zk.create(`${folder}/a/b`);
      const path = `${folder}/a`;
      const missing = `${folder}/missing`;
      await refused(zk.multi([{ type: 'create', path }]), 'NODE_EXISTS');
      await refused(zk.multi([{ type: 'create', path: `${missing}/x` }]), 'NO_NODE');
      await refused(zk.multi([{ type: 'set', path: missing, data: '' }]), 'NO_NODE');
      await refused(zk.multi([{ type: 'set', path, data: '', version: 3 }]), 'BAD_VERSION');
      await refused(zk.multi([{ type: 'delete', path: missing }]), 'NO_NODE');
      await refused(zk.multi([{ type: 'delete', path }]), 'NOT_EMPTY');
      await refused(zk.multi([{ type: 'check', path: missing, version: 0 }]), 'NO_NODE');
      await refused(zk.multi([{ type: 'check', path, version: 1 }]), 'BAD_VERSION');
      await refused(zk.multi([{ type: 'create', path: 'no path' }]), 'BAD_ARGUMENTS');
      assert.deepEqual(await zk.multi([]), []);
    },
    ['multi'],
  ),

  conformanceCase(
    'watches see a multi as its changes, after all of it was done',
    async ({ connect, folder, until }) => {
      const zk = await connect();
      const other = await connect();
      await other.create(`${folder}/a`, '');
      await other.sync(folder);
      await zk.sync(folder);
      const log = new EventLog();
      await zk.get(`${folder}/a`, { watch: log.listener });
      await zk.exists(`${folder}/b`, { watch: log.listener });
      await zk.children(folder, { watch: log.listener });
      await other.multi([
        { type: 'create', path: `${folder}/b`, data: 'x' },
        { type: 'set', path: `${folder}/a`, data: 'x' },
      ]);
      await until('three events', () => log.lines.length >= 3);
      assert.deepEqual(log.sorted, [
        `children-changed ${folder}`,
        `created ${folder}/b`,
        `data-changed ${folder}/a`,
      ]);
      assert.equal((await zk.get(`${folder}/b`)).data.toString(), 'x');
    },
    ['multi'],
  ),

  conformanceCase(
    'a node deleted and made again in one multi is another node',
    async ({ connect, folder }) => {
      const zk = await connect();
      const { stat } = await zk.create(`${folder}/e`, '', { mode: 'ephemeral' });
      await zk.multi([
        { type: 'delete', path: `${folder}/e` },
        { type: 'create', path: `${folder}/e`, data: 'again', mode: 'ephemeral' },
      ]);
      const again = await zk.exists(`${folder}/e`);
      assert.ok(again !== null && again.czxid > stat.czxid);
      const other = await connect();
      await zk.close();
      await other.sync(folder);
      assert.equal(await other.exists(`${folder}/e`), null);
    },
    ['multi'],
  ),
];
