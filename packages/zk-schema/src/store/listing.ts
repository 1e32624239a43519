import { isZooKeeperError } from '@dcmha/zk-client';
import type { CallOptions } from '@dcmha/zk-client';
import type { NodeKey, NodeParams } from '../model/index.js';
import { parsePath } from '../path/index.js';
import { joinPath } from '../path/znode-path.js';
import type { StoreContext } from './context.js';

export interface Listing<Key extends NodeKey> {
  /** Parameters of the nodes of this kind, in the order of their names. */
  readonly nodes: readonly NodeParams<Key>[];
  /** Nodes of the original system among them, by the path under which `readPath` reads them. */
  readonly legacy: readonly string[];
  /** What stands in the folder and is of no known kind. */
  readonly unknown: readonly { readonly path: string; readonly reason: string }[];
}

/** The nodes of a kind in one folder; a folder that is missing is empty. */
export async function listFolder<Key extends NodeKey>(
  { zk, layout }: StoreContext,
  key: Key,
  folder: string,
  options: CallOptions,
): Promise<Listing<Key>> {
  const nodes: NodeParams<Key>[] = [];
  const legacy: string[] = [];
  const unknown: { path: string; reason: string }[] = [];
  for (const name of await childrenOrNone(zk, folder, options)) {
    const path = joinPath(folder, name);
    const parsed = parsePath(layout, path);
    if (parsed.kind === 'unknown') unknown.push({ path, reason: parsed.reason });
    // Another kind in the same folder (`<group>_send` beside `<group>`) is no surprise.
    else if (parsed.kind === 'node' && parsed.node === key) {
      if (parsed.legacy) legacy.push(path);
      else nodes.push(parsed.params as NodeParams<Key>);
    }
  }
  return { nodes, legacy, unknown };
}

async function childrenOrNone(
  zk: StoreContext['zk'],
  folder: string,
  options: CallOptions,
): Promise<string[]> {
  try {
    return (await zk.children(folder, options)).children.sort();
  } catch (error) {
    if (isZooKeeperError(error, 'NO_NODE')) return [];
    throw error;
  }
}
