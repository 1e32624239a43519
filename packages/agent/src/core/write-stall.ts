/** What holds commits up, as it stands in ZooKeeper. */
export interface WriteStall {
  readonly reason: 'disk-full' | 'storage' | 'lock';
  readonly detail: string;
}

/** One look at a server that takes writes. */
export interface StallFacts {
  /** Sessions that have stood in a commit for long, and what they wait for (`ack`: a replica, semi-sync). */
  readonly waiting: readonly { readonly reason: 'ack' | 'storage' | 'lock'; readonly forS: number }[];
  /** Grows with every commit, and while a long one is written: what was executed, and the size of the binlog. */
  readonly progress: string;
  /** Folders with less space than the server needs to go on. */
  readonly fullFolders: readonly string[];
}

export interface StallMemory {
  readonly progress: string;
  readonly stall: WriteStall | null;
}

export const noStall: StallMemory = { progress: '', stall: null };

/**
 * Whether commits stall, by two looks one after the other: somebody waits, and between the two nothing got on. A wait for
 * replicas (semi-sync) is none of it: that is what was asked for. Pure.
 */
export function judgeStall(before: StallMemory, { waiting, progress, fullFolders }: StallFacts): StallMemory {
  const none: StallMemory = { progress, stall: null };
  if (waiting.some(({ reason }) => reason === 'ack')) return none;
  const storage = waiting.filter(({ reason }) => reason === 'storage');
  const locked = waiting.filter(({ reason }) => reason === 'lock');
  // Somebody's lock explains all the rest.
  if (locked.length > 0) return { progress, stall: { reason: 'lock', detail: 'commits wait for a lock' } };
  if (storage.length === 0 || before.progress !== progress) return none;
  return {
    progress,
    stall:
      fullFolders.length > 0
        ? { reason: 'disk-full', detail: `no space is left in ${fullFolders.join(', ')}` }
        : { reason: 'storage', detail: 'commits wait for storage and nothing gets on' },
  };
}
