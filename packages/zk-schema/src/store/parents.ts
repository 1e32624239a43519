import { isZooKeeperError } from '@dcmha/zk-client';
import type { CallOptions } from '@dcmha/zk-client';
import { parentPath } from '../path/znode-path.js';
import type { StoreContext } from './context.js';

/** How often something may be deleted under our hands before we give up. */
const attemptsMax = 5;

/** Creates the nodes above a path that are missing, persistent and empty. */
export async function ensureParents(
  context: StoreContext,
  path: string,
  options: CallOptions = {},
): Promise<void> {
  const parent = parentPath(path);
  if (parent !== '/') await ensureFolder(context, parent, options);
}

/** Creates a node without value, and those above it, where they are missing. */
export async function ensureFolder(
  context: StoreContext,
  path: string,
  options: CallOptions = {},
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await context.zk.create(path, undefined, { ...options, acl: context.acl });
      return;
    } catch (error) {
      if (isZooKeeperError(error, 'NODE_EXISTS')) return;
      if (!isZooKeeperError(error, 'NO_NODE') || attempt === attemptsMax) throw error;
    }
    await ensureParents(context, path, options);
  }
}

/** Runs a creation; where parents are missing makes them and runs it again. */
export async function withParents<T>(
  context: StoreContext,
  path: string,
  options: CallOptions,
  create: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await create();
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE') || attempt === attemptsMax) throw error;
    }
    await ensureParents(context, path, options);
  }
}
