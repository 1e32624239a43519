import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import {
  fourLetterWord,
  sandboxDown,
  sandboxKill,
  sandboxNames,
  sandboxStart,
  sandboxStatus,
  sandboxUp,
  type SandboxStatus,
} from '@dcmha/sandbox';

const name = `test-${process.pid}`;
let up: SandboxStatus;

beforeAll(async () => {
  // By another process, which has ended by now: what it started must have outlived it.
  const starter = fileURLToPath(new URL('./fixtures/up.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [starter, name], { timeout: 120_000 });
  up = JSON.parse(stdout) as SandboxStatus;
});
afterAll(async () => {
  await sandboxDown(name).catch(() => {});
});

const entryNamed = async (wanted: string) =>
  (await sandboxStatus(name)).entries.find((entry) => entry.name === wanted)!;

describe('a sandbox that outlives its starter', () => {
  it('is found by name, with everything running and one writable server', async () => {
    expect(await sandboxNames()).toContain(name);
    const { entries, endpoints } = await sandboxStatus(name);
    expect(entries.map((entry) => [entry.name, entry.state, entry.role])).toEqual([
      ['zookeeper-1', 'running', undefined],
      ['mysql-1', 'running', 'writable'],
      ['mysql-2', 'running', 'read-only'],
    ]);
    const [host, port] = endpoints.zookeeper!.split(':') as [string, string];
    expect(await fourLetterWord(host, Number(port), 'ruok')).toBe('imok');
  });

  it('cannot be brought up twice', async () => {
    await expect(sandboxUp({ name })).rejects.toMatchObject({ code: 'SANDBOX_EXISTS' });
  });

  it('has its primary killed by that word, and comes up closed when started again', async () => {
    expect(await sandboxKill(name, 'primary')).toMatchObject({ name: 'mysql-1' });
    expect((await entryNamed('mysql-1')).state).toBe('gone');
    await expect(sandboxKill(name, 'primary')).rejects.toThrow('no writable server');
    await expect(sandboxKill(name, 'mysql-1')).rejects.toMatchObject({ code: 'NO_SUCH_SERVER' });
    await sandboxStart(name, 'mysql-1');
    expect(await entryNamed('mysql-1')).toMatchObject({ state: 'running', role: 'read-only' });
    await expect(sandboxStart(name, 'mysql-1')).rejects.toThrow('runs already');
  });

  it('has servers frozen and thawed', async () => {
    await sandboxKill(name, up.entries[2]!.address!, 'SIGSTOP');
    expect(await entryNamed('mysql-2')).toMatchObject({ state: 'frozen' });
    await sandboxKill(name, 'mysql-2', 'SIGCONT');
    expect(await entryNamed('mysql-2')).toMatchObject({ state: 'running', role: 'read-only' });
  });

  it('names what there is when asked for something else', async () => {
    await expect(sandboxKill(name, 'mysql-9')).rejects.toThrow('zookeeper-1, mysql-1, mysql-2');
    await expect(sandboxStatus('no-such')).rejects.toThrow(
      /no sandbox is called "no-such"; there are: .*test-/,
    );
  });

  it('is gone after down, folder and all', async () => {
    expect(await sandboxDown(name)).toEqual({ ended: 3 });
    expect(existsSync(up.folder)).toBe(false);
    expect(await sandboxNames()).not.toContain(name);
    await expect(sandboxDown(name)).rejects.toMatchObject({ code: 'NO_SUCH_SANDBOX' });
  });
});
