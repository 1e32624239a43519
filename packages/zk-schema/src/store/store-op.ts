import type { Op } from '@dcmha/zk-client';
import type { NodeKey } from '../model/index.js';

/** One checked operation of a `store.multi`; made by `opCreate`, `opWrite`, ... of a node's store. */
export interface StoreOp {
  readonly node: NodeKey;
  readonly op: Op;
}
