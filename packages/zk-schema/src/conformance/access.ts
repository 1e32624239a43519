import assert from 'node:assert/strict';
import { Permission, openAcl } from '@dcmha/zk-client';
import { closedAcl } from '../acl/index.js';
import { conformanceCase, refused } from './case.js';

const credentials = 'conformance:secret';
const auth = [{ scheme: 'digest', auth: credentials }];

export const accessCases = [
  conformanceCase(
    'the ACL of a node is open unless told otherwise, and read back as it was set',
    async ({ connect, folder }) => {
      const zk = await connect({ auth });
      await zk.create(`${folder}/a`);
      const { acl, stat } = await zk.getAcl(`${folder}/a`);
      assert.deepEqual(acl, openAcl);
      assert.equal(stat.aversion, 0);
      await zk.setAcl(`${folder}/a`, closedAcl(credentials));
      assert.deepEqual((await zk.getAcl(`${folder}/a`)).acl, closedAcl(credentials));
      await refused(zk.getAcl(`${folder}/missing`), 'NO_NODE');
      const stranger = await connect();
      await stranger.sync(folder);
      await refused(stranger.getAcl(`${folder}/a`), 'NO_AUTH');
    },
    ['read-acl'],
  ),

  conformanceCase('a node can be closed, and opened by credentials', async ({ connect, folder }) => {
    const owner = await connect({ auth });
    const stranger = await connect();
    const path = `${folder}/a`;
    await owner.create(path, 'secret');
    const stat = await owner.setAcl(path, closedAcl(credentials), { version: 0 });
    assert.equal(stat.aversion, 1);
    assert.equal((await owner.get(path)).data.toString(), 'secret');
    await stranger.sync(folder);
    assert.equal((await refused(stranger.get(path), 'NO_AUTH')).path, path);
    await refused(stranger.set(path, ''), 'NO_AUTH');
    await refused(stranger.create(`${path}/b`), 'NO_AUTH');
    await refused(stranger.children(path), 'NO_AUTH');
    await refused(stranger.setAcl(path, openAcl), 'NO_AUTH');
    assert.notEqual(await stranger.exists(path), null);
    await stranger.addAuth('digest', credentials);
    assert.equal((await stranger.get(path)).data.toString(), 'secret');
    await refused(owner.setAcl(path, openAcl, { version: 0 }), 'BAD_VERSION');
  }),

  conformanceCase(
    'a node can be closed from its creation on',
    async ({ connect, folder }) => {
      const owner = await connect({ auth, defaultAcl: closedAcl(credentials) });
      const stranger = await connect();
      await owner.create(`${folder}/default`, '');
      await owner.create(`${folder}/open`, '', { acl: openAcl });
      await owner.create(`${folder}/auth`, '', {
        acl: [{ permissions: Permission.all, scheme: 'auth', id: '' }],
      });
      assert.deepEqual((await owner.getAcl(`${folder}/auth`)).acl, closedAcl(credentials));
      await stranger.sync(folder);
      await refused(stranger.get(`${folder}/default`), 'NO_AUTH');
      await refused(stranger.get(`${folder}/auth`), 'NO_AUTH');
      await stranger.get(`${folder}/open`);
      // Who may read but not change is not shown the hash of the password.
      await owner.create(`${folder}/readable`, '', {
        acl: [...closedAcl(credentials), { permissions: Permission.read, scheme: 'world', id: 'anyone' }],
      });
      await stranger.sync(folder);
      const { acl } = await stranger.getAcl(`${folder}/readable`);
      assert.equal(acl.find(({ scheme }) => scheme === 'digest')?.id, 'conformance:x');
    },
    ['create-with-acl', 'read-acl'],
  ),

  conformanceCase(
    'permission to create and to delete is that of the parent',
    async ({ connect, folder }) => {
      const owner = await connect({ auth });
      const stranger = await connect();
      const path = `${folder}/a`;
      await owner.create(path, '', {
        acl: [
          ...closedAcl(credentials),
          { permissions: Permission.read | Permission.create, scheme: 'world', id: 'anyone' },
        ],
      });
      await stranger.sync(folder);
      await stranger.create(`${path}/mine`);
      await refused(stranger.delete(`${path}/mine`), 'NO_AUTH');
      await refused(stranger.set(path, ''), 'NO_AUTH');
      await owner.delete(`${path}/mine`);
    },
    ['create-with-acl'],
  ),

  conformanceCase(
    'an ACL that names nobody is INVALID_ACL',
    async ({ connect, folder }) => {
      const zk = await connect();
      await refused(zk.create(`${folder}/a`, '', { acl: [] }), 'INVALID_ACL');
      const unauthenticated = [{ permissions: Permission.all, scheme: 'auth', id: '' }];
      await refused(zk.create(`${folder}/a`, '', { acl: unauthenticated }), 'INVALID_ACL');
      const unknown = [{ permissions: Permission.all, scheme: 'nonsense', id: 'x' }];
      await refused(zk.create(`${folder}/a`, '', { acl: unknown }), 'INVALID_ACL');
      assert.equal(await zk.exists(`${folder}/a`), null);
    },
    ['create-with-acl'],
  ),

  conformanceCase(
    'a multi asks for the same permissions',
    async ({ connect, folder }) => {
      const owner = await connect({ auth });
      const stranger = await connect();
      await owner.create(`${folder}/a`, '', { acl: closedAcl(credentials) });
      await stranger.sync(folder);
      const path = `${folder}/a`;
      await refused(stranger.multi([{ type: 'set', path, data: '' }]), 'NO_AUTH');
      await refused(stranger.multi([{ type: 'check', path, version: 0 }]), 'NO_AUTH');
      await refused(stranger.multi([{ type: 'create', path: `${path}/b` }]), 'NO_AUTH');
    },
    ['multi', 'create-with-acl'],
  ),
];
