import { MysqlInstance } from '@dcmha/mysql-instance';
import { accounts, type MysqlServer } from '@dcmha/sandbox';
import type { GroupPolicyInput } from '@dcmha/zk-schema';
import { createConnection, type Connection } from 'mysql2/promise';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Explanation, SwitchoverReport } from '../src/index.js';
import { GroupUnderTest, keyOf } from './support/group-under-test.js';

const hookFile = join(tmpdir(), `dcmha-hooks-${process.pid}.jsonl`);
const append = `process.stdin.pipe(require('fs').createWriteStream(${JSON.stringify(hookFile)}, { flags: 'a' }))`;

describe('people working on a group of real servers', () => {
  let under: GroupUnderTest;
  const policy: GroupPolicyInput = {
    failover: 'manual',
    switchoverTimeoutMs: 4_000,
    longTransactionMs: 1_000,
    hooks: { preSwitchover: ['record'], postSwitchover: ['record'], postFailover: ['record'] },
  };

  beforeAll(async () => {
    under = await GroupUnderTest.start({
      name: 'operating',
      semiSync: true,
      policy,
      hooks: { record: { command: [process.execPath, '-e', append], timeoutMs: 20_000 } },
    });
    await under.write(await under.primary(), ['CREATE TABLE app.t (id INT PRIMARY KEY)']);
  });

  afterAll(() => under?.close());

  const session = async (server: MysqlServer): Promise<Connection> => {
    const connection = await createConnection({
      host: server.host,
      port: server.port,
      user: accounts.admin.user,
      password: accounts.admin.password,
    });
    connection.on('error', () => undefined);
    return connection;
  };
  const ask = async <Answer>(what: string): Promise<Answer> =>
    (await (await fetch(`${under.endpoint}/groups/${under.group}/${what}`)).json()) as Answer;
  const hookCalls = async (): Promise<{ point: string; to: string | null }[]> =>
    (await readFile(hookFile, 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { point: string; to: string | null });

  it('a dry run names a long transaction and a running ALTER, and changes nothing', async () => {
    const primary = await under.primary();
    const route = (await under.store.route.read({ group: under.group }))?.value;
    const [holder, altering] = [await session(primary), await session(primary)];
    try {
      await holder.query('BEGIN');
      await holder.query('INSERT INTO app.t VALUES (1000)');
      const altered = altering.query('ALTER TABLE app.t ADD COLUMN v INT').catch(() => undefined);
      const failed = (report: SwitchoverReport): string[] =>
        report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
      await under.eventually('both are seen', async () => {
        const found = failed(await ask<SwitchoverReport>('switchover'));
        return found.includes('long-transactions') && found.includes('running-ddl');
      });
      const report = await ask<SwitchoverReport>('switchover');
      expect(report).toMatchObject({ possible: false, plan: { from: keyOf(primary), holdMsMax: 4_000 } });
      const refused = await under.resultOf('switchover', {});
      expect(refused).toMatchObject({ result: 'refused', detail: { requestedBy: 'ann' } });
      expect(refused.reason).toContain('ALTER TABLE app.t');
      await holder.query('ROLLBACK');
      await altered;
    } finally {
      holder.destroy();
      altering.destroy();
    }
    expect((await under.store.route.read({ group: under.group }))?.value).toEqual(route);
    expect(await hookCalls()).toEqual([]);
  });

  it('a switchover whose target cannot apply goes back to the old primary whole', async () => {
    const primary = await under.primary();
    const [target] = under.replicasOf(primary);
    const blocker = await session(target!);
    try {
      await under.eventually(
        'it can be switched over',
        async () => (await ask<SwitchoverReport>('switchover')).possible,
      );
      await blocker.query('LOCK TABLES app.t READ');
      await under.write(primary, ['INSERT INTO app.t (id) VALUES (1)']);
      const entry = await under.resultOf('switchover', { target: keyOf(target!) });
      expect(entry).toMatchObject({ result: 'stood-down', from: keyOf(primary) });
      expect(entry.reason).toContain('did not catch up');
      expect((await under.store.route.read({ group: under.group }))?.value.write).toBe(keyOf(primary));
      await under.write(primary, ['INSERT INTO app.t (id) VALUES (2)']);
      await blocker.query('UNLOCK TABLES');
    } finally {
      blocker.destroy();
    }
    await under.healthy(keyOf(primary));
    const ids = await under.value(primary, 'SELECT GROUP_CONCAT(id ORDER BY id) FROM app.t');
    expect(ids).toBe('1,2');
  });

  it('a scheduled switchover is begun at its time, its hooks before and after it', async () => {
    const primary = await under.primary();
    const target = keyOf(under.replicasOf(primary)[1]!);
    const notBeforeMs = Date.now() + 1_500;
    const entry = await under.resultOf('switchover', {
      target,
      notBeforeMs,
      notAfterMs: notBeforeMs + 30_000,
    });
    expect(entry).toMatchObject({ result: 'done', to: target });
    expect(entry.at).toBeGreaterThanOrEqual(notBeforeMs);
    expect(String((entry.detail['notes'] as unknown[])[0])).toContain('hook record done');
    await under.eventually('the hooks are in the history', async () =>
      (await under.history()).some((e) => e.kind === 'hooks' && e.result === 'done' && e.to === target),
    );
    // The hooks of the one before may still be running: they are told of another target.
    expect((await hookCalls()).filter(({ to }) => to === target)).toMatchObject([
      { point: 'preSwitchover', to: target },
      { point: 'postSwitchover', to: target },
    ]);
    await under.healthy(target);
  });

  it('a primary that was moved by hand in maintenance is adopted when its time is over', async () => {
    const { group, store } = under;
    const epoch = (await store.master.read({ group }))?.value.epoch ?? 0;
    const old = await under.primary();
    const [next, other] = under.replicasOf(old) as [MysqlServer, MysqlServer];
    await store.white.create({ group }, { by: 'ann', reason: 'disks', sinceMs: Date.now() });
    await under.eventually(
      'it is known',
      async () => (await ask<Explanation>('explain')).maintenance !== null,
    );
    await under.write(next, [
      'STOP REPLICA',
      'RESET REPLICA ALL',
      'SET GLOBAL super_read_only = OFF',
      'SET GLOBAL read_only = OFF',
    ]);
    const refused = await under.resultOf('adopt', {});
    expect(refused).toMatchObject({ kind: 'adopt', result: 'refused' });
    expect(refused.reason).toContain('2 servers are writable');
    // Its time comes while two are open: neither the agents nor the engine touch them.
    const white = await store.white.read({ group });
    await store.white.write({ group }, { ...white!.value, untilMs: Date.now() }, { version: white!.version });
    await under.eventually(
      'it is refused',
      async () => (await ask<Explanation>('explain')).maintenance?.refused?.includes('2 servers') === true,
    );
    expect(await under.value(next, 'SELECT @@GLOBAL.read_only')).toBe('0');
    await under.write(old, ['SET GLOBAL super_read_only = ON']);
    for (const server of [old, other]) {
      const instance = new MysqlInstance({ address: server, ...accounts.admin });
      const options = { ...accounts.replication, semisyncReplica: true, durability: 'relaxed' } as const;
      await instance.follow({ host: next.host, port: next.port }, options);
      instance.close();
    }
    await under.healthy(keyOf(next));
    expect((await store.master.read({ group }))?.value).toMatchObject({
      primary: keyOf(next),
      epoch: epoch + 1,
    });
    expect(await store.white.read({ group })).toBeNull();
    await under.write(next, ['INSERT INTO app.t (id) VALUES (3)']);
  });

  it('a policy that contradicts the group leaves the group alone until it is put right', async () => {
    const { group, store } = under;
    const meta = await store.metaGroup.read({ group });
    const wrong = { ...policy, leaseMs: 100, hooks: { preFailover: ['unknown'] } };
    await store.metaGroup.write({ group }, { ...meta!.value, policy: wrong }, { version: meta!.version });
    const seen = async () => (await ask<Explanation>('explain')).evaluations[0]?.diagnoses[0];
    await under.eventually('it is refused', async () => (await seen())?.name === 'policy-refused');
    expect((await seen())?.evidence).toEqual([
      expect.stringMatching(/^leaseMs = 100: below the ZooKeeper session timeout of the agents \(\d+ ms\)/),
      expect.stringMatching(/^hooks.preFailover = "unknown": no hook of this name/),
    ]);
    const now = await store.metaGroup.read({ group });
    await store.metaGroup.write({ group }, meta!.value, { version: now!.version });
    await under.eventually('it is good again', async () => (await seen())?.name !== 'policy-refused');
  });

  it('with failover: manual nothing happens until a person asks; then also right after another one', async () => {
    const alive = await under.resultOf('failover', {});
    expect(alive).toMatchObject({ result: 'refused' });
    expect(alive.reason).toContain('use a switchover');
    const first = await under.primary();
    await first.kill();
    await under.eventually('it says that the policy wants a person', async () =>
      (await ask<Explanation>('explain')).evaluations.some((e) => e.reason.includes('failover: manual')),
    );
    const done = await under.resultOf('failover', {});
    expect(done).toMatchObject({ result: 'done', from: keyOf(first), detail: { requestedBy: 'ann' } });
    await first.start();
    await under.healthy();
    const second = await under.primary();
    await second.kill();
    expect(await under.resultOf('failover', { target: keyOf(first) })).toMatchObject({ to: keyOf(first) });
    await under.write(first, ['INSERT INTO app.t (id) VALUES (4)']);
    expect(await under.value(first, 'SELECT GROUP_CONCAT(id ORDER BY id) FROM app.t')).toBe('1,2,3,4');
  });
});
