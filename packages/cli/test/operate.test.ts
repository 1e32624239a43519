import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineConfigSchema, startEngine, type EngineHandle } from '@dcmha/failover-engine';
import { accounts, Sandbox, waitUntil, type MysqlGroup, type MysqlServer } from '@dcmha/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dcmha, type Run } from './support/run.js';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe('a group with an engine, worked on from the command line', () => {
  let sandbox: Sandbox;
  let servers: MysqlGroup;
  let engine: EngineHandle | undefined;
  let folder: string;
  let env: Record<string, string>;
  const run = (...args: string[]): Promise<Run> => dcmha(args, { env });
  const [admin, replication] = [accounts.admin, accounts.replication];

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'cli-operate' });
    folder = await mkdtemp(join(tmpdir(), 'dcmha-operate-'));
    const [zooKeeper, started] = await Promise.all([sandbox.startZooKeeper(), sandbox.startGroup()]);
    servers = started;
    env = {
      DCMHA_ZOOKEEPER: zooKeeper.connectString,
      DCMHA_MYSQL_USER: admin.user,
      DCMHA_MYSQL_PASSWORD: admin.password,
    };
    const policyFile = join(folder, 'policy.yaml');
    await writeFile(policyFile, 'failover: manual\nfencing: none\nhooks: { postSwitchover: [note] }\n');
    engine = await startEngine(
      engineConfigSchema.parse({
        zookeeper: { connect: zooKeeper.connectString },
        mysql: { user: admin.user, password: admin.password },
        replication: { user: replication.user, password: replication.password },
        engineId: 'e1',
        hooks: { note: { command: ['/bin/true'] } },
      }),
      { logger: silent },
    );
    const joined = await waitUntil(
      async () => ((await run('tree', '--live')).stdout.includes('engine/members/e1') ? true : undefined),
      { timeoutMs: 30_000 },
    );
    expect(joined, 'the engine has joined').toBe(true);
    const members = servers.servers.flatMap((server) => ['-m', server.address]);
    const wrong = join(folder, 'wrong.yaml');
    await writeFile(wrong, 'hooks: { preFailover: [quorum] }\n');
    const refused = await run('group', 'add', 'orders', ...members, '--policy-file', wrong);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('policy: hooks.preFailover = "quorum": no hook of this name');
    expect(await run('group', 'add', 'orders', ...members, '--policy-file', policyFile)).toMatchObject({
      exitCode: 0,
    });
    const ready = await waitUntil(
      async () => ((await run('switchover', 'orders', '--dry-run')).exitCode === 0 ? true : undefined),
      { timeoutMs: 30_000 },
    );
    expect(ready, 'it can be switched over').toBe(true);
  });

  afterAll(async () => {
    await engine?.close();
    await sandbox?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  const primary = async (): Promise<MysqlServer> => {
    const { groups } = (await run('status', 'orders', '--json')).json<{ groups: { primary: string }[] }>();
    return servers.servers.find((server) => server.address === groups[0]?.primary)!;
  };

  it('explains itself when there is nothing to do', async () => {
    const text = await run('explain', 'orders');
    expect(text.stdout).toContain(`candidates for a failover: ${servers.replicas[0]!.address}`);
    expect(text.stdout).toMatch(/e1: none\n {2}because /);
  });

  it('a dry run prints each check and the plan; the switchover then does it', async () => {
    const [target] = servers.replicas;
    const plan = await run('switchover', 'orders', '--dry-run', '--target', target!.address);
    expect(plan.stdout).toContain(`${servers.primary.address} -> ${target!.address}`);
    expect(plan.stdout).toMatch(/ok {2}long-transactions: no transaction is open/);
    expect(plan.stdout).toMatch(/writes are held for about \d+ ms, at most 5\.0 s: then it goes back/);
    expect(plan.stdout).toContain('can be switched over; nothing was changed');
    const self = await run('switchover', 'orders', '--dry-run', '--target', servers.primary.address);
    expect(self).toMatchObject({ exitCode: 1 });
    expect(self.stdout).toContain('NO  target: ');
    const done = await run('switchover', 'orders', '--target', target!.address, '--json');
    expect(done.json()).toMatchObject({ ok: true, result: 'done', to: target!.address });
    await expect
      .poll(async () => (await run('history', 'orders', '--notes')).stdout, { timeout: 20_000 })
      .toMatch(/hooks +done[^\n]*\n {4}hook note done/);
  });

  it('maintenance: the primary that a person left is adopted, or it is said why not', async () => {
    const before = await primary();
    expect(await run('maintenance', 'on', 'orders', '--reason', 'disks')).toMatchObject({ exitCode: 0 });
    const next = servers.servers.find((server) => server !== before)!;
    const wrong = await run('maintenance', 'off', 'orders', '--adopt', next.address);
    expect(wrong).toMatchObject({ exitCode: 1 });
    expect(wrong.stderr).toContain(`${before.address} is the writable server, not ${next.address}`);
    expect((await run('status', 'orders')).stdout).toContain('maintenance by');
    const ended = await run('maintenance', 'off', 'orders', '--json');
    expect(ended.json()).toMatchObject({ ok: true, result: 'done', to: before.address });
    expect((await run('status', 'orders')).stdout).not.toContain('maintenance by');
  });

  it('a failover by hand: never while the primary answers; done when it is dead', async () => {
    const old = await primary();
    const alive = await run('failover', 'orders');
    expect(alive).toMatchObject({ exitCode: 1 });
    expect(alive.stderr).toContain('use a switchover, which loses nothing');
    await old.kill();
    const done = await run('failover', 'orders', '--json');
    expect(done.json()).toMatchObject({ ok: true, result: 'done', from: old.address });
    const history = await run('history', 'orders', '--json');
    const { entries } = history.json<{ entries: { kind: string; detail: { requestedBy?: string } }[] }>();
    expect(entries.findLast((entry) => entry.kind === 'failover')?.detail.requestedBy).toContain('@');
  });

  it('a policy is changed while the engine runs', async () => {
    const unknown = await run('group', 'set', 'orders', 'hooks.preFailover=["quorum"]');
    expect(unknown).toMatchObject({ exitCode: 1 });
    expect(unknown.stderr).toContain('expected one of note');
    expect(await run('group', 'set', 'orders', 'failover=automatic', 'antiFlapMs=0')).toMatchObject({
      exitCode: 0,
    });
    await expect
      .poll(async () => (await run('explain', 'orders')).stdout, { timeout: 10_000 })
      .not.toContain('failover: manual');
  });
});
