import type { Stat } from '@dcmha/zk-client';
import type { NodeKey, NodeParams, NodeValue } from '../model/index.js';

/** A node as it was read. */
export interface Stored<Key extends NodeKey> {
  readonly node: Key;
  readonly path: string;
  readonly params: NodeParams<Key>;
  readonly value: NodeValue<Key>;
  /** What a conditional write names. */
  readonly version: number;
  readonly stat: Stat;
  /** The value was written by the original system; what it did not know has a neutral value (epoch 0). */
  readonly legacy: boolean;
}
