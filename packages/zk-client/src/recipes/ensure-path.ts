import { parentOf } from '../address/path.js';
import type { Acl, CallOptions, ZooKeeper } from '../api.js';
import { isZooKeeperError } from '../errors.js';
import { Deadline } from '../waiting/deadline.js';
import { acrossConnections } from '../waiting/retry.js';

/** Creates the node and every ancestor that is missing, empty and persistent; nodes that exist are left alone. */
export async function ensurePath(
  zk: ZooKeeper,
  path: string,
  options: CallOptions & { readonly acl?: readonly Acl[] } = {},
): Promise<void> {
  const deadline = new Deadline(`ensurePath ${path}`, options, 30_000);
  const missing: string[] = [];
  for (let at = path; at !== '/'; at = parentOf(at)) {
    const stat = await acrossConnections(zk, deadline, (call) => zk.exists(at, call));
    if (stat) break;
    missing.unshift(at);
  }
  for (const at of missing) {
    try {
      await acrossConnections(zk, deadline, (call) => zk.create(at, '', { ...call, acl: options.acl }));
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error;
    }
  }
}
