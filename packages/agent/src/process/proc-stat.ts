import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessStat {
  /** `R`, `S`, `D`, `Z` (ended, not yet reaped), `X` (dead), `T` (stopped), ... */
  readonly state: string;
  /** Clock ticks after boot: with the pid it names a process for good. */
  readonly startTicks: string;
  /** It is in the kernel's `do_exit` (PF_EXITING of include/linux/sched.h): no system call is made any more. */
  readonly isExiting: boolean;
}

const PF_EXITING = 0x4;

/** Fields 3, 9 and 22 of `/proc/<pid>/stat` (proc(5)); the command between them may hold spaces and parentheses. */
export function parseProcStat(text: string): ProcessStat | null {
  const end = text.lastIndexOf(')');
  if (end < 0) return null;
  const fields = text.slice(end + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  const flags = Number(fields[6]);
  if (state === undefined || startTicks === undefined) return null;
  return { state, startTicks, isExiting: (flags & PF_EXITING) !== 0 };
}

/** `null` when there is no such process. */
export function readProcStat(pid: number): ProcessStat | null {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/**
 * No thread of a killed process will make a system call any more, though the kernel may still be tearing its memory down and
 * closing its files. True also when it is gone.
 */
export function isPastItsWork(pid: number): boolean {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return true;
  }
  return threads.every((thread) => {
    try {
      const stat = parseProcStat(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1'));
      return stat !== null && (stat.isExiting || 'ZXx'.includes(stat.state));
    } catch {
      return true;
    }
  });
}
