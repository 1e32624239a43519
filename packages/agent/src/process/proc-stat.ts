import { readFileSync } from 'node:fs';

export interface ProcessStat {
  /** `R`, `S`, `D`, `Z` (ended, not yet reaped), `X` (dead), `T` (stopped), ... */
  readonly state: string;
  /** Clock ticks after boot: with the pid it names a process for good. */
  readonly startTicks: string;
}

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)); the command between them may hold spaces and parentheses. */
export function parseProcStat(text: string): ProcessStat | null {
  const end = text.lastIndexOf(')');
  if (end < 0) return null;
  const fields = text.slice(end + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  return state === undefined || startTicks === undefined ? null : { state, startTicks };
}

/** `null` when there is no such process. */
export function readProcStat(pid: number): ProcessStat | null {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}
