import { beforeEach, describe, expect, it } from 'vitest';
import { NodeValueError } from '../codec/index.js';
import { MemoryFixture, settledWithin } from '../testing/memory-fixture.js';
import { EpochError, ForeignNodeError } from './index.js';
import type { NodeUpdate, Store } from './index.js';

let fixture: MemoryFixture;
let store: Store;

beforeEach(async () => {
  fixture = new MemoryFixture();
  store = await fixture.store();
});

const group = 'orders';
const white = { by: 'anna', reason: 'update', sinceMs: 1 };
const master = { primary: 'db1:3306', epoch: 1, sinceMs: 1 };
const route = { write: 'db1:3306', read: ['db2:3306'], epoch: 1, version: 1, reason: 'new group' };

describe('values of a node', () => {
  it('are written as JSON with the version of their format, and read back typed', async () => {
    await store.white.create({ group }, white);
    expect(fixture.texts('/mysql/white/orders')).toEqual({
      '/mysql/white/orders': '{"v":1,"by":"anna","reason":"update","sinceMs":1}',
    });
    expect(await store.white.read({ group })).toMatchObject({ value: white, version: 0, legacy: false });
    expect(await store.white.read({ group: 'none' })).toBeNull();
  });

  it('that do not fit are refused before anything is written, with path and reason', async () => {
    const wrong = store.master.create({ group }, { ...master, primary: 'db1' });
    await expect(wrong).rejects.toBeInstanceOf(NodeValueError);
    await expect(wrong).rejects.toThrow('/mysql/master/orders (master): a value that does not fit: primary');
    const typo = { ...white, untilMS: 5 };
    await expect(store.white.create({ group }, typo)).rejects.toThrow('unknown key untilMS');
    const nested = { group, kind: 'add', requestedBy: 'a', requestedAtMs: 1, args: { a: 1n } };
    await expect(store.task.append({}, nested)).rejects.toThrow('JSON cannot hold');
    await expect(store.white.create({ group }, { ...white, reason: 'x'.repeat(20_000) })).rejects.toThrow(
      'reason',
    );
    expect(fixture.texts()).toEqual({ '/': '' });
  });

  it.each([
    ['{"v":1,"by":"anna","reason":"x"}', 'sinceMs'],
    ['{"v":2,"by":"anna","reason":"x","sinceMs":1}', 'format is 2'],
    ['{"v":"1","by":"anna","reason":"x","sinceMs":1}', 'format is "1"'],
    ['{"v":1,"by":"anna","rea', 'not JSON'],
    ['[]', 'no object'],
    ['7', 'no object'],
    ['\u0000', 'not JSON'],
    ['['.repeat(100_000), 'levels'],
    [Buffer.from([0xff, 0xfe]), 'UTF-8'],
    [Buffer.alloc(1_000_001, 0x20), 'bytes'],
  ])('that do not parse are an error with the path, never a guess: #%#', async (data, reason) => {
    await store.zk.create('/mysql');
    await store.zk.create('/mysql/white');
    await store.zk.create('/mysql/white/orders', data);
    const read = store.white.read({ group });
    await expect(read).rejects.toBeInstanceOf(NodeValueError);
    await expect(read).rejects.toMatchObject({ path: '/mysql/white/orders', node: 'white' });
    await expect(read).rejects.toThrow(reason);
  });

  it('may be written by hand without the version of the format, and with keys of a newer writer', async () => {
    await store.white.create({ group }, white);
    await store.zk.set('/mysql/white/orders', '{"by":"bob","reason":"","sinceMs":5,"ticket":7}');
    expect((await store.white.read({ group }))?.value).toEqual({ by: 'bob', reason: '', sinceMs: 5 });
  });
});

describe('writes', () => {
  it('happen only while the node has the version named', async () => {
    await store.white.create({ group }, white);
    await expect(store.white.write({ group }, white, { version: 3 })).rejects.toMatchObject({
      code: 'BAD_VERSION',
    });
    expect(await store.white.write({ group }, white, { version: 0 })).toMatchObject({ version: 1 });
    await expect(store.white.write({ group }, white, { version: 'absent' })).rejects.toMatchObject({
      code: 'NODE_EXISTS',
    });
    expect(await store.white.write({ group }, white, { version: 'any' })).toMatchObject({ version: 2 });
    expect(await store.white.write({ group: 'new' }, white, { version: 'any' })).toMatchObject({
      version: 0,
    });
  });

  it('delete tells whether there was anything', async () => {
    await store.white.create({ group }, white);
    await expect(store.white.delete({ group }, { version: 4 })).rejects.toMatchObject({
      code: 'BAD_VERSION',
    });
    expect(await store.white.delete({ group }, { version: 0 })).toBe(true);
    expect(await store.white.delete({ group }, { version: 'any' })).toBe(false);
  });

  it('of a master must go beyond the epoch that was read', async () => {
    await store.master.write({ group }, master, { over: null });
    const over = await store.master.read({ group });
    for (const epoch of [0, 1]) {
      const stale = store.master.write({ group }, { ...master, epoch }, { over });
      await expect(stale).rejects.toBeInstanceOf(EpochError);
      await expect(stale).rejects.toMatchObject({ epoch, previousEpoch: 1, path: '/mysql/master/orders' });
    }
    await store.master.write({ group }, { ...master, epoch: 2 }, { over });
    // Who read epoch 1 and writes now has missed a change.
    await expect(store.master.write({ group }, { ...master, epoch: 3 }, { over })).rejects.toMatchObject({
      code: 'BAD_VERSION',
    });
    await expect(
      store.master.write({ group }, { ...master, epoch: 9 }, { over: null }),
    ).rejects.toMatchObject({
      code: 'NODE_EXISTS',
    });
  });

  it('of a route keep or raise the epoch and raise the version', async () => {
    await store.route.write({ group }, route, { over: null });
    const over = await store.route.read({ group });
    expect(() => store.route.opWrite({ group }, { ...route, epoch: 0, version: 2 }, { over })).toThrow(
      EpochError,
    );
    expect(() => store.route.opWrite({ group }, { ...route, version: 1 }, { over })).toThrow('version');
    await store.route.write({ group }, { ...route, write: null, version: 2 }, { over });
    expect((await store.route.read({ group }))?.value.write).toBeNull();
  });
});

describe('multi', () => {
  it('does all or nothing, and makes the folders that are missing', async () => {
    await store.multi([
      store.master.opWrite({ group }, master, { over: null }),
      store.route.opWrite({ group }, route, { over: null }),
      store.history.opAppend(
        { group },
        { kind: 'failover', at: 1, group, epoch: 1, reason: 'x', result: 'done' },
      ),
    ]);
    expect(Object.keys(fixture.texts('/mysql'))).toEqual([
      '/mysql',
      '/mysql/haproxy',
      '/mysql/haproxy/orders',
      '/mysql/history',
      '/mysql/history/orders',
      '/mysql/history/orders/entry-0000000000',
      '/mysql/master',
      '/mysql/master/orders',
    ]);
    const stale = store.multi([
      store.white.opCreate({ group }, white),
      store.route.opCheck({ group }, { version: 5 }),
    ]);
    await expect(stale).rejects.toMatchObject({ name: 'MultiError', code: 'BAD_VERSION', index: 1 });
    expect(await store.white.read({ group })).toBeNull();
  });

  it('a write to a node that is missing is not made up for', async () => {
    const lost = store.multi([store.white.opWrite({ group }, white, { version: 'any' })]);
    await expect(lost).rejects.toMatchObject({ code: 'NO_NODE', index: 0 });
    await expect(store.multi([store.white.opDelete({ group }, { version: 'any' })])).rejects.toMatchObject({
      code: 'NO_NODE',
    });
  });
});

describe('lists', () => {
  it('tell the nodes of a kind, and what else stands there', async () => {
    expect((await store.watchDown.list()).nodes).toEqual([]);
    const alert = { reason: 'x', sinceMs: 1 };
    await store.watchDown.create({ group: 'b' }, alert);
    await store.watchDown.create({ group: 'a' }, alert);
    await store.routeAlert.create({ group: 'a' }, alert);
    await store.zk.create('/mysql/watch-down/-', '');
    expect(await store.watchDown.list()).toEqual({
      nodes: [{ group: 'a' }, { group: 'b' }],
      legacy: [],
      unknown: [
        { path: '/mysql/watch-down/-', reason: expect.stringContaining('name of a group') as string },
      ],
    });
    expect((await store.routeAlert.list()).nodes).toEqual([{ group: 'a' }]);
  });

  it('tasks and history are numbered; the history is kept short', async () => {
    const entry = { kind: 'x', at: 1, group, epoch: 1, reason: '', result: 'done' } as const;
    for (let index = 0; index < 5; index += 1) await store.history.append({ group }, entry);
    expect(await store.pruneHistory(group, { keep: 2 })).toBe(3);
    expect((await store.history.list({ group })).nodes.map((one) => one.entry)).toEqual([
      'entry-0000000003',
      'entry-0000000004',
    ]);
    const task = { kind: 'add', group, requestedBy: 'anna', requestedAtMs: 1 };
    expect(await store.task.append({}, task)).toEqual({
      path: '/mysql/task/task0000000000',
      name: 'task0000000000',
    });
    await store.task.create({ name: group }, { ...task, kind: 'down' });
    expect((await store.task.list()).nodes).toEqual([{ name: 'orders' }, { name: 'task0000000000' }]);
  });
});

describe('a watch of a node', () => {
  it('tells what is there now and after each change, errors included, until it is stopped', async () => {
    const updates: NodeUpdate<'white'>[] = [];
    const watch = await store.white.watch({ group }, (update) => updates.push(update));
    await store.white.create({ group }, white);
    await fixture.settle();
    await store.zk.set('/mysql/white/orders', 'nonsense');
    await fixture.settle();
    await store.white.delete({ group }, { version: 'any' });
    await fixture.settle();
    await watch.stop();
    await store.white.create({ group }, white);
    await fixture.settle();
    expect(
      updates.map((update) => (update.kind === 'value' ? update.stored?.value.by : update.kind)),
    ).toEqual([undefined, 'anna', 'unreadable', undefined]);
  });

  it('tells what changed while the connection was lost', async () => {
    const { client, ...other } = await fixture.store();
    const seen: unknown[] = [];
    await other.white.watch({ group }, (update) =>
      seen.push(update.kind === 'value' ? (update.stored?.value.reason ?? null) : update.kind),
    );
    client.cut();
    await store.white.create({ group }, white);
    await store.white.write({ group }, { ...white, reason: 'newest' }, { version: 0 });
    client.heal();
    await fixture.settle();
    expect(seen).toEqual([null, 'newest']);
    client.expire();
    await fixture.settle();
    expect(seen).toEqual([null, 'newest', 'lost']);
  });

  it('reads again when its read was lost on the way', async () => {
    const seen: unknown[] = [];
    await store.white.watch({ group }, (update) =>
      seen.push(update.kind === 'value' && update.stored?.value.by),
    );
    let losses = 3;
    fixture.ensemble.intercept = ({ op }) =>
      op === 'get' && losses-- > 0 ? { kind: losses % 2 === 0 ? 'lose-answer' : 'lose-request' } : undefined;
    const other = await fixture.store();
    await other.white.create({ group }, white);
    await fixture.settle();
    expect(losses).toBeLessThan(0);
    expect(seen).toEqual([undefined, 'anna']);
  });

  it('a listener that throws does not end it', async () => {
    let calls = 0;
    await store.white.watch({ group }, () => {
      calls += 1;
      throw new Error('mine');
    });
    await store.white.create({ group }, white);
    await fixture.settle();
    expect(calls).toBe(2);
  });

  it('of a list tells who comes and goes', async () => {
    const seen: string[][] = [];
    await store.engineMembers.watchList({}, (update) => {
      if (update.kind === 'list') seen.push(update.listing.nodes.map(({ id }) => id));
    });
    const other = await fixture.store();
    const member = { id: 'e1', host: 'h', pid: 1, sinceMs: 1, version: '0' };
    await other.engineMembers.ensureEphemeral({ id: 'e1' }, member);
    await fixture.settle();
    other.client.cut();
    await fixture.clock.advance(10_000);
    expect(seen).toEqual([[], ['e1'], []]);
  });

  it('of the whole tree names the node of each change', async () => {
    const seen: string[] = [];
    const watch = await store.watchTree((event) =>
      seen.push(
        event.kind === 'changed' && event.parsed.kind === 'node'
          ? `${event.type} ${event.parsed.node}`
          : event.kind,
      ),
    );
    await store.white.create({ group }, white);
    await store.white.write({ group }, white, { version: 0 });
    await fixture.settle();
    expect(seen).toEqual(['changed', 'changed', 'created white', 'data-changed white']);
    await watch.stop();
    await store.white.delete({ group }, { version: 'any' });
    await fixture.settle();
    expect(seen).toHaveLength(4);
  });
});

describe('ephemeral nodes', () => {
  const online = { group, agent: 'a', sinceMs: 1 };
  const server = 'db1:3306';

  it('of our own session are kept, never made anew', async () => {
    await store.onlineList.ensureEphemeral({ server }, online);
    const before = await store.onlineList.read({ server });
    const again = await store.onlineList.ensureEphemeral({ server }, online);
    const after = await store.onlineList.read({ server });
    expect(after?.stat.czxid).toBe(before?.stat.czxid);
    expect(again.version).toBe(0);
    await store.onlineList.ensureEphemeral({ server }, { ...online, pid: 7 });
    const changed = await store.onlineList.read({ server });
    expect(changed?.stat.czxid).toBe(before?.stat.czxid);
    expect(changed?.value.pid).toBe(7);
  });

  it('of a session that is dying are waited for', async () => {
    const other = await fixture.store({ sessionTimeoutMs: 6000 });
    await other.onlineList.ensureEphemeral({ server }, online);
    other.client.cut();
    const held = await settledWithin(fixture, store.onlineList.ensureEphemeral({ server }, online), 7000);
    expect((await store.onlineList.read({ server }))?.stat.ephemeralOwner).toBe(store.zk.sessionId);
    await held.remove();
    expect(await store.onlineList.read({ server })).toBeNull();
  });

  it('of a session that lives are reported after a bounded wait, and left alone', async () => {
    const other = await fixture.store();
    await other.onlineList.ensureEphemeral({ server }, online);
    const wait = store.onlineList.ensureEphemeral({ server }, online, { waitMs: 2000 });
    await expect(settledWithin(fixture, wait, 2500)).rejects.toBeInstanceOf(ForeignNodeError);
    expect((await store.onlineList.read({ server }))?.stat.ephemeralOwner).toBe(other.client.sessionId);
  });

  it('a persistent node in their place is reported at once', async () => {
    await store.multi([store.onlineList.opCreate({ server }, online)]);
    await store.onlineList.delete({ server }, { version: 'any' });
    await store.zk.create('/mysql/online-list/db1:3306', 'mine');
    const wait = store.onlineList.ensureEphemeral({ server }, online);
    await expect(wait).rejects.toThrow('persistent node');
    await expect(wait).rejects.toMatchObject({ ephemeralOwner: 0n, holds: 'mine' });
  });

  it('waiting for one can be given up', async () => {
    const other = await fixture.store();
    await other.onlineList.ensureEphemeral({ server }, online);
    const abort = new AbortController();
    const wait = store.onlineList.ensureEphemeral({ server }, online, { signal: abort.signal });
    wait.catch(() => undefined);
    await fixture.clock.advance(100);
    abort.abort();
    await expect(settledWithin(fixture, wait, 10)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('are found again when the answer to their creation was lost', async () => {
    let lose = true;
    fixture.ensemble.intercept = ({ path }) => {
      if (!lose || path !== '/mysql/online-list/db1:3306') return undefined;
      lose = false;
      return { kind: 'lose-answer' };
    };
    await store.zk.create('/mysql');
    await store.zk.create('/mysql/online-list');
    await settledWithin(fixture, store.onlineList.ensureEphemeral({ server }, online), 1000);
    expect(lose).toBe(false);
    expect((await store.onlineList.read({ server }))?.stat.ephemeralOwner).toBe(store.zk.sessionId);
  });

  it('are updated in order, one round trip each, and come back when somebody deletes them', async () => {
    const requests: string[] = [];
    const held = await store.onlineList.ensureEphemeral({ server }, online);
    fixture.ensemble.intercept = ({ op }) => void requests.push(op);
    await Promise.all([1, 2, 3].map((pid) => held.update({ ...online, pid })));
    expect(requests).toEqual(['set', 'set', 'set']);
    expect((await store.onlineList.read({ server }))?.value.pid).toBe(3);
    await store.onlineList.delete({ server }, { version: 'any' });
    await held.update({ ...online, pid: 4 });
    expect((await store.onlineList.read({ server }))?.value.pid).toBe(4);
    // A write of ours whose answer was lost: the version is not the one we know.
    fixture.ensemble.intercept = undefined;
    await store.zk.set('/mysql/online-list/db1:3306', 'x');
    await held.update({ ...online, pid: 5 });
    expect((await store.onlineList.read({ server }))?.value.pid).toBe(5);
    expect(held.version).toBe(2);
  });
});
