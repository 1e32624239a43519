import { beforeEach, describe, expect, it } from 'vitest';
import { NodeValueError } from '../codec/index.js';
import type { NodeKey } from '../model/index.js';
import { MemoryFixture } from '../testing/memory-fixture.js';
import type { Store } from '../store/index.js';

let fixture: MemoryFixture;
let store: Store;

/** As the original system leaves it: values are what Python 2 prints, hosts have dashes for dots. */
const original: Record<string, string> = {
  '/mysql/white/test-2': '',
  '/mysql/lock/test-2': '',
  '/mysql/task/test-2': "['test-2', 'down']",
  '/mysql/task/task0000000000': "['test-2', 'add']",
  '/mysql/task/task0000000001': "['test-2', '192-168-212-205', 'white', 'onlywatch']",
  '/mysql/task/test-2_eu': "['test-2', 'eu', 'append', 'dow']",
  '/mysql/meta/host/192-168-212-205': "{'group': 'test-2', 'port': 3306}",
  '/mysql/meta/host/192-168-212-206': "{'group': u'test-2', 'port': '3307'}",
  '/mysql/meta/group/test-2': '192-168-212-205,192-168-212-206',
  '/mysql/meta/router/test-2': '192.168.212.204:9011,192.168.212.203:9011',
  '/mysql/master/test-2': '192-168-212-205',
  '/mysql/haproxy/test-2': `{"read":"['192.168.212.205:3306', '192.168.212.206:3307']","write":"192.168.212.205:3306"}`,
  '/mysql/watch-down/test-2': 'master not online',
  '/mysql/watch-down/test-2_send': '192.168.212.204',
  '/mysql/slavedown/192-168-212-206': "{'groupname': 'test-2', 'port': '3307'}",
  '/mysql/readbinlog-status/192-168-212-207': "['test-2', 'bin.000007', 4711]",
  '/mysql/execute-gtid/192-168-212-207':
    "['test-2', '0b5f9f4e-6d1c-11f0-9c1a-0242ac110002:1-5,1c6f9f4e-6d1c-11f0-9c1a-0242ac110003:1']",
  '/mysql/addition/replication/test-2/eu': "{'host': '10.0.0.1', 'port': 3316, 'ssl': 1}",
  '/mysql/addition/replication/test-2/us': 'None',
  '/mysql/addition/region/eu': "{'10-0-0-1': {'port': 3316, 'ssl': 1}, '10-0-0-2': {'prot': 3316, 'ssl': 0}}",
};

async function put(nodes: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(nodes)) {
    const parts = path.slice(1).split('/');
    for (let length = 1; length <= parts.length; length += 1) {
      const part = `/${parts.slice(0, length).join('/')}`;
      if ((await store.zk.exists(part)) === null) await store.zk.create(part, '');
      if (length === parts.length) await store.zk.set(part, text);
    }
  }
}

beforeEach(async () => {
  fixture = new MemoryFixture();
  store = await fixture.store();
  await put(original);
});

const ctimeMs = Date.UTC(2026, 0, 1);

describe('values of the original system', () => {
  it.each<[string, NodeKey, object]>([
    ['/mysql/white/test-2', 'white', { by: 'unknown', reason: '', sinceMs: ctimeMs }],
    ['/mysql/lock/test-2', 'lock', { holder: 'unknown', sinceMs: ctimeMs }],
    ['/mysql/task/test-2', 'task', task('down', {})],
    ['/mysql/task/task0000000000', 'task', task('add', {})],
    [
      '/mysql/task/task0000000001',
      'task',
      task('white', { primary: '192.168.212.205:3306', publishRoute: false }),
    ],
    ['/mysql/task/test-2_eu', 'task', task('append', { region: 'eu', change: 'another-source' })],
    [
      '/mysql/meta/host/192-168-212-205',
      'metaHost',
      { group: 'test-2', region: 'default', promotion: 'neutral' },
    ],
    [
      '/mysql/meta/group/test-2',
      'metaGroup',
      { members: ['192.168.212.205:3306', '192.168.212.206:3307'], flavor: 'mysql', policy: {} },
    ],
    [
      '/mysql/meta/router/test-2',
      'metaRouter',
      { routers: ['192.168.212.204:9011', '192.168.212.203:9011'] },
    ],
    ['/mysql/master/test-2', 'master', { primary: '192.168.212.205:3306', epoch: 0, sinceMs: ctimeMs }],
    [
      '/mysql/haproxy/test-2',
      'route',
      {
        write: '192.168.212.205:3306',
        read: ['192.168.212.205:3306', '192.168.212.206:3307'],
        epoch: 0,
        version: 0,
        reason: 'as the original system left it',
        changedAtMs: ctimeMs,
      },
    ],
    ['/mysql/watch-down/test-2', 'watchDown', { reason: 'master not online', sinceMs: ctimeMs }],
    [
      '/mysql/watch-down/test-2_send',
      'routeAlert',
      { reason: '192.168.212.204', sinceMs: ctimeMs, routers: [] },
    ],
    [
      '/mysql/slavedown/192-168-212-206',
      'slavedown',
      { group: 'test-2', reason: 'not online when the original system looked', sinceMs: ctimeMs },
    ],
    [
      '/mysql/readbinlog-status/192-168-212-207',
      'readbinlogStatus',
      { group: 'test-2', file: 'bin.000007', position: 4711, atMs: ctimeMs },
    ],
    [
      '/mysql/execute-gtid/192-168-212-207',
      'executeGtid',
      {
        group: 'test-2',
        gtidExecuted: '0b5f9f4e-6d1c-11f0-9c1a-0242ac110002:1-5,1c6f9f4e-6d1c-11f0-9c1a-0242ac110003:1',
        atMs: ctimeMs,
      },
    ],
    [
      '/mysql/addition/replication/test-2/eu',
      'additionReplication',
      { source: { address: '10.0.0.1:3316', tls: true } },
    ],
    ['/mysql/addition/replication/test-2/us', 'additionReplication', { source: null }],
    [
      '/mysql/addition/region/eu',
      'additionRegion',
      {
        endpoints: [
          { address: '10.0.0.1:3316', tls: true },
          { address: '10.0.0.2:3316', tls: false },
        ],
      },
    ],
  ])('%s', async (path, node, value) => {
    const stored = await store.readPath(path);
    expect(stored).toMatchObject({ node, path, legacy: true });
    expect(stored?.value).toEqual(value);
  });

  it('are read under their group as any other, and written over by new ones', async () => {
    const over = await store.master.read({ group: 'test-2' });
    expect(over).toMatchObject({ legacy: true, value: { primary: '192.168.212.205:3306' } });
    await store.master.write({ group: 'test-2' }, { primary: 'db9:3306', epoch: 1, sinceMs: 1 }, { over });
    expect(await store.master.read({ group: 'test-2' })).toMatchObject({
      legacy: false,
      value: { primary: 'db9:3306' },
    });
  });

  it('servers named by their host alone are listed apart', async () => {
    expect(await store.metaHost.list()).toEqual({
      nodes: [],
      legacy: ['/mysql/meta/host/192-168-212-205', '/mysql/meta/host/192-168-212-206'],
      unknown: [],
    });
  });

  it.each<[string, string, string]>([
    ['/mysql/master/test-2', '10-9-9-9', 'no node /mysql/meta/host/10-9-9-9'],
    ['/mysql/master/test-2', 'db-1', 'no IPv4 address'],
    ['/mysql/master/test-2', '', 'no IPv4 address'],
    ['/mysql/meta/group/test-2', '192-168-212-205,,', 'no IPv4 address'],
    ['/mysql/meta/host/192-168-212-205', "{'group': 'test-2', 'port': 99999}", 'port'],
    ['/mysql/meta/host/192-168-212-205', "{'group': 'test-2'}", 'port is not a number'],
    ['/mysql/meta/host/192-168-212-205', "__import__('os').system('id')", 'not a Python literal'],
    ['/mysql/meta/host/192-168-212-205', "['test-2', 3306]", 'a dict was expected'],
    ['/mysql/haproxy/test-2', `{"read":"[['a']]","write":"192.168.212.205:3306"}`, 'read is not a string'],
    ['/mysql/haproxy/test-2', `{"read":"[]","write":"192.168.212.205"}`, 'host:port'],
    ['/mysql/haproxy/test-2', '{"v":1,"write":null}', 'read'],
    ['/mysql/task/test-2', "['test-2', 'rm']", 'none of add, white, down, append'],
    ['/mysql/task/test-2', '('.repeat(60), 'levels'],
    ['/mysql/white/test-2', 'anything', 'leaves it empty'],
    ['/mysql/watch-down/test-2', '{"v":1,"reas', 'not JSON'],
  ])('%s with a value such as #%# is an error with the path', async (path, text, reason) => {
    await store.zk.set(path, text);
    // A port out of range shows where it is used.
    const read = store.readPath(text.includes('99999') ? '/mysql/master/test-2' : path);
    await expect(read).rejects.toBeInstanceOf(NodeValueError);
    await expect(read).rejects.toThrow(reason);
  });
});

function task(kind: string, args: object): object {
  return { kind, group: 'test-2', requestedBy: 'unknown', requestedAtMs: ctimeMs, args };
}
