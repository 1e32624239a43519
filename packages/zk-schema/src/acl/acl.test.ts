import { openAcl } from '@dcmha/zk-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFixture } from '../testing/memory-fixture.js';
import { AclError, applyAcls, checkAcls, closedAcl, digestId } from './index.js';

const credentials = 'dcmha:secret';
const auth = [{ scheme: 'digest', auth: credentials }];
const acl = closedAcl(credentials);
const group = 'orders';
const white = { by: 'anna', reason: '', sinceMs: 1 };

let fixture: MemoryFixture;

beforeEach(() => {
  fixture = new MemoryFixture();
});

describe('a closed tree', () => {
  it('the digest is that of ZooKeeper', () => {
    // DigestAuthenticationProvider of ZooKeeper 3.8 prints this for super:admin.
    expect(digestId('super:admin')).toBe('super:xQJmxLMiHGwaqBvst5y6rkB6HQs=');
  });

  it.each(['', 'user', 'user:', ':secret'])('credentials %j are refused', (text) => {
    expect(() => closedAcl(text)).toThrow(TypeError);
    expect(() => closedAcl(text)).not.toThrow('secret:');
  });

  it('everything that a store creates is closed to others', async () => {
    const store = await fixture.store({ acl, auth });
    await store.prepare();
    await store.white.create({ group }, white);
    await store.history.append({ group }, { kind: 'x', at: 1, group, epoch: 1, reason: '', result: 'done' });
    await store.multi([store.lost.opCreate({ group: 'deep', id: 'a' }, lostValue)]);
    await store.engineMembers.ensureEphemeral(
      { id: 'e' },
      { id: 'e', host: 'h', pid: 1, sinceMs: 1, version: '0' },
    );
    await store.claimOwnership(group, { engine: 'e' });
    const report = await checkAcls(store.zk, { root: '/mysql', acl });
    expect(report).toMatchObject({ deviations: [], complete: true });
    expect(report.checked).toBeGreaterThan(30);

    const stranger = await fixture.store();
    await expect(stranger.white.read({ group })).rejects.toMatchObject({ code: 'NO_AUTH' });
    await expect(stranger.white.write({ group }, white, { version: 'any' })).rejects.toMatchObject({
      code: 'NO_AUTH',
    });
    const seen = await checkAcls(stranger.zk, { root: '/mysql', acl });
    expect(seen.deviations[0]).toMatchObject({ path: '/mysql', problem: 'unreadable' });
  });

  it('a store that is configured closed refuses an open tree', async () => {
    const open = await fixture.store();
    await open.prepare();
    const store = await fixture.store({ acl, auth });
    const prepared = store.prepare();
    await expect(prepared).rejects.toBeInstanceOf(AclError);
    await expect(prepared).rejects.toThrow('/mysql: it is open to anyone');
  });

  it('a store that is configured closed refuses a tree with an open folder', async () => {
    const store = await fixture.store({ acl, auth });
    await store.prepare();
    await store.zk.setAcl('/mysql/master', openAcl);
    await expect(store.prepare()).rejects.toThrow('/mysql/master: it is open to anyone');
  });

  it('a store with other credentials is told so', async () => {
    await (await fixture.store({ acl, auth })).prepare();
    const store = await fixture.store({
      acl: closedAcl('other:one'),
      auth: [{ scheme: 'digest', auth: 'other:one' }],
    });
    await expect(store.prepare()).rejects.toThrow('do not open it');
  });

  it('an open tree can be closed', async () => {
    const store = await fixture.store({ auth });
    await store.prepare();
    await store.white.create({ group }, white);
    const before = await applyAcls(store.zk, { root: '/mysql', acl });
    expect(before.deviations.every(({ problem }) => problem === 'open')).toBe(true);
    expect(before.deviations).toHaveLength(before.checked);
    expect((await checkAcls(store.zk, { root: '/mysql', acl })).deviations).toEqual([]);
    await (await fixture.store({ acl, auth })).prepare();
  });

  it('a check stops at its limit and says so', async () => {
    const store = await fixture.store();
    await store.prepare();
    expect(await checkAcls(store.zk, { root: '/mysql', acl: openAcl, nodesMax: 5 })).toMatchObject({
      checked: 5,
      complete: false,
    });
  });
});

const lostValue = {
  server: 'db1:3306',
  directory: '/x',
  gtids: '',
  transactions: 1,
  why: '',
  createdAtMs: 1,
  undone: true,
};
