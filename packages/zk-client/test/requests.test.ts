import { Sandbox, type ZooKeeperEnsemble, type ZooKeeperNode } from '@dcmha/sandbox';
import { MultiError, Permission, type ZooKeeperClient } from '@dcmha/zk-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { client, connected, errorOf, eventually, freeze, recorder } from './support.js';

let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;
let zk: ZooKeeperClient;
let root: string;
let count = 0;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-requests' });
  ensemble = await sandbox.startZooKeeper({ jvmOptions: ['-Dzookeeper.extendedTypesEnabled=true'] });
});

afterAll(() => sandbox.close());

beforeEach(async () => {
  zk = await connected(ensemble.connectString, { sessionTimeoutMs: 6000 });
  root = `/t${(count += 1)}`;
  await zk.create(root);
});

describe('nodes', () => {
  it('are created with data, read with their stat, and deleted', async () => {
    const created = await zk.create(`${root}/a`, 'héllo');
    expect(created.path).toBe(`${root}/a`);
    expect(created.stat).toMatchObject({ version: 0, ephemeralOwner: 0n, dataLength: 6, numChildren: 0 });
    const { data, stat } = await zk.get(`${root}/a`);
    expect(data.toString()).toBe('héllo');
    expect(stat).toEqual(created.stat);
    expect(Math.abs(stat.ctimeMs - Date.now())).toBeLessThan(60_000);
    await zk.delete(`${root}/a`);
    expect(await zk.exists(`${root}/a`)).toBeNull();
  });

  it('without data read as empty, and binary data comes back as it was', async () => {
    await zk.create(`${root}/empty`);
    expect((await zk.get(`${root}/empty`)).data).toHaveLength(0);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    await zk.set(`${root}/empty`, bytes);
    expect(new Uint8Array((await zk.get(`${root}/empty`)).data)).toEqual(bytes);
  });

  it('are written only at the version that was named', async () => {
    const first = await zk.set(root, 'one', { version: 0 });
    expect(first.version).toBe(1);
    expect(await errorOf(zk.set(root, 'two', { version: 0 }))).toMatchObject({
      code: 'BAD_VERSION',
      path: root,
    });
    expect(await errorOf(zk.delete(root, { version: 7 }))).toMatchObject({ code: 'BAD_VERSION' });
    expect((await zk.set(root, 'three')).version).toBe(2);
  });

  it('come in all modes', async () => {
    const sequential = await zk.create(`${root}/s-`, '', { mode: 'persistent-sequential' });
    expect(sequential.path).toMatch(/\/s-\d{10}$/);
    const unnamed = await zk.create(`${root}/`, '', { mode: 'persistent-sequential' });
    expect(unnamed.path).toMatch(/\/\d{10}$/);
    const ephemeral = await zk.create(`${root}/e`, '', { mode: 'ephemeral' });
    expect(ephemeral.stat.ephemeralOwner).toBe(zk.sessionId);
    const both = await zk.create(`${root}/es-`, '', { mode: 'ephemeral-sequential' });
    expect(both.stat.ephemeralOwner).toBe(zk.sessionId);
    await zk.create(`${root}/container`, '', { mode: 'container' });
    await zk.create(`${root}/ttl`, '', { mode: 'persistent-with-ttl', ttlMs: 60_000 });
    const timed = await zk.create(`${root}/ttl-`, '', {
      mode: 'persistent-sequential-with-ttl',
      ttlMs: 60_000,
    });
    expect(timed.path).toMatch(/\/ttl-\d{10}$/);
    expect((await zk.children(root)).children).toHaveLength(7);
  });

  it('that are ephemeral go with their session, others stay', async () => {
    const other = await connected(ensemble.connectString);
    await other.create(`${root}/stays`);
    await other.create(`${root}/goes`, '', { mode: 'ephemeral' });
    await other.close();
    expect((await zk.children(root)).children).toEqual(['stays']);
  });

  it.each([
    ['creating one that exists', (at: string) => zk.create(at), 'NODE_EXISTS'],
    ['creating below one that is missing', (at: string) => zk.create(`${at}/no/child`), 'NO_NODE'],
    ['reading one that is missing', (at: string) => zk.get(`${at}/no`), 'NO_NODE'],
    ['a path that is not absolute', (at: string) => zk.get(at.slice(1)), 'BAD_ARGUMENTS'],
    ['a path that ends with a slash', (at: string) => zk.set(`${at}/`, ''), 'BAD_ARGUMENTS'],
    [
      'a mode that is none',
      (at: string) => zk.create(`${at}/x`, '', { mode: 'forever' as never }),
      'BAD_ARGUMENTS',
    ],
    [
      'a TTL without its time',
      (at: string) => zk.create(`${at}/x`, '', { mode: 'persistent-with-ttl' }),
      'BAD_ARGUMENTS',
    ],
    ['data that is undefined', (at: string) => zk.set(at, undefined as never), 'BAD_ARGUMENTS'],
    ['a version that is no integer', (at: string) => zk.set(at, '', { version: 2 ** 40 }), 'BAD_ARGUMENTS'],
    ['an empty ACL', (at: string) => zk.create(`${at}/x`, '', { acl: [] }), 'INVALID_ACL'],
  ])('refuse %s with a typed error', async (_, act, code) => {
    expect(await errorOf(act(root))).toMatchObject({ name: 'ZooKeeperError', code, maybeApplied: false });
    expect(zk.state).toBe('connected');
  });

  it('refuse to be deleted while they have children', async () => {
    await zk.create(`${root}/child`);
    expect(await errorOf(zk.delete(root))).toMatchObject({ code: 'NOT_EMPTY' });
    await zk.create(`${root}/e`, '', { mode: 'ephemeral' });
    expect(await errorOf(zk.create(`${root}/e/x`))).toMatchObject({ code: 'NO_CHILDREN_FOR_EPHEMERALS' });
  });

  it('too large for the server are an error of that call alone', async () => {
    const pending = zk.set(root, 'small');
    const error = await errorOf(zk.set(root, Buffer.alloc(1_048_576)));
    expect(error).toMatchObject({ code: 'DATA_TOO_LARGE', path: root, maybeApplied: false });
    await pending;
    await zk.set(root, Buffer.alloc(1_048_000));
    expect((await zk.get(root)).data).toHaveLength(1_048_000);
    expect(zk.state).toBe('connected');
  });
});

describe('requests made without awaiting', () => {
  it('are carried out in the order they were made', async () => {
    const versions = await Promise.all(
      Array.from({ length: 500 }, (_, index) => zk.set(root, String(index)).then((stat) => stat.version)),
    );
    expect(versions).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    expect((await zk.get(root)).data.toString()).toBe('499');
  });

  it('wait for room on the wire, and are refused beyond the bound', async () => {
    const narrow = await connected(ensemble.connectString, { maxInFlight: 2, maxWaiting: 10 });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => narrow.exists(root)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(12);
    expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'OVERLOADED' } });
    const more = Array.from({ length: 12 }, () => narrow.exists(root));
    await narrow.waitRoom();
    expect(narrow.waitingCount).toBeLessThanOrEqual(5);
    await Promise.all(more);
  });

  it('can be given up one by one, by signal or by time', async () => {
    const node = ensemble.nodes[0] as ZooKeeperNode;
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    await freeze(node);
    let aborted: Promise<Error>;
    let late: Promise<Error>;
    let lateRead: Promise<Error>;
    try {
      aborted = errorOf(zk.set(root, 'x', { signal: controller.signal }));
      late = errorOf(zk.create(`${root}/late`, '', { timeoutMs: 50 }));
      lateRead = errorOf(zk.get(root, { timeoutMs: 50 }));
      await Promise.all([late, lateRead]);
      controller.abort(reason);
      expect(await aborted).toMatchObject({ code: 'ABORTED', maybeApplied: true, cause: reason });
    } finally {
      node.thaw();
    }
    expect(await late).toMatchObject({ code: 'OPERATION_TIMEOUT', maybeApplied: true, path: `${root}/late` });
    expect(await lateRead).toMatchObject({ code: 'OPERATION_TIMEOUT', maybeApplied: false });
    // Their answers still come, each to its own place in line.
    expect((await zk.get(root)).data.toString()).toBe('x');
    expect(await zk.exists(`${root}/late`)).not.toBeNull();
    expect(await errorOf(zk.get(root, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'ABORTED' });
  });
});

describe('multi', () => {
  it('does all of it, and answers for each operation', async () => {
    const results = await zk.multi([
      { type: 'create', path: `${root}/a`, data: 'A' },
      { type: 'create', path: `${root}/s-`, mode: 'ephemeral-sequential' },
      { type: 'set', path: `${root}/a`, data: 'B', version: 0 },
      { type: 'check', path: `${root}/a`, version: 1 },
      { type: 'delete', path: `${root}/a` },
    ]);
    expect(results.map(({ type }) => type)).toEqual(['create', 'create', 'set', 'check', 'delete']);
    expect(results[1]).toMatchObject({ path: `${root}/s-0000000001` });
    expect(results[2]).toMatchObject({ stat: { version: 1 } });
  });

  it('does nothing of it when one is refused, and says which', async () => {
    const error = await errorOf(
      zk.multi([
        { type: 'create', path: `${root}/a` },
        { type: 'set', path: root, data: 'x', version: 9 },
        { type: 'delete', path: `${root}/b` },
      ]),
    );
    expect(error).toBeInstanceOf(MultiError);
    expect(error).toMatchObject({ code: 'BAD_VERSION', index: 1, path: root });
    expect(await zk.exists(`${root}/a`)).toBeNull();
  });

  it('checks its arguments before it sends anything', async () => {
    expect(await zk.multi([])).toEqual([]);
    const error = await errorOf(
      zk.multi([
        { type: 'check', path: root, version: 0 },
        { type: 'delete', path: 'x' },
      ]),
    );
    expect(error).toMatchObject({ name: 'MultiError', code: 'BAD_ARGUMENTS', index: 1 });
  });

  it('reads several nodes at once, each with its own result', async () => {
    await zk.create(`${root}/a`, 'A');
    const results = await zk.multiRead([
      { type: 'get', path: `${root}/a` },
      { type: 'children', path: root },
      { type: 'get', path: `${root}/none` },
    ]);
    expect(results[0]).toMatchObject({ type: 'get', data: Buffer.from('A'), stat: { version: 0 } });
    expect(results[1]).toEqual({ type: 'children', children: ['a'] });
    expect(results[2]).toMatchObject({ type: 'error', error: { code: 'NO_NODE', path: `${root}/none` } });
  });
});

describe('a chroot', () => {
  it('prefixes every path, and results and events come without it', async () => {
    await zk.create(`${root}/app`);
    const inside = await connected(`${ensemble.connectString}${root}/app`);
    const { seen, listener } = recorder();
    await inside.addWatch('/', listener, { recursive: true });
    expect((await inside.create('/n-', '', { mode: 'persistent-sequential' })).path).toBe('/n-0000000000');
    expect(await inside.multi([{ type: 'create', path: '/m' }])).toMatchObject([{ path: '/m' }]);
    expect((await inside.children('/')).children.sort()).toEqual(['m', 'n-0000000000']);
    expect(seen).toEqual(['created /n-0000000000', 'created /m']);
    expect(await zk.exists(`${root}/app/m`)).not.toBeNull();
  });
});

describe('access', () => {
  it('is granted by digest, kept across connections, and refused without', async () => {
    const acl = [{ permissions: Permission.all, scheme: 'auth', id: '' }];
    const owner = await connected(ensemble.connectString, {
      auth: [{ scheme: 'digest', auth: 'alice:secret' }],
    });
    await owner.create(`${root}/private`, 'x', { acl });
    const { acl: stored } = await owner.getAcl(`${root}/private`);
    expect(stored).toMatchObject([{ scheme: 'digest', permissions: 31 }]);
    expect(stored[0]?.id).toMatch(/^alice:/);
    expect(await errorOf(zk.get(`${root}/private`))).toMatchObject({ code: 'NO_AUTH' });

    await zk.addAuth('digest', 'alice:secret');
    expect((await zk.get(`${root}/private`)).data.toString()).toBe('x');
    expect(await zk.whoAmI()).toContainEqual({ scheme: 'digest', id: 'alice' });
    const stat = await owner.setAcl(`${root}/private`, [
      ...stored,
      { permissions: Permission.read, scheme: 'world', id: 'anyone' },
    ]);
    expect(stat.aversion).toBe(1);
    const anyone = await connected(ensemble.connectString);
    expect((await anyone.get(`${root}/private`)).data.toString()).toBe('x');
    expect(await errorOf(anyone.set(`${root}/private`, 'y'))).toMatchObject({ code: 'NO_AUTH' });
  });

  it('uses the default ACL of the options', async () => {
    const defaultAcl = [{ permissions: Permission.read, scheme: 'world', id: 'anyone' }];
    const reader = await connected(ensemble.connectString, { defaultAcl });
    await reader.create(`${root}/readonly`);
    await reader.multi([{ type: 'create', path: `${root}/too` }]);
    expect((await zk.getAcl(`${root}/readonly`)).acl).toEqual(defaultAcl);
    expect((await zk.getAcl(`${root}/too`)).acl).toEqual(defaultAcl);
  });

  it('by a scheme the server does not know fails that call, and the session goes on', async () => {
    const { sessionId } = zk;
    expect(await errorOf(zk.addAuth('nonsense', 'x'))).toMatchObject({ code: 'AUTH_FAILED' });
    await zk.set(root, 'still here').catch(() => undefined);
    await eventually('reconnected', () => zk.state === 'connected');
    expect(zk.sessionId).toBe(sessionId);
  });

  it('by a scheme of the options that the server does not know ends the client', async () => {
    const doomed = client(ensemble.connectString, { auth: [{ scheme: 'nonsense', auth: 'x' }] });
    const call = errorOf(doomed.get('/'));
    await eventually('closed', () => doomed.state === 'closed');
    expect(await call).toMatchObject({ code: 'AUTH_FAILED' });
    expect(await errorOf(doomed.waitConnected())).toMatchObject({ code: 'AUTH_FAILED' });
  });
});
