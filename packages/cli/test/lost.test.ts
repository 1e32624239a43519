import { agentConfigSchema, startAgent, type AgentHandle } from '@dcmha/agent';
import { MysqlInstance } from '@dcmha/mysql-instance';
import { accounts, Sandbox, waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import { createStore, type Store } from '@dcmha/zk-schema';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dcmha } from './support/run.js';

const group = 'orders';
const token = 'token-of-the-test';
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface Listed {
  lost: {
    group: string;
    id: string;
    directory: string;
    server: string;
    gtids: string;
    undone: boolean;
    review: { state: string; by?: string; note?: string };
  }[];
  resolved: number;
}
interface Replayed {
  ok: boolean;
  replayed: string;
  transactions: number;
  rows: number;
  skipped: { gtid: string; conflicts: { kind: string; message: string }[] }[];
  conflicts: { gtid?: string; kind: string; message: string }[];
  refusals: string[];
}

describe('dcmha lost', () => {
  let sandbox: Sandbox;
  let zk: ZooKeeperClient;
  let store: Store;
  let old: MysqlServer;
  let primary: MysqlServer;
  let agent: AgentHandle;
  let env: Record<string, string>;
  let folder: string;
  let id: string;
  let directory: string;
  let gtids: string[];

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'cli-lost' });
    folder = await mkdtemp(join(tmpdir(), 'dcmha-cli-lost-'));
    const [zooKeeper, { servers }] = await Promise.all([
      sandbox.startZooKeeper(),
      sandbox.startGroup({ servers: 2, semiSync: false }),
    ]);
    [old, primary] = servers as [MysqlServer, MysqlServer];
    zk = new ZooKeeperClient({ connect: zooKeeper.connectString, sessionTimeoutMs: 10_000 });
    store = createStore(zk);
    await store.prepare();
    const policy = { durability: { mode: 'async' as const }, fencing: 'none' as const };
    await store.metaGroup.create({ group }, { members: servers.map(({ address }) => address), policy });
    for (const { address } of servers) await store.metaHost.create({ server: address }, { group });
    await store.master.create({ group }, { primary: old.address, epoch: 1, sinceMs: Date.now() });

    await old.query('CREATE TABLE app.t (id INT PRIMARY KEY, note VARCHAR(50), amount DECIMAL(10,2))');
    await old.query("INSERT INTO app.t VALUES (1, 'one', 1.10), (2, 'two', 2.20), (3, 'three', 3.30)");
    const replica = new MysqlInstance({ address: primary, ...accounts.admin });
    await replica.waitForGtid((await executed(old)) ?? '', { timeoutMs: 20_000 });
    await replica.stopReceiver();
    for (const sql of [
      "INSERT INTO app.t VALUES (4, 'lost', 4.40)",
      "UPDATE app.t SET note = 'changed' WHERE id = 2",
      'DELETE FROM app.t WHERE id = 1',
      "INSERT INTO app.t VALUES (5, 'lost too', 5.50)",
    ]) {
      await old.query(sql);
    }
    await replica.prepareSource({ semisync: null });
    await replica.resetReplication();
    const before = await store.master.read({ group });
    await store.master.write({ group }, { primary: primary.address, epoch: 2, sinceMs: 2 }, { over: before });
    await replica.openWrites();
    replica.close();
    // What the primary has made of it since.
    await primary.query("INSERT INTO app.t VALUES (4, 'kept', 9.90)");

    agent = await startAgent(
      agentConfigSchema.parse({
        zookeeper: { connect: zooKeeper.connectString, sessionTimeoutMs: 4_000 },
        server: { address: old.address },
        mysql: { ...accounts.admin },
        replication: { ...accounts.replication },
        http: { host: old.host, token },
        stateDir: join(folder, 'state'),
      }),
      { logger: silent },
    );
    env = {
      DCMHA_ZOOKEEPER: zooKeeper.connectString,
      DCMHA_MYSQL_USER: accounts.admin.user,
      DCMHA_MYSQL_PASSWORD: accounts.admin.password,
      DCMHA_AGENT_TOKEN: token,
      SUDO_USER: 'anna',
    };
    const listed = await waitUntil(
      async () => {
        const { lost } = (await dcmha(['lost', 'list', '--json'], { env })).json<Listed>();
        return lost[0]?.undone === true ? lost[0] : undefined;
      },
      { timeoutMs: 60_000, everyMs: 200 },
    );
    if (listed === undefined) throw new Error('the old primary was not rolled back within 60 s');
    // As on the host of the agent; elsewhere there is no such folder.
    directory = join(folder, 'moved');
    id = listed.id;
    const [uuid, range] = listed.gtids.split(':') as [string, string];
    const first = Number(range.split('-')[0]);
    gtids = [0, 1, 2, 3].map((n) => `${uuid}:${first + n}`);
    await cp(listed.directory, join(directory, id), { recursive: true });
  });

  afterAll(async () => {
    await agent?.close();
    await zk?.close();
    await sandbox?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  const executed = async (server: MysqlServer): Promise<string | undefined> =>
    (await server.query<{ executed: string }[]>('SELECT @@GLOBAL.gtid_executed AS executed'))[0]?.executed;
  const rows = (): Promise<unknown> => primary.query('SELECT id, note FROM app.t ORDER BY id');
  const elsewhere = async (use: () => Promise<void>): Promise<void> => {
    const before = (await store.lost.read({ group, id }))!;
    const hidden = { ...before.value, directory: '/nowhere/on/this/host' };
    await store.lost.write({ group, id }, hidden, { version: before.version });
    try {
      await use();
    } finally {
      const now = (await store.lost.read({ group, id }))!;
      await store.lost.write(
        { group, id },
        { ...now.value, directory: before.value.directory },
        { version: now.version },
      );
    }
  };

  it('lists and shows what was lost', async () => {
    const list = await dcmha(['lost', 'list'], { env });
    expect(list.stdout).toContain(id);
    expect(list.stdout).toMatch(/orders +127\.0\.0\.11:\d+ +4 +4 +app\.t +yes +open/);
    const shown = await dcmha(['lost', 'show', id.slice(0, 10), '--group', group], { env });
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toContain(`committed on ${old.address} and not on its successor`);
    expect(shown.stdout).toMatch(/app\.t +2 +1 +1/);
    const sql = await dcmha(['lost', 'show', id, '--file', 'redo.sql'], { env });
    expect(sql.stdout).toContain('INSERT INTO');
    const transactions = await dcmha(['lost', 'show', id, '--rows', '--gtids', gtids[1]!], { env });
    expect(transactions.stdout).toContain('"two" -> "changed"');
    expect(transactions.stdout).not.toContain('lost too');
  });

  it('from any host, through the agent that has the files', async () => {
    await elsewhere(async () => {
      const shown = await dcmha(['lost', 'show', id, '--json'], { env });
      expect(shown.json<{ place: string }>().place).toContain(`the agent of ${old.address}`);
      const diff = await dcmha(['lost', 'diff', id, '--json'], { env });
      expect(diff.json()).toMatchObject({ counts: { 'as-before': 3, 'as-after': 0, differs: 1 } });
      expect((await readdir(tmpdir())).filter((name) => name.startsWith('dcmha-lost-'))).toEqual([]);

      const noToken = await dcmha(['lost', 'show', id], { env: { ...env, DCMHA_AGENT_TOKEN: '' } });
      expect(noToken.exitCode).not.toBe(0);
      const wrong = await dcmha(['lost', 'show', id], {
        env: { ...env, DCMHA_AGENT_TOKEN: 'another-token' },
      });
      expect(wrong).toMatchObject({ exitCode: 2 });
      expect(wrong.stderr).toContain('answers 401');
      const outside = `${agent.endpoint}/v1/lost/${encodeURIComponent('..')}/manifest.json`;
      const headers = { authorization: `Bearer ${token}` };
      expect((await fetch(outside, { headers })).status).toBe(404);
      expect((await fetch(`${agent.endpoint}/v1/lost`)).status).toBe(401);

      const copy = await dcmha(['lost', 'show', id, '--dir', directory, '--json'], { env });
      expect(copy.json<{ place: string }>().place).toBe(join(directory, id));
    });
  });

  it('shows each row before, after, and as the primary has it', async () => {
    const diff = await dcmha(['lost', 'diff', id], { env });
    expect(diff.exitCode).toBe(0);
    expect(diff.stdout).toContain('3 as before (can be replayed), 0 as after (there already), 1 conflict');
    expect(diff.stdout).toMatch(/insert app\.t \{"id":"4"\} +CONFLICT/);
    expect(diff.stdout).toMatch(/note +- +"lost" +"kept" +\*/);
    expect(diff.stdout).toMatch(/note +"two" +"changed" +"two" +\*/);
    const conflicts = await dcmha(['lost', 'diff', id, '--conflicts', '--json'], { env });
    expect(conflicts.json()).toMatchObject({
      server: primary.address,
      transactions: 4,
      rows: [{ gtid: gtids[0], state: 'differs', now: { note: 'kept' } }],
    });
  });

  it('refuses what is not chosen, not there, or damaged, before anything is changed', async () => {
    const before = await executed(primary);
    expect(await dcmha(['lost', 'replay', id], { env })).toMatchObject({ exitCode: 2 });
    expect(await dcmha(['lost', 'replay', id, '--all', '--gtids', gtids[0]!], { env })).toMatchObject({
      exitCode: 2,
    });
    const foreign = `${gtids[0]!.split(':')[0]}:999`;
    const unknown = await dcmha(['lost', 'replay', id, '--gtids', foreign], { env });
    expect(unknown).toMatchObject({ exitCode: 2 });
    expect(unknown.stderr).toContain('is not among these lost transactions');
    expect(await dcmha(['lost', 'show', 'nothing-like-it'], { env })).toMatchObject({ exitCode: 1 });
    const damaged = join(folder, 'damaged');
    await cp(join(directory, id), join(damaged, id), { recursive: true });
    await writeFile(join(damaged, id, 'events.000001'), 'nothing');
    const refused = await dcmha(['lost', 'replay', id, '--all', '--dir', damaged], { env });
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('events.000001 not as written');
    expect(await executed(primary)).toBe(before);
  });

  it('replays nothing when one conflicts, and says which', async () => {
    const before = [await executed(primary), await rows()];
    const dry = await dcmha(['lost', 'replay', id, '--all', '--dry-run', '--on-conflict', 'skip', '--json'], {
      env,
    });
    expect(dry.json<Replayed>()).toMatchObject({ ok: true, transactions: 3, skipped: [{ gtid: gtids[0] }] });
    const stopped = await dcmha(['lost', 'replay', id, '--all', '--json'], { env });
    expect(stopped.exitCode).toBe(1);
    expect(stopped.json<Replayed>()).toMatchObject({
      ok: false,
      transactions: 0,
      conflicts: [{ gtid: gtids[0], kind: 'exists' }],
    });
    expect([await executed(primary), await rows()]).toEqual(before);
    expect((await store.lost.read({ group, id }))?.value.review.state).toBe('open');
  });

  it('replays chosen ones in one transaction, skips and reports the one that conflicts, and notes it', async () => {
    const chosen = `${gtids[0]},${gtids[1]},${gtids[3]}`;
    const before = await executed(primary);
    const replayed = await dcmha(
      ['lost', 'replay', id, '--gtids', chosen, '--on-conflict', 'skip', '--json'],
      { env },
    );
    expect(replayed.exitCode).toBe(0);
    expect(replayed.json<Replayed>()).toMatchObject({
      ok: true,
      transactions: 2,
      rows: 2,
      skipped: [{ gtid: gtids[0], conflicts: [{ kind: 'exists' }] }],
    });
    expect(await rows()).toEqual([
      { id: 1, note: 'one' },
      { id: 2, note: 'changed' },
      { id: 3, note: 'three' },
      { id: 4, note: 'kept' },
      { id: 5, note: 'lost too' },
    ]);
    const [added] = await primary.query<{ added: string }[]>(
      'SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, ?) AS added',
      [before],
    );
    expect(added?.added).toMatch(/^[0-9a-f-]{36}:\d+$/);

    const { value } = (await store.lost.read({ group, id }))!;
    expect(value.review).toMatchObject({ state: 'replayed' });
    expect(value.review.by).toMatch(/^anna@/);
    const history = await dcmha(['history', group, '--json'], { env });
    expect(history.json<{ entries: { kind: string; reason: string }[] }>().entries.at(-1)).toMatchObject({
      kind: 'lost-replay',
      result: 'done',
    });
    const review = (await readFile(join(value.directory, 'review.jsonl'), 'utf8')).trim().split('\n');
    const actions = review.map((line) => (JSON.parse(line) as { action: string }).action);
    expect(actions.slice(-2)).toEqual(['replay-begun', 'replayed']);

    const twice = await dcmha(['lost', 'replay', id, '--gtids', gtids[3]!], { env });
    expect(twice.exitCode).toBe(1);
    expect(twice.stderr).toContain('was replayed already, by anna@');
  });

  it('does not go on where it is not known how an earlier replay ended', async () => {
    const copy = join(folder, 'interrupted');
    await cp(join(directory, id), join(copy, id), { recursive: true });
    const begun = { atMs: 1, by: 'ben@ops2', action: 'replay-begun', gtids: gtids[2] };
    await writeFile(join(copy, id, 'review.jsonl'), `${JSON.stringify(begun)}\n`);
    const refused = await dcmha(['lost', 'replay', id, '--gtids', gtids[2]!, '--dir', copy], { env });
    expect(refused.stderr).toContain('ben@ops2 began to replay');
    const again = await dcmha(
      ['lost', 'replay', id, '--gtids', gtids[2]!, '--dir', copy, '--again', '--json'],
      { env },
    );
    expect(again.json<Replayed>()).toMatchObject({ ok: true, transactions: 1 });
    expect(await rows()).not.toContainEqual({ id: 1, note: 'one' });
  });

  it('is resolved with who and why, and no longer listed', async () => {
    await elsewhere(async () => {
      const resolved = await dcmha(['lost', 'resolve', id, '--note', 'the rest was a test'], { env });
      expect(resolved).toMatchObject({ exitCode: 0, stderr: '' });
    });
    const list = await dcmha(['lost', 'list', group, '--json'], { env });
    expect(list.json<Listed>()).toMatchObject({ lost: [], resolved: 1 });
    const all = await dcmha(['lost', 'list', '--all', '--json'], { env });
    expect(all.json<Listed>().lost[0]?.review).toMatchObject({
      state: 'resolved',
      note: 'the rest was a test',
    });
    const shown = await dcmha(['lost', 'show', id], { env });
    expect(shown.stdout).toMatch(/resolved +anna@/);
  });
});
