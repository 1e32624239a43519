import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haproxyConfig } from '@dcmha/router-sync';
import { Sandbox } from '@dcmha/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dcmha } from './support/run.js';

let sandbox: Sandbox;
let folder: string;
let config: Record<string, unknown>;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'daemon' });
  folder = await mkdtemp(join(tmpdir(), 'dcmha-daemon-'));
  const zooKeeper = await sandbox.startZooKeeper();
  const socketPath = join(sandbox.folder, 'haproxy.sock');
  await sandbox.startHaproxy({
    config: haproxyConfig({
      socketPath,
      groups: [
        {
          group: 'orders',
          writeBind: `127.0.0.1:${await sandbox.freePort()}`,
          readBind: `127.0.0.1:${await sandbox.freePort()}`,
        },
      ],
    }),
  });
  config = {
    router: 'haproxy-1',
    zookeeper: { connect: zooKeeper.connectString, auth: { fromEnv: 'ZK_AUTH' } },
    proxy: { type: 'haproxy', socket: socketPath },
    groups: ['orders'],
    stateFile: join(folder, 'state.json'),
  };
});

afterAll(async () => {
  await sandbox?.close();
  if (folder) await rm(folder, { recursive: true });
});

async function configFile(change: Record<string, unknown> = {}): Promise<string> {
  const path = join(folder, 'router.json');
  await writeFile(path, JSON.stringify({ ...config, ...change }, null, 2));
  return path;
}

describe('a daemon', () => {
  const env = { ZK_AUTH: 'dcmha:hush-hush' };

  it('says when it is ready, runs until it is asked to end, and logs no secret', async () => {
    const end = new AbortController();
    const path = await configFile();
    const run = dcmha(['router', '--config', path, '--log-level', 'debug'], {
      env,
      signal: end.signal,
      onStdout: (text) => {
        if (text.includes('"event":"ready"')) end.abort('SIGTERM');
      },
    });
    const { exitCode, stdout, stderr } = await run;
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toMatchObject([
      { event: 'ready', daemon: 'router', pid: process.pid },
      { event: 'ended', daemon: 'router' },
    ]);
    expect(exitCode).toBe(0);
    const log = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(log.every((line) => line.daemon === 'router' && typeof line.time === 'string')).toBe(true);
    expect(log.map((line) => line.message)).toContain('ending');
    expect(stdout + stderr).not.toContain('hush-hush');
  });

  it('refuses a configuration with a wrong key before it does anything', async () => {
    const path = await configFile({ stateFiles: '/x', checkIntervalMs: 0 });
    const run = await dcmha(['router', '--config', path], { env });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain('stateFiles: unknown key, did you mean "stateFile"?');
    expect(run.stderr).toContain('checkIntervalMs: expected number to be >0');
  });

  it('refuses a secret that is not there', async () => {
    const run = await dcmha(['router', '--config', await configFile()]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(
      /router\.json:\d+: zookeeper\.auth: the environment variable ZK_AUTH is not set/,
    );
  });

  it('fails with the reason when it cannot start', async () => {
    const stateFile = join(folder, 'broken.json');
    await writeFile(stateFile, 'what is this');
    const run = await dcmha(['router', '--config', await configFile({ stateFile })], { env });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(`dcmha: the state file ${stateFile} does not hold what router-sync writes`);
  });
});

describe('dcmha check-config', () => {
  it('checks without starting anything', async () => {
    const path = await configFile();
    const good = await dcmha(['check-config', path, '--json'], {
      env: { ZK_AUTH: 'a:b' },
    });
    expect(good).toMatchObject({ exitCode: 0 });
    expect(good.json()).toEqual({ ok: true, file: path, kind: 'router' });
    const wrong = await dcmha(['check-config', path, '--kind', 'agent'], { env: { ZK_AUTH: 'a:b' } });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('mysql: is missing');
    const unknown = await dcmha(['check-config', path, '--kind', 'rooter']);
    expect(unknown.exitCode).toBe(2);
    const other = join(folder, 'other.yaml');
    await writeFile(other, 'what: ever\n');
    expect((await dcmha(['check-config', other])).stderr).toContain('expected --kind agent|engine|router');
  });
});

describe('dcmha', () => {
  it('prints help, a completion script, and completions', async () => {
    const help = await dcmha(['--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toMatch(/dcmha switchover <group>.*dcmha router/s);
    expect((await dcmha(['group', 'add', '--help'])).stdout).toContain('--policy-file');
    expect((await dcmha(['completion'])).stdout).toContain('--get-yargs-completions');
    expect((await dcmha([])).exitCode).toBe(2);
    expect((await dcmha(['group'])).stderr).toBe(
      'dcmha: dcmha group needs a command; see dcmha group --help\n',
    );
  });

  it('prints a haproxy.cfg', async () => {
    const run = await dcmha(['router', 'config', '--group', 'orders=*:3306,*:3307', '--hold', '200']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toContain('listen dcmha_orders_write\n    bind *:3306\n');
    const wrong = await dcmha(['router', 'config', '--group', 'orders=*:3306']);
    expect(wrong.exitCode).toBe(2);
    const clash = await dcmha(['router', 'config', '--group', 'orders=*:3306,*:3306']);
    expect(clash).toMatchObject({ exitCode: 2 });
    expect(clash.stderr).toContain('groups[0].readBind is "*:3306", which groups[0].writeBind has already');
  });
});
