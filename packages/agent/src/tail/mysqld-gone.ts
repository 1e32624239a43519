import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readProcStat } from '../process/proc-stat.js';

/** How long threads of a killed process may take to end. */
const threadsMs = 1_000;
const pollMs = 5;
/** Column of the inode (`major:minor:inode`, hexadecimal numbers of the device) in /proc/locks, see proc(5). */
const LOCK = /^\d+: (?:POSIX|OFDLCK)\s+\S+\s+WRITE\s+(-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /;

/**
 * Why the files of a server must not be served yet: a mysqld works with them. `null` when none does. Looks at the process
 * table now, whatever was seen before.
 *
 * - the process that the pid file names exists and is a mysqld (a pid is used again after a while);
 * - a process holds InnoDB's lock on `ibdata1`, as every mysqld does from its first moment on;
 * - threads of a killed process still end: one may be in the middle of a write.
 */
export async function usedBy(
  { pidFile, dataDir }: { readonly pidFile: string; readonly dataDir: string },
  signal?: AbortSignal,
): Promise<string | null> {
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).trim());
  if (Number.isInteger(pid) && pid > 1) {
    const process = await describe(pid);
    if (process === 'living') return `process ${pid} is a running mysqld (${pidFile})`;
    if (process === 'ending' && !(await threadsEnded(pid, signal))) {
      return `threads of the killed process ${pid} have not ended within ${threadsMs} ms`;
    }
  }
  const holder = await lockHolder(join(dataDir, 'ibdata1'));
  if (holder !== null && (holder <= 0 || (await describe(holder)) !== 'gone')) {
    return `process ${holder} holds the lock of ${join(dataDir, 'ibdata1')}`;
  }
  return null;
}

/** The process that holds the lock of a file, 0 when it is one of another container; `null` when nobody does. */
export async function lockHolder(path: string): Promise<number | null> {
  const [locks, file] = await Promise.all([
    readFile('/proc/locks', 'latin1').catch(() => ''),
    stat(path, { bigint: true }).catch(() => null),
  ]);
  if (file === null) return null;
  const major = Number((file.dev >> 8n) & 0xfffn);
  const minor = Number((file.dev & 0xffn) | ((file.dev >> 12n) & 0xfff00n));
  for (const line of locks.split('\n')) {
    const [, pid, lockMajor = '', lockMinor = '', inode = ''] = LOCK.exec(line) ?? [];
    if (pid === undefined || BigInt(inode) !== file.ino) continue;
    if (Number.parseInt(lockMajor, 16) === major && Number.parseInt(lockMinor, 16) === minor)
      return Number(pid);
  }
  return null;
}

async function describe(pid: number): Promise<'living' | 'ending' | 'gone'> {
  const found = readProcStat(pid);
  if (found === null) return 'gone';
  if ('ZXx'.includes(found.state)) return 'ending';
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  // A process that is being torn down has no command line any more.
  if (command === '') return 'ending';
  return /mysqld|mariadbd/.test(command) ? 'living' : 'gone';
}

/** A process is a zombie as soon as its first thread has ended. */
async function threadsEnded(pid: number, signal: AbortSignal | undefined): Promise<boolean> {
  const deadline = performance.now() + threadsMs;
  for (;;) {
    const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
    if (threads.length <= 1) return true;
    if (performance.now() > deadline || signal?.aborted === true) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
