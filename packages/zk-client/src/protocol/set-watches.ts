import type { JuteWriter } from '../jute/jute-writer.js';
import { OpCode, Xid } from './op-code.js';

/** Paths (the server's) of the watches of a session, by kind. */
export interface WatchPaths {
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
  readonly persistent: readonly string[];
  readonly recursive: readonly string[];
}

const kinds = ['data', 'exist', 'child', 'persistent', 'recursive'] as const;

/** Small enough for the smallest limit a server may reasonably have (the Java client splits at the same size). */
const maxBytes = 128 * 1024;

/** Splits the paths so that no request becomes too large for the server. */
export function splitWatchPaths(paths: WatchPaths): WatchPaths[] {
  const parts: WatchPaths[] = [];
  let part: Record<(typeof kinds)[number], string[]> | undefined;
  let bytes = 0;
  for (const kind of kinds) {
    for (const path of paths[kind]) {
      const size = 4 + Buffer.byteLength(path);
      if (!part || bytes + size > maxBytes) {
        part = { data: [], exist: [], child: [], persistent: [], recursive: [] };
        parts.push(part);
        bytes = 0;
      }
      part[kind].push(path);
      bytes += size;
    }
  }
  return parts;
}

/**
 * Writes a `SetWatches` frame, or `SetWatches2` (ZooKeeper 3.6) when there are persistent watches: sets them all
 * again on a new connection; a one-shot watch fires at once when its node changed after `relativeZxid`.
 */
export function writeSetWatches(writer: JuteWriter, relativeZxid: bigint, paths: WatchPaths): void {
  const withPersistent = paths.persistent.length + paths.recursive.length > 0;
  const mark = writer.beginFrame();
  writer.int(Xid.setWatches);
  writer.int(withPersistent ? OpCode.setWatches2 : OpCode.setWatches);
  writer.long(relativeZxid);
  for (const kind of withPersistent ? kinds : kinds.slice(0, 3)) {
    writer.vector(paths[kind], (path) => writer.string(path));
  }
  writer.endFrame(mark);
}
