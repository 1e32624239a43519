import { readdirSync, readFileSync } from 'node:fs';

/** A process, told from a later one with the same number by when it started. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat (proc(5)): clock ticks after boot. */
  readonly startTime: string;
}

/** The process with this number now; `undefined` when there is none, or only a zombie of one. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, startTime: stat.startTime };
}

/** `frozen`: stopped by SIGSTOP. */
export type ProcessState = 'running' | 'frozen' | 'gone';

export function stateOf(process: ProcessIdentity): ProcessState {
  const stat = readStat(process.pid);
  if (stat === undefined || stat.startTime !== process.startTime) return 'gone';
  return stat.state === 'T' ? 'frozen' : 'running';
}

/**
 * Whether every thread of it is stopped: a thread that was on a processor when SIGSTOP came goes on until it enters the
 * kernel, on a busy machine for milliseconds.
 */
export function isWhollyFrozen(process: ProcessIdentity): boolean {
  if (stateOf(process) !== 'frozen') return false;
  try {
    return readdirSync(`/proc/${process.pid}/task`).every((thread) => {
      const state = readStat(process.pid, `task/${thread}/stat`)?.state;
      return state === undefined || state === 'T';
    });
  } catch {
    return false;
  }
}

function readStat(pid: number, file = 'stat'): { state: string; startTime: string } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
  // The name (field 2) is in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTime = fields[19];
  if (state === undefined || startTime === undefined || state === 'Z' || state === 'X') return undefined;
  return { state, startTime };
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTime === process.startTime;
}

/** Sends the signal if the process still is the one we mean; `false` when it is gone. */
export function sendSignal(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(target)) return false;
  try {
    process.kill(target.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
