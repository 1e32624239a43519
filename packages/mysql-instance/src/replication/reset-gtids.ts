import { fill } from '../dialect/fill-template.js';
import type { Operation } from '../instance/operation.js';

/**
 * Forgets all binary logs and GTIDs of this server and takes `purged` as what it holds. For a server whose data was just
 * brought to that state (flashback); nothing else should ever call it. Replication must be stopped.
 */
export async function resetGtids(op: Operation, purged: string): Promise<void> {
  await op.session.run([
    fill(op.dialect, 'resetGtids', 'reset binary logs and GTIDs'),
    ...(purged === '' ? [] : [fill(op.dialect, 'setGtidPurged', 'set purged GTIDs', { set: purged })]),
  ]);
}
