import type { NodeInput, NodeKey, NodeValue } from '../model/index.js';
import { EpochError } from './errors.js';
import type { Stored } from './stored.js';

/** Nodes whose epoch may only grow: they are written over what was read, and over nothing else. */
export type GuardedKey = 'master' | 'route';

/**
 * When a write may happen:
 * - a number: while the node has this version;
 * - `absent`: while there is no such node;
 * - `any`: whatever is there.
 */
export type VersionCondition = number | 'absent' | 'any';

/** What a write of a node must name: for `master` and `route` what was read before, else a version. */
export type WriteCondition<Key extends NodeKey> = Key extends GuardedKey
  ? {
      /** The node as it was read; `null`: there was none. */
      readonly over: Stored<Key> | null;
    }
  : { readonly version: VersionCondition };

/**
 * The version that the write must name.
 * @throws EpochError when a guarded value does not go beyond the one that it replaces.
 */
export function resolveCondition<Key extends NodeKey>(
  key: Key,
  path: string,
  value: NodeInput<Key>,
  condition: WriteCondition<Key>,
): VersionCondition {
  if (key !== 'master' && key !== 'route')
    return (condition as WriteCondition<Exclude<NodeKey, GuardedKey>>).version;
  if (!('over' in condition))
    throw new TypeError(`a write of ${path} (${key}) needs \`over\`: the node as it was read, or null`);
  const over = condition.over as Stored<GuardedKey> | null;
  if (over === null) return 'absent';
  if (key === 'master') checkMaster(path, value as NodeInput<'master'>, over.value as NodeValue<'master'>);
  else checkRoute(path, value as NodeInput<'route'>, over.value as NodeValue<'route'>);
  return over.version;
}

function checkMaster(path: string, next: NodeInput<'master'>, before: NodeValue<'master'>): void {
  if (next.epoch > before.epoch) return;
  throw new EpochError(
    'master',
    path,
    { epoch: next.epoch, previousEpoch: before.epoch },
    `epoch ${next.epoch} for ${next.primary} does not go beyond epoch ${before.epoch} of ${before.primary}: an epoch only grows`,
  );
}

function checkRoute(path: string, next: NodeInput<'route'>, before: NodeValue<'route'>): void {
  const epochs = { epoch: next.epoch, previousEpoch: before.epoch };
  if (next.epoch < before.epoch)
    throw new EpochError(
      'route',
      path,
      epochs,
      `epoch ${next.epoch} is below epoch ${before.epoch} of the route that it would replace: an epoch never falls`,
    );
  if (next.version <= before.version)
    throw new EpochError(
      'route',
      path,
      epochs,
      `version ${next.version} does not go beyond version ${before.version}: it grows with each publication, because routers acknowledge it`,
    );
}
