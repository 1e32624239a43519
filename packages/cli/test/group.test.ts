import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sandbox, type MysqlGroup, type MysqlServer, type ZooKeeperEnsemble } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { createStore, type Store } from '@dcmha/zk-schema';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dcmha } from './support/run.js';

let sandbox: Sandbox;
let zooKeeper: ZooKeeperEnsemble;
let servers: MysqlGroup;
let stranger: MysqlServer;
let zk: ZooKeeperClient;
let store: Store;
let folder: string;
let env: Record<string, string>;
let members: string[];

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'cli' });
  folder = await mkdtemp(join(tmpdir(), 'dcmha-cli-'));
  [zooKeeper, servers, stranger] = await Promise.all([
    sandbox.startZooKeeper(),
    sandbox.startGroup({ servers: 2 }),
    // No GTIDs, and the id of another server.
    sandbox.startMysql({
      serverId: 1,
      host: '127.0.0.14',
      options: { 'gtid-mode': 'OFF', 'enforce-gtid-consistency': 'OFF', 'skip-log-bin': true },
    }),
  ]);
  zk = new ZooKeeperClient({ connect: zooKeeper.connectString, sessionTimeoutMs: 10_000 });
  await zk.waitConnected();
  store = createStore(zk);
  members = servers.servers.flatMap((server) => ['--member', server.address]);
  env = {
    DCMHA_ZOOKEEPER: zooKeeper.connectString,
    DCMHA_MYSQL_USER: servers.primary.admin.user,
    DCMHA_MYSQL_PASSWORD: servers.primary.admin.password,
  };
});

afterAll(async () => {
  await zk?.close();
  await sandbox?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** Everything below the root, but for folders. */
async function tree(path = '/mysql'): Promise<string[]> {
  const stat = await zk.exists(path);
  if (stat === null) return [];
  const { children } = await zk.children(path);
  const below = await Promise.all(children.sort().map((name) => tree(`${path}/${name}`)));
  return [...(stat.dataLength > 0 ? [path] : []), ...below.flat()];
}

beforeEach(async () => {
  const { exitCode } = await dcmha(['group', 'remove', 'orders', '--yes'], { env });
  expect([0, 1]).toContain(exitCode);
  expect(await tree()).toEqual([]);
});

describe('dcmha group', () => {
  it('registers a good group: members, primary, route, all at once', async () => {
    const added = await dcmha(
      ['group', 'add', 'orders', ...members, '--router', 'haproxy-1', '--region', 'eu', '--json'],
      { env },
    );
    expect(added).toMatchObject({ exitCode: 0, stderr: '' });
    const [primary, replica] = servers.servers.map((server) => server.address);
    expect(added.json()).toEqual({
      ok: true,
      group: 'orders',
      primary,
      replicas: [replica],
      epoch: 1,
      warnings: [],
    });
    expect((await store.route.read({ group: 'orders' }))?.value).toMatchObject({
      write: primary,
      read: [replica],
      epoch: 1,
      version: 1,
    });
    expect((await store.master.read({ group: 'orders' }))?.value).toMatchObject({ primary, epoch: 1 });
    expect((await store.metaHost.read({ server: replica! }))?.value).toMatchObject({
      group: 'orders',
      region: 'eu',
    });
    expect((await store.metaRouter.read({ group: 'orders' }))?.value.routers).toEqual(['haproxy-1']);

    const list = await dcmha(['group', 'list', '--json'], { env });
    expect(list.json()).toMatchObject({
      groups: [{ group: 'orders', primary, members: [primary, replica] }],
    });
    const shown = await dcmha(['group', 'show', 'orders'], { env });
    expect(shown.stdout).toContain('durability:');
    expect(shown.stdout).toContain(`primary  ${primary}, epoch 1`);

    const status = await dcmha(['status', '--json'], { env });
    expect(status.json()).toMatchObject({
      groups: [
        {
          group: 'orders',
          primary,
          servers: [
            { server: primary, role: 'primary', writable: true },
            { server: replica, role: 'replica', writable: false },
          ],
        },
      ],
    });
    const text = await dcmha(['status', 'orders'], { env });
    expect(text.stdout).toContain('! no engine looks after this group');
  });

  it('keeps the policy as it was written, and counts epochs on when a group comes back', async () => {
    const policyFile = join(folder, 'policy.yaml');
    await writeFile(policyFile, 'durability: { mode: async }\nleaseMs: 9000\n');
    await dcmha(['group', 'add', 'orders', ...members, '--policy-file', policyFile], { env });
    expect((await store.metaGroup.read({ group: 'orders' }))?.value.policy).toEqual({
      durability: { mode: 'async' },
      leaseMs: 9000,
    });
    await store.history.append(
      { group: 'orders' },
      { kind: 'failover', at: 1, group: 'orders', epoch: 6, reason: 'test', result: 'done' },
    );
    await dcmha(['group', 'remove', 'orders', '--yes'], { env });
    const again = await dcmha(['group', 'add', 'orders', ...members, '--json'], { env });
    expect(again.json()).toMatchObject({ ok: true, epoch: 7 });
    const history = await dcmha(['history', 'orders'], { env });
    expect(history.stdout).toMatch(/failover +done/);
    await zk.delete(store.history.path({ group: 'orders', entry: 'entry-0000000000' }));
  });

  it('only checks with --dry-run', async () => {
    const run = await dcmha(['group', 'add', 'orders', ...members, '--dry-run'], { env });
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toContain('can be registered');
    expect(await tree()).toEqual([]);
  });

  it('refuses a second group of the name, and a server of another group', async () => {
    await dcmha(['group', 'add', 'orders', ...members], { env });
    const before = await tree();
    const same = await dcmha(['group', 'add', 'orders', ...members], { env });
    expect(same.exitCode).toBe(1);
    expect(same.stderr).toMatch(/^dcmha: the group "orders" is registered already; look at it/);
    const other = await dcmha(['group', 'add', 'billing', ...members], { env });
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toContain(`${servers.primary.address} belongs to the group "orders"`);
    expect(await tree()).toEqual(before);
  });

  it('is removed only when really wanted, and not while something is under way', async () => {
    await dcmha(['group', 'add', 'orders', ...members], { env });
    const before = await tree();
    const unsure = await dcmha(['group', 'remove', 'orders'], { env });
    expect(unsure).toMatchObject({ exitCode: 2 });
    expect(unsure.stderr).toContain('expected --yes');
    await store.journal.create(
      { group: 'orders' },
      { operation: 'failover', id: 'f', epoch: 2, step: 'promote', startedAtMs: 1, owner: 'e' },
    );
    const busy = await dcmha(['group', 'remove', 'orders', '--yes'], { env });
    expect(busy).toMatchObject({ exitCode: 1 });
    expect(busy.stderr).toContain('a failover of "orders" is under way (step promote)');
    await store.journal.delete({ group: 'orders' }, { version: 'any' });
    expect(await tree()).toEqual(before);
  });
});

describe('dcmha tree', () => {
  it('describes what can be there, and shows what is, with what does not belong there', async () => {
    const model = await dcmha(['tree']);
    expect(model.stdout).toContain('/mysql/haproxy/<group>  (persistent)');
    await dcmha(['group', 'add', 'orders', ...members], { env });
    await store.white.write(
      { group: 'orders' },
      { by: 'anna', reason: 'x', sinceMs: 1 },
      { version: 'absent' },
    );
    await zk.set(store.white.path({ group: 'orders' }), 'nonsense{');
    const live = await dcmha(['tree', '--live', '--json'], { env });
    const { nodes } = live.json<{ nodes: { path: string; problem?: string }[] }>();
    expect(nodes.map(({ path }) => path)).toEqual(await tree());
    expect(nodes.find(({ path }) => path === '/mysql/master/orders')).not.toHaveProperty('problem');
    const status = await dcmha(['status', 'orders'], { env });
    expect(status).toMatchObject({ exitCode: 0 });
  });
});

describe('bad input', () => {
  const add = (...args: string[]) => ['group', 'add', 'orders', ...args];

  it('GTID off, no binary log, a server id twice: all told at once, nothing changed', async () => {
    const run = await dcmha(add(...members, '-m', stranger.address), { env });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^dcmha: the group "orders" cannot be registered; nothing was changed\n/);
    for (const problem of [
      `${stranger.address}: gtid_mode is OFF; expected ON; set gtid_mode=ON`,
      `${stranger.address}: the binary log is off`,
      `${servers.primary.address} and ${stranger.address} have the same server_id 1`,
      `2 servers are writable: ${servers.primary.address}, ${stranger.address}; expected one at most`,
    ]) {
      expect(run.stderr).toContain(problem);
    }
    expect(run.stderr).not.toMatch(/ at .*\.ts:/);
    expect(await tree()).toEqual([]);
  });

  it('two primaries', async () => {
    const [replica] = servers.replicas;
    await replica!.query('SET GLOBAL super_read_only = OFF');
    await replica!.query('SET GLOBAL read_only = OFF');
    try {
      const run = await dcmha(add(...members, '--json'), { env });
      expect(run.exitCode).toBe(1);
      expect(run.json()).toMatchObject({
        ok: false,
        error: { message: expect.stringContaining('2 servers are writable') as string, exitCode: 1 },
      });
    } finally {
      await replica!.query('SET GLOBAL super_read_only = ON');
    }
    expect(await tree()).toEqual([]);
  });

  it('a replica that does not replicate', async () => {
    const [replica] = servers.replicas;
    await replica!.query('STOP REPLICA SQL_THREAD');
    try {
      const run = await dcmha(add(...members), { env });
      expect(run.exitCode).toBe(1);
      expect(run.stderr).toContain(
        `${replica!.address}: its replication applier is stopped; expected running`,
      );
    } finally {
      await replica!.query('START REPLICA');
    }
  });

  it('a wrong MySQL password', async () => {
    const run = await dcmha(add(...members), { env: { ...env, DCMHA_MYSQL_PASSWORD: 'not-this-one' } });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(`${servers.primary.address}: access denied for user 'dcmha'`);
    expect(run.stderr).toContain('DCMHA_MYSQL_PASSWORD');
    expect(run.stderr).not.toContain('not-this-one');
    expect(await tree()).toEqual([]);
  });

  it('a server that does not answer', async () => {
    const port = await sandbox.freePort('127.0.0.15');
    const run = await dcmha(add(...members, '-m', `127.0.0.15:${port}`), { env });
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(
      new RegExp(`- 127\\.0\\.0\\.15:${port}: connection refused; expected a server that answers`),
    );
    expect(run.stderr.match(/^ {2}- /gm)).toHaveLength(1);
  });

  it('no ZooKeeper', async () => {
    const port = await sandbox.freePort();
    const run = await dcmha([...add(...members), '--connect-timeout', '300'], {
      env: { ...env, DCMHA_ZOOKEEPER: `127.0.0.1:${port}` },
    });
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(
      /^dcmha: ZooKeeper at 127\.0\.0\.1:\d+ does not answer within 300 ms; expected a session; check/,
    );
    const unnamed = await dcmha(['status']);
    expect(unnamed.exitCode).toBe(2);
    expect(unnamed.stderr).toContain('no ZooKeeper is named');
  });

  it.each([
    ['status', ['status', 'order']],
    ['explain', ['explain', 'order']],
    ['history', ['history', 'order']],
    ['switchover', ['switchover', 'order']],
    ['maintenance', ['maintenance', 'on', 'order', '--reason', 'x']],
    ['maintenance off', ['maintenance', 'off', 'order']],
    ['failover', ['failover', 'order']],
    ['set', ['group', 'set', 'order', 'failover=manual']],
    ['tasks', ['task', 'list', 'order']],
    ['show', ['group', 'show', 'order']],
    ['remove', ['group', 'remove', 'order', '--yes']],
  ])('an unknown group: %s', async (_name, args) => {
    await dcmha(['group', 'add', 'orders', ...members], { env });
    const before = await tree();
    const run = await dcmha(args, { env });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /^dcmha: there is no group "order", did you mean "orders"\?; expected one of orders; /,
    );
    expect(await tree()).toEqual(before);
  });

  it('a policy with a wrong key', async () => {
    const policyFile = join(folder, 'wrong.yaml');
    await writeFile(policyFile, '# policy\nantiFlapsMs: 5\npatience: { hungMs: -1 }\n');
    const run = await dcmha([...add(...members), '--policy-file', policyFile], { env });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(`${policyFile}:2: antiFlapsMs: unknown key, did you mean "antiFlapMs"?`);
    expect(run.stderr).toContain(`${policyFile}:3: patience.hungMs: expected number to be >=0`);
    expect(await tree()).toEqual([]);
  });

  it.each([
    [['switchover', 'orders', '--to', '127.0.0.99:1'], 1, /is no member of "orders"; expected one of 127/],
    [['switchover', 'orders', '--to', 'x'], 2, /--to x names no server; expected host:port/],
    [['switchover', 'orders', '--timeout', 'soon'], 2, /--timeout soon is no time/],
    [['switchover', 'orders', '--at', 'soon'], 2, /--at soon is no moment; expected for example 03:00/],
    [['switchover', 'orders', '--at', '2020-01-01T00:00'], 2, /is no moment to come/],
    [['switchover', 'orders', '--within', '5min'], 2, /--within is for --at only/],
    [['switchover', 'orders', '--at', '+1h', '--dry-run'], 2, /--dry-run and --at exclude each other/],
    [['switchover', 'orders', '--dry-run'], 3, /no engine looks after "orders"/],
    [['failover', 'orders'], 3, /no engine looks after "orders"/],
    [['failover', 'orders', '--target', 'x'], 2, /--target x names no server/],
    [['maintenance', 'off', 'orders', '--adopt', 'x'], 2, /--adopt x names no server/],
    [['maintenance', 'on', 'orders', '--reason', 'x', '--until', 'then'], 2, /--until then is no moment/],
    [['task', 'cancel', 'task0000000099'], 1, /there is no task "task0000000099"; nothing is waiting/],
    [['group', 'set', 'orders'], 2, /nothing is to be set; expected key=value/],
    [['group', 'set', 'orders', 'antiFlapMs'], 2, /"antiFlapMs" is no setting/],
    [['group', 'set', 'orders', 'antiFlapMs=-1'], 2, /antiFlapMs: expected number to be >=0/],
    [['group', 'set', 'orders', 'antiFlapsMs=1'], 2, /antiFlapsMs: unknown key, did you mean "antiFlapMs"/],
    [['group', 'set', 'orders', 'patience.hungMs=0'], 2, /patience.hungMs: 0 is no patience/],
    [
      ['group', 'set', 'orders', 'durability={"mode":"semisync","ackers":2}'],
      1,
      /durability.ackers = 2: the group has 1 replica, .*set at most 1/,
    ],
    [['group', 'set', 'orders', '-m', 'db9:3306,promotion=prefer'], 1, /db9:3306 is no member of "orders"/],
    [['switchover', 'orders'], 3, /no engine looks after "orders"; .*dcmha engine --config FILE/],
    [['explain', 'orders'], 3, /no engine looks after "orders"/],
    [['maintenance', 'on', 'orders'], 2, /missing required argument: reason/],
    [['maintenance', 'on', 'orders', '--reason', 'x', '--for', 'ever'], 2, /--for ever is no time/],
    [['staus'], 2, /there is no command "staus", did you mean "status"\?/],
    [['status', '--jsno'], 2, /unknown argument: jsno/],
  ])('%j ends with %i', async (args, exitCode, message) => {
    await dcmha(['group', 'add', 'orders', ...members], { env });
    const before = await tree();
    const run = await dcmha(args, { env });
    expect(run.stderr).toMatch(message);
    expect(run.exitCode).toBe(exitCode);
    expect(await tree()).toEqual(before);
  });

  it('a switchover to the primary itself, and one in maintenance', async () => {
    await dcmha(['group', 'add', 'orders', ...members], { env });
    const same = await dcmha(['switchover', 'orders', '--to', servers.primary.address], { env });
    expect(same.stderr).toMatch(/is the primary of "orders" already/);
    await dcmha(['maintenance', 'on', 'orders', '--reason', 'kernel'], { env });
    const run = await dcmha(['switchover', 'orders'], { env });
    expect(run).toMatchObject({ exitCode: 1 });
    expect(run.stderr).toMatch(/"orders" is in maintenance, by .*: kernel; end it first/);
  });
});

describe('dcmha group set', () => {
  const policy = async () => (await store.metaGroup.read({ group: 'orders' }))?.value.policy;
  beforeEach(async () => {
    await dcmha(['group', 'add', 'orders', ...members], { env });
  });

  it('sets and takes back single keys', async () => {
    const set = await dcmha(
      ['group', 'set', 'orders', 'failover=manual', 'patience.hungMs=1500', 'crossRegion=false'],
      { env },
    );
    expect(set).toMatchObject({ exitCode: 0, stderr: '' });
    expect(set.stdout).toContain('failover: default -> "manual"');
    expect(await policy()).toEqual({ failover: 'manual', patience: { hungMs: 1500 }, crossRegion: false });
    await dcmha(['group', 'set', 'orders', 'failover=', 'patience='], { env });
    expect(await policy()).toEqual({ crossRegion: false });
    const dry = await dcmha(['group', 'set', 'orders', 'crossRegion=true', '--dry-run', '--json'], { env });
    expect(dry.json()).toMatchObject({ ok: true, changed: ['crossRegion: false -> true'] });
    expect(await policy()).toEqual({ crossRegion: false });
  });

  it('takes a whole policy from a file, and rules of members', async () => {
    const policyFile = join(folder, 'set.yaml');
    await writeFile(policyFile, 'durability: { mode: async }\n');
    const [, replica] = servers.servers.map((server) => server.address);
    const args = [
      'group',
      'set',
      'orders',
      '--policy',
      policyFile,
      '-m',
      `${replica},promotion=prefer,region=eu`,
    ];
    expect(await dcmha(args, { env })).toMatchObject({ exitCode: 0 });
    expect(await policy()).toEqual({ durability: { mode: 'async' } });
    expect((await store.metaHost.read({ server: replica! }))?.value).toEqual(
      expect.objectContaining({ group: 'orders', promotion: 'prefer', region: 'eu' }),
    );
  });

  it('refuses what leaves nobody to be promoted, naming it', async () => {
    const [, replica] = servers.servers.map((server) => server.address);
    const run = await dcmha(['group', 'set', 'orders', '-m', `${replica},promotion=must-not`], { env });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(
      `failover = "automatic": nobody could ever be promoted: ${replica} has promotion must-not`,
    );
    expect((await store.metaHost.read({ server: replica! }))?.value.promotion).toBe('neutral');
    const added = await dcmha(
      ['group', 'add', 'billing', '-m', members[1]!, '-m', `${replica},promotion=must-not`],
      { env },
    );
    expect(added.exitCode).toBe(1);
  });
});

describe('dcmha task', () => {
  it('a switchover for later is left for the engine, listed, and taken back', async () => {
    await dcmha(['group', 'add', 'orders', ...members], { env });
    const target = servers.replicas[0]!.address;
    const at = await dcmha(
      ['switchover', 'orders', '--at', '+2h', '--within', '10min', '--target', target, '--json'],
      { env },
    );
    expect(at).toMatchObject({ exitCode: 0 });
    const { task, notBeforeMs, notAfterMs } = at.json<{
      task: string;
      notBeforeMs: number;
      notAfterMs: number;
    }>();
    expect(notAfterMs - notBeforeMs).toBe(600_000);
    const stored = (await store.task.read({ name: task }))?.value;
    expect(stored).toMatchObject({ kind: 'switchover', args: { target, notBeforeMs, notAfterMs } });
    const list = await dcmha(['task', 'list', '--json'], { env });
    expect(list.json()).toMatchObject({ tasks: [{ task, group: 'orders', target, notBeforeMs }] });
    expect((await dcmha(['task', 'list', 'orders'], { env })).stdout).toContain(task);
    expect(await dcmha(['task', 'cancel', task], { env })).toMatchObject({ exitCode: 0 });
    expect((await store.task.list()).nodes).toEqual([]);
  });
});

describe('dcmha maintenance', () => {
  it('is switched on and off, and does not overwrite that of somebody else', async () => {
    await dcmha(['group', 'add', 'orders', ...members], { env });
    const on = await dcmha(['maintenance', 'on', 'orders', '--reason', 'kernel update', '--for', '2h'], {
      env,
    });
    expect(on).toMatchObject({ exitCode: 0 });
    const white = (await store.white.read({ group: 'orders' }))!.value;
    expect(white.untilMs! - white.sinceMs).toBe(7_200_000);
    const again = await dcmha(['maintenance', 'on', 'orders', '--reason', 'other'], { env });
    expect(again).toMatchObject({ exitCode: 1 });
    expect(again.stderr).toContain('kernel update');
    expect((await dcmha(['status', 'orders'], { env })).stdout).toContain('maintenance by');
    const replaced = await dcmha(['maintenance', 'on', 'orders', '--reason', 'other', '--replace'], { env });
    expect(replaced).toMatchObject({ exitCode: 0 });
    // Nobody is there to verify which primary was left: that is for the engine that comes.
    expect((await dcmha(['maintenance', 'off', 'orders', '--json'], { env })).json()).toMatchObject({
      was: true,
    });
    const left = (await store.white.read({ group: 'orders' }))!.value;
    expect(left.untilMs).toBeLessThanOrEqual(Date.now());
    const adopt = await dcmha(['maintenance', 'off', 'orders', '--adopt', servers.primary.address], { env });
    expect(adopt).toMatchObject({ exitCode: 0 });
    expect((await dcmha(['maintenance', 'off', 'orders', '--json'], { env })).json()).toMatchObject({
      was: false,
    });
  });
});

describe('dcmha switchover', () => {
  /** Answers a task as an engine does: the task goes and its result comes in one multi. */
  async function answerTask(result: 'done' | 'refused', reason: string): Promise<void> {
    const name = await expect
      .poll(async () => (await store.task.list()).nodes[0]?.name, { timeout: 10_000 })
      .toBeDefined()
      .then(async () => (await store.task.list()).nodes[0]!.name);
    await store.multi([
      store.task.opDelete({ name }, { version: 'any' }),
      store.history.opAppend(
        { group: 'orders' },
        {
          kind: 'switchover',
          at: Date.now(),
          group: 'orders',
          epoch: 2,
          reason,
          result,
          task: name,
          from: servers.primary.address,
          to: servers.replicas[0]!.address,
          phasesMs: { closed: 3, opened: 21 },
        },
      ),
    ]);
  }

  beforeEach(async () => {
    await dcmha(['group', 'add', 'orders', ...members], { env });
    await zk.delete(store.engineOwner.path({ group: 'orders' })).catch(() => {});
    await store.engineOwner.create({ group: 'orders' }, { engine: 'engine-1', claim: 'c', sinceMs: 1 });
    return async () => {
      await store.engineOwner.delete({ group: 'orders' }, { version: 'any' });
      for (const { entry } of (await store.history.list({ group: 'orders' })).nodes) {
        await zk.delete(store.history.path({ group: 'orders', entry }));
      }
    };
  });

  it('waits for the result', async () => {
    const run = dcmha(['switchover', 'orders', '--to', servers.replicas[0]!.address, '--json'], { env });
    await answerTask('done', 'asked for');
    expect((await run).exitCode).toBe(0);
    expect((await run).json()).toMatchObject({
      ok: true,
      result: 'done',
      epoch: 2,
      phasesMs: { opened: 21 },
    });
  });

  it('fails when the engine refuses, with its reason', async () => {
    const run = dcmha(['switchover', 'orders'], { env });
    await answerTask('refused', 'no candidate');
    expect((await run).exitCode).toBe(1);
    expect((await run).stderr).toContain('dcmha: the switchover of "orders" was refused: no candidate');
  });

  it('takes the task back when nobody begins it in time', async () => {
    const run = await dcmha(['switchover', 'orders', '--timeout', '300ms'], { env });
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain('it was taken back');
    expect((await store.task.list()).nodes).toEqual([]);
  });

  it('leaves a task alone that was begun', async () => {
    await store.journal.create(
      { group: 'orders' },
      { operation: 'switchover', id: 's', epoch: 2, step: 'close', startedAtMs: 1, owner: 'engine-1' },
    );
    const run = await dcmha(['switchover', 'orders', '--timeout', '300ms'], { env });
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain('it may still happen');
    expect(run.stderr).toContain('switchover: close');
    const { nodes } = await store.task.list();
    expect(nodes).toHaveLength(1);
    await store.task.delete(nodes[0]!, { version: 'any' });
    await store.journal.delete({ group: 'orders' }, { version: 'any' });
  });
});
