import type { NodeInput, NodeKey, NodeParams } from '../model/index.js';
import type { Stored } from '../store/index.js';

/** One node to be written in this system's tree. */
export type TakeoverNode = {
  [Key in NodeKey]: {
    readonly node: Key;
    readonly params: NodeParams<Key>;
    readonly value: NodeInput<Key>;
    /** Where the original system has it. */
    readonly from: Stored<Key>;
  };
}[NodeKey];

/** What is to be written together, all or nothing. */
export interface TakeoverUnit {
  /** `group orders`, `region eu`. */
  readonly name: string;
  readonly nodes: readonly TakeoverNode[];
  /** Paths of the original system that nothing reads once these nodes are written. */
  readonly obsolete: readonly {
    readonly node: NodeKey;
    readonly path: string;
    readonly version: number;
  }[];
}

/** What taking over an installation of the original system would do. */
export interface TakeoverPlan {
  readonly units: readonly TakeoverUnit[];
  /** Left alone: what comes and goes by itself (tasks, locks, alerts, who is online), or is of this system already. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  /** What cannot be read; while there is any, nothing should be taken over. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
  /** Hosts whose agent of the original system is online: its engine may still act, stop it first. */
  readonly running: readonly string[];
}
