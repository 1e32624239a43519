import type { WatchEventType } from '@dcmha/zk-client';
import type { Identity } from './access.js';

/** A change of the tree in the making: what to undo when a later operation of it is refused, and what watches see. */
export interface Transaction {
  readonly zxid: bigint;
  readonly timeMs: number;
  readonly sessionId: bigint;
  readonly identities: readonly Identity[];
  readonly undo: (() => void)[];
  readonly events: {
    readonly type: Exclude<WatchEventType, 'watch-lost'>;
    readonly path: string;
    /** Of a deleted ephemeral node: the session that it belonged to. */
    readonly owner?: bigint;
  }[];
}
