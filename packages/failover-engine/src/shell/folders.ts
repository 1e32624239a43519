import { isZooKeeperError, type ZooKeeper } from '@dcmha/zk-client';
import { model, nodeKeys, type Layout } from '@dcmha/zk-schema';

/** Creates the persistent folders of the tree that are not there yet. */
export async function ensureFolders(zk: ZooKeeper, layout: Layout, timeoutMs: number): Promise<void> {
  const folders = new Set<string>();
  for (const key of nodeKeys) addWithParents(folders, `${layout.root}/${layout.names[model[key].name]}`);
  // Parents come before their children: they are shorter.
  for (const path of [...folders].sort((a, b) => a.length - b.length)) await ensurePath(zk, path, timeoutMs);
}

export async function ensurePath(zk: ZooKeeper, path: string, timeoutMs: number): Promise<void> {
  try {
    await zk.create(path, '', { timeoutMs });
  } catch (error) {
    if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error;
  }
}

function addWithParents(folders: Set<string>, path: string): void {
  const parts = path.split('/').slice(1);
  for (let depth = 1; depth <= parts.length; depth += 1) folders.add(`/${parts.slice(0, depth).join('/')}`);
}
