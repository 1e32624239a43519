import type { Acl, Stat } from '@dcmha/zk-client';

/** A node as the in-memory ensemble keeps it. */
export interface TreeNode {
  data: Buffer;
  acl: readonly Acl[];
  readonly children: Set<string>;
  readonly kind: 'persistent' | 'ephemeral' | 'container' | 'ttl';
  readonly ttlMs: number;
  readonly czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  readonly ctimeMs: number;
  mtimeMs: number;
  version: number;
  aversion: number;
  /** Children ever created: the counter of sequential names. */
  created: number;
  readonly ephemeralOwner: bigint;
}

export function statOf(node: TreeNode): Stat {
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    pzxid: node.pzxid,
    ctimeMs: node.ctimeMs,
    mtimeMs: node.mtimeMs,
    version: node.version,
    // Creations and deletions both count (DataNode.copyStat of ZooKeeper).
    cversion: node.created * 2 - node.children.size,
    aversion: node.aversion,
    ephemeralOwner: node.ephemeralOwner,
    dataLength: node.data.length,
    numChildren: node.children.size,
  };
}
