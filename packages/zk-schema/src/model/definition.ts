import type { z } from 'zod';
import type { NodeName } from './names.js';

/**
 * What a variable part of a path is:
 * - `group`: name of a group (see `groupName`);
 * - `address`: a server, `host:port`;
 * - `name`: any text, escaped where ZooKeeper or the path needs it;
 * - `sequence`: given by ZooKeeper on creation (`entry-0000000007`).
 */
export type ParamKind = 'group' | 'address' | 'name' | 'sequence';

/**
 * - `persistent`: stays until deleted;
 * - `ephemeral`: deleted by ZooKeeper with the session that created it;
 * - `persistent-sequential`: stays, and ZooKeeper completes its name with a counter.
 */
export type Lifetime = 'persistent' | 'ephemeral' | 'persistent-sequential';

/** One kind of node of the tree: the only place where its path, its life and its value are defined. */
export interface NodeDefinition<
  Params extends Readonly<Record<string, ParamKind>> = Readonly<Record<string, ParamKind>>,
  Schema extends z.ZodType = z.ZodType,
> {
  /** Which configurable name it stands under. */
  readonly name: NodeName;
  /** The variable parts of the path after the name, in order. */
  readonly params: Params;
  /** Appended to the last variable part (`watch-down/<group>_send`). */
  readonly suffix?: string;
  readonly lifetime: Lifetime;
  /** For sequential nodes: what stands before the counter. */
  readonly sequencePrefix?: string;
  /** Format of the value, written into it as `v`; grows only when older readers would misread a value. */
  readonly format: number;
  readonly schema: Schema;
  /** One sentence for a person: what the node holds. */
  readonly summary: string;
  readonly writtenBy: string;
  readonly readBy: string;
  /** A value as it may stand there. */
  readonly example: z.input<Schema>;
}

export function defineNode<
  const Params extends Readonly<Record<string, ParamKind>>,
  Schema extends z.ZodType,
>(definition: NodeDefinition<Params, Schema>): NodeDefinition<Params, Schema> {
  return definition;
}
