import { createHash } from 'node:crypto';

/**
 * The GTID under which the undo of a set of errant transactions is committed. The server keeps it in `gtid_executed` in
 * the same commit, so after a crash it says whether that undo was done. The same set always gives the same marker.
 */
export function undoMarker(serverUuid: string, errantGtids: string): string {
  const hex = createHash('sha256').update(`dcmha undo\0${serverUuid}\0${errantGtids}`).digest('hex');
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
  return `${uuid}:1`;
}
