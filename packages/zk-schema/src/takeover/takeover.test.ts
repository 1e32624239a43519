import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFixture } from '../testing/memory-fixture.js';
import type { Store } from '../store/index.js';
import { TakeoverError, planTakeover, takeOver } from './index.js';

let fixture: MemoryFixture;
let store: Store;

const original: Record<string, string> = {
  '/mysql/white/a': '',
  '/mysql/lock': '',
  '/mysql/task/a': "['a', 'down']",
  '/mysql/meta/host/10-0-0-1': "{'group': 'a', 'port': 3306}",
  '/mysql/meta/host/10-0-0-2': "{'group': 'a', 'port': '3307'}",
  '/mysql/meta/host/10-0-0-3': "{'group': 'b', 'port': 3306}",
  '/mysql/meta/group/a': '10-0-0-1,10-0-0-2',
  '/mysql/meta/group/b': '10-0-0-3',
  '/mysql/meta/router/a': '10.0.0.9:9011',
  '/mysql/master/a': '10-0-0-1',
  '/mysql/haproxy/a': `{"read":"['10.0.0.1:3306', '10.0.0.2:3307']","write":"10.0.0.1:3306"}`,
  '/mysql/slavedown/10-0-0-2': "{'groupname': 'a', 'port': '3307'}",
  '/mysql/online-clients/10-0-0-1': '',
  '/mysql/addition/replication/a/eu': "{'host': '10.1.0.1', 'port': 3316, 'ssl': 0}",
  '/mysql/addition/region/eu': "{'10-1-0-1': {'port': 3316, 'ssl': 0}}",
};

async function put(path: string, text: string): Promise<void> {
  const parts = path.slice(1).split('/');
  for (let length = 1; length <= parts.length; length += 1) {
    const part = `/${parts.slice(0, length).join('/')}`;
    if ((await store.zk.exists(part)) === null) await store.zk.create(part, '');
  }
  await store.zk.set(path, text);
}

beforeEach(async () => {
  fixture = new MemoryFixture();
  store = await fixture.store();
  for (const [path, text] of Object.entries(original)) await put(path, text);
});

describe('taking over an installation of the original system', () => {
  it('the plan says what is written, what is left, and who still runs', async () => {
    const before = fixture.texts();
    const plan = await planTakeover(store.zk);
    expect(plan.problems).toEqual([]);
    expect(plan.units.map(({ name, nodes }) => [name, nodes.length])).toEqual([
      ['group a', 9],
      ['group b', 2],
      ['region eu', 1],
    ]);
    expect(plan.skipped).toEqual([{ path: '/mysql/task/a', reason: 'it comes and goes by itself' }]);
    expect(plan.running).toEqual(['10.0.0.1']);
    expect(fixture.texts()).toEqual(before);
  });

  it('in its place: every value becomes one of this system, old names go when asked', async () => {
    const plan = await planTakeover(store.zk);
    expect(await takeOver(store, plan, { deleteObsolete: true })).toEqual([
      'group a',
      'group b',
      'region eu',
    ]);
    expect(await store.master.read({ group: 'a' })).toMatchObject({
      legacy: false,
      value: { primary: '10.0.0.1:3306', epoch: 1 },
    });
    expect((await store.route.read({ group: 'a' }))?.value).toMatchObject({
      write: '10.0.0.1:3306',
      read: ['10.0.0.1:3306', '10.0.0.2:3307'],
      epoch: 1,
      version: 1,
    });
    expect((await store.metaGroup.read({ group: 'a' }))?.value.members).toEqual([
      '10.0.0.1:3306',
      '10.0.0.2:3307',
    ]);
    expect((await store.metaHost.read({ server: '10.0.0.2:3307' }))?.value.group).toBe('a');
    expect((await store.slavedown.read({ server: '10.0.0.2:3307' }))?.value.group).toBe('a');
    expect((await store.metaHost.list()).legacy).toEqual([]);
    const again = await planTakeover(store.zk);
    expect(again.units).toEqual([]);
    expect(again.problems).toEqual([]);
  });

  it('into another root: the old tree stays as it is, and a second run does nothing', async () => {
    const before = fixture.texts('/mysql');
    const target = await fixture.store({ root: '/new' });
    const plan = await planTakeover(store.zk);
    expect(await takeOver(target, plan)).toHaveLength(3);
    expect(await takeOver(target, plan)).toEqual([]);
    expect(fixture.texts('/mysql')).toEqual(before);
    expect((await target.master.read({ group: 'a' }))?.value.primary).toBe('10.0.0.1:3306');
  });

  it('what cannot be read is named, and nothing is written', async () => {
    await store.zk.set('/mysql/meta/group/b', '10-0-0-3,10-0-0-4');
    await put('/mysql/master/-', 'x');
    const plan = await planTakeover(store.zk);
    expect(plan.problems.map(({ path }) => path)).toEqual(['/mysql/meta/group/b', '/mysql/master/-']);
    const before = fixture.texts();
    await expect(takeOver(store, plan)).rejects.toBeInstanceOf(TakeoverError);
    await expect(takeOver(store, plan)).rejects.toThrow('/mysql/meta/host/10-0-0-4');
    expect(fixture.texts()).toEqual(before);
  });

  it('what changed since the plan was made is not overwritten', async () => {
    const plan = await planTakeover(store.zk);
    const over = await store.master.read({ group: 'a' });
    await store.master.write({ group: 'a' }, { primary: '10.0.0.2:3307', epoch: 5, sinceMs: 1 }, { over });
    const before = fixture.texts();
    await expect(takeOver(store, plan)).rejects.toThrow('/mysql/master/a: it holds another value');
    expect(fixture.texts()).toEqual(before);
  });
});
