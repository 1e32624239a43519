import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPastItsWork, readProcStat } from '../process/proc-stat.js';
import { hasEnded } from './end-process.js';

/** How long the threads of a killed process may take to end: one may be in the middle of a write. */
const endingMs = 5_000;
const pollMs = 5;
/** Fields of a line of /proc/locks (proc(5)): pid, device (hexadecimal major and minor), inode. */
const LOCK = /^\d+: (?:POSIX|OFDLCK)\s+\S+\s+WRITE\s+(-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /;

interface Use {
  readonly why: string;
  /** The process was killed and is being torn down. */
  readonly ending: boolean;
}

/**
 * Why the files of a server must not be served: a mysqld works with them. `null` when none does. Looks at the system now,
 * whatever was seen before, and waits for a killed process to be gone.
 *
 * A mysqld holds InnoDB's lock on `ibdata1` from its first moments to the closing of its files, when its last thread has
 * ended. The process that the pid file names is looked at as well, for where there is no such file or locks cannot be seen.
 */
export async function usedBy(
  server: { readonly pidFile: string; readonly dataDir: string },
  signal?: AbortSignal,
): Promise<string | null> {
  const deadline = performance.now() + endingMs;
  for (;;) {
    const use = await useOf(server);
    if (use === null || !use.ending || performance.now() > deadline || signal?.aborted === true) {
      return use?.why ?? null;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function useOf({
  pidFile,
  dataDir,
}: {
  readonly pidFile: string;
  readonly dataDir: string;
}): Promise<Use | null> {
  const tablespace = join(dataDir, 'ibdata1');
  const holder = await lockHolder(tablespace);
  if (holder !== null) {
    const found = holder > 0 ? readProcStat(holder) : null;
    // The kernel closes its files last, after all of its memory: nothing is written any more.
    if (found !== null && isEnding(found.state) && isPastItsWork(holder)) return null;
    return {
      why: `process ${holder > 0 ? holder : 'of another container'} holds the lock of ${tablespace}`,
      ending: holder > 0 && (found === null || isEnding(found.state)),
    };
  }
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).trim());
  const found = Number.isInteger(pid) && pid > 1 ? readProcStat(pid) : null;
  if (found === null) return null;
  const ending = isEnding(found.state);
  if (ending ? hasEnded({ pid, startTicks: found.startTicks }) : !(await isDatabaseServer(pid))) return null;
  return { why: `process ${pid} of ${pidFile} ${ending ? 'has not ended yet' : 'runs'}`, ending };
}

function isEnding(state: string): boolean {
  return 'ZXx'.includes(state);
}

/** A pid is used again after a while, by anything. */
async function isDatabaseServer(pid: number): Promise<boolean> {
  return /mysqld|mariadbd/.test(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
}

/** The process that holds the write lock of a file, 0 or less when it is one of another container; `null`: none is seen. */
export async function lockHolder(path: string): Promise<number | null> {
  const [locks, file] = await Promise.all([
    readFile('/proc/locks', 'latin1').catch(() => ''),
    stat(path, { bigint: true }).catch(() => null),
  ]);
  if (file === null) return null;
  const device = deviceOf(file.dev);
  for (const line of locks.split('\n')) {
    const [, pid, major = '', minor = '', inode = ''] = LOCK.exec(line) ?? [];
    if (pid === undefined || BigInt(inode) !== file.ino) continue;
    const isSameDevice =
      Number.parseInt(major, 16) === device.major && Number.parseInt(minor, 16) === device.minor;
    // Some file systems show another device in their files' status than in their locks.
    if (isSameDevice || (await isDatabaseServer(Number(pid)))) return Number(pid);
  }
  return null;
}

/** Device numbers as Linux puts them into `st_dev` (makedev(3)). */
function deviceOf(dev: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)),
    minor: Number((dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)),
  };
}
