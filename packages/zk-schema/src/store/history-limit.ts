import { isZooKeeperError } from '@dcmha/zk-client';
import type { CallOptions } from '@dcmha/zk-client';
import { joinPath } from '../path/znode-path.js';
import type { StoreContext } from './context.js';
import { NodeStore } from './node-store.js';

/** Deleted in one call at most, so that a huge backlog does not hold up its caller. */
const deletedMax = 200;

/** Deletes the oldest entries of a group beyond `keep`. @returns how many were deleted. */
export async function pruneHistory(
  context: StoreContext,
  group: string,
  keep: number,
  options: CallOptions = {},
): Promise<number> {
  const entries = new NodeStore(context, 'history');
  const { nodes } = await entries.list({ group }, options);
  const folder = entries.folder({ group });
  // ZooKeeper numbers them with as many digits, so the order of their names is that of their creation.
  const excess = nodes.slice(0, Math.min(deletedMax, Math.max(0, nodes.length - keep)));
  for (const { entry } of excess) {
    try {
      await context.zk.delete(joinPath(folder, entry), options);
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
    }
  }
  return excess.length;
}
