import type { NodeValue, Store } from '@dcmha/zk-schema';
import { CliError } from '../errors/cli-error.js';
import { requireGroup } from '../group/require-group.js';

/** An event that ZooKeeper knows of. */
export interface RegisteredLost {
  readonly group: string;
  readonly id: string;
  readonly version: number;
  readonly value: NodeValue<'lost'>;
}

/** All events, oldest first; of one group where one is given. A node that cannot be read is told of. */
export async function listRegistered(
  store: Store,
  group: string | undefined,
  unreadable: (message: string) => void,
): Promise<RegisteredLost[]> {
  const groups = group === undefined ? await groupsWithLost(store) : [group];
  const found: RegisteredLost[] = [];
  for (const name of groups) {
    const { nodes } = await store.lost.list({ group: name });
    // Also the events of a group that was removed are still there.
    if (nodes.length === 0 && group !== undefined) await requireGroup(store, group);
    for (const params of nodes) {
      try {
        const stored = await store.lost.read(params);
        if (stored !== null) found.push({ ...params, version: stored.version, value: stored.value });
      } catch (error) {
        if (!(error instanceof Error && error.name === 'NodeValueError')) throw error;
        unreadable(error.message);
      }
    }
  }
  return found.sort((a, b) => a.value.createdAtMs - b.value.createdAtMs || (a.id < b.id ? -1 : 1));
}

/** The one event whose id begins so. @throws CliError when there is none, or more than one */
export async function findRegistered(
  store: Store,
  id: string,
  group: string | undefined,
): Promise<RegisteredLost> {
  const all = await listRegistered(store, group, () => undefined);
  return pickOne(
    all.filter((one) => one.id === id || one.id.startsWith(id)),
    id,
    ({ id: name }) => name,
  );
}

/** @throws CliError unless there is exactly one, or one with exactly this name */
export function pickOne<One>(found: readonly One[], id: string, nameOf: (one: One) => string): One {
  const exact = found.filter((one) => nameOf(one) === id);
  const [only, ...others] = exact.length === 1 ? exact : found;
  if (only === undefined) {
    throw new CliError(`there are no lost transactions "${id}"`, { remedy: 'see dcmha lost list --all' });
  }
  if (others.length > 0) {
    throw new CliError(`"${id}" is the beginning of ${others.length + 1} names`, {
      expected: `expected one of ${found.slice(0, 10).map(nameOf).join(', ')}`,
    });
  }
  return only;
}

async function groupsWithLost(store: Store): Promise<string[]> {
  const folder = store.lost.folder();
  const stat = await store.zk.exists(folder);
  if (stat === null) return [];
  const { children } = await store.zk.children(folder);
  return children.sort();
}
