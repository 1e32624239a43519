import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isPastItsWork, parseProcStat, readProcStat } from './proc-stat.js';
import { ProcessWatch } from './process-watch.js';

describe('parseProcStat', () => {
  it('is not misled by a command with spaces and parentheses', () => {
    const rest = (flags: number): string =>
      Array.from({ length: 18 }, (_, i) => (i === 5 ? flags : i + 4)).join(' ');
    expect(parseProcStat(`42 (my (sql) d) S ${rest(4_194_304)} 98765 0`)).toEqual({
      state: 'S',
      startTicks: '98765',
      isExiting: false,
    });
    expect(parseProcStat(`42 (mysqld) R ${rest(4_194_304 + 4)} 98765 0`)?.isExiting).toBe(true);
  });

  it('reads this process, and nothing for one that is not there', () => {
    expect(readProcStat(process.pid)?.state).toMatch(/^[RS]$/);
    expect(readProcStat(2 ** 22 + 1)).toBeNull();
    expect([isPastItsWork(process.pid), isPastItsWork(2 ** 22 + 1)]).toEqual([false, true]);
  });
});

describe('ProcessWatch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dcmha-process-'));
  const pidFile = join(folder, 'pid');
  let watch: ProcessWatch | undefined;
  afterEach(() => {
    watch?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says that a killed process is gone, before it is reaped', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    writeFileSync(pidFile, `${child.pid}\n`);
    const gone = await new Promise<{ pid: number; how: string }>((resolve) => {
      watch = new ProcessWatch({
        pidFile,
        pollMs: 1,
        found: (pid) => process.kill(pid, 'SIGKILL'),
        gone: (pid, how) => resolve({ pid, how }),
      });
    });
    expect(gone.pid).toBe(child.pid);
    expect(watch?.pid).toBeNull();
  });
});
