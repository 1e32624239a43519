import { afterEach, describe, expect, it } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { identify, isAlive, waitUntil, type ProcessIdentity } from '@dcmha/sandbox';

const owner = fileURLToPath(new URL('./fixtures/owner.mjs', import.meta.url));
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process that owns a sandbox with two sleeping programs in it. */
async function startOwner(mode: string) {
  const child = spawn(process.execPath, [owner, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  const line = await waitUntil(() => text.split('\n').find((l) => l.startsWith('{')), { timeoutMs: 20_000 });
  const facts = JSON.parse(line!) as { folder: string; processes: ProcessIdentity[] };
  return { child, ...facts };
}

const allGone = (processes: ProcessIdentity[]) =>
  waitUntil(() => (processes.some(isAlive) ? undefined : true), { timeoutMs: 10_000 });

describe('what a sandbox started ends with the process that owns it', () => {
  for (const [mode, ending] of [
    ['wait', 'SIGKILL'],
    ['wait', 'SIGTERM'],
    ['wait', 'SIGINT'],
    ['throw', undefined],
    ['exit', undefined],
  ] as const) {
    it(
      ending ? `by ${ending}` : mode === 'throw' ? 'by an uncaught exception' : 'by process.exit',
      async () => {
        const { child, folder, processes } = await startOwner(mode);
        expect(processes).toHaveLength(2);
        if (ending) child.kill(ending);
        expect(await allGone(processes)).toBe(true);
        expect(await waitUntil(() => (existsSync(folder) ? undefined : true), { timeoutMs: 10_000 })).toBe(
          true,
        );
      },
    );
  }

  it('but not what was released on purpose', async () => {
    const { child, folder, processes } = await startOwner('release');
    await waitUntil(() => (child.exitCode === null ? undefined : true), { timeoutMs: 10_000 });
    expect(child.exitCode).toBe(0);
    expect(processes.every(isAlive)).toBe(true);
    expect(existsSync(folder)).toBe(true);
    for (const { pid } of processes) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true });
  });
});

describe('the identity of a process', () => {
  it('differs from that of a later process with the same number', async () => {
    const child = spawn('sleep', ['30']);
    started.push(child);
    const now = identify(child.pid!)!;
    expect(isAlive(now)).toBe(true);
    expect(isAlive({ pid: now.pid, startTime: String(Number(now.startTime) - 1) })).toBe(false);
    child.kill('SIGKILL');
    expect(await waitUntil(() => (isAlive(now) ? undefined : true), { timeoutMs: 5_000 })).toBe(true);
  });
});
