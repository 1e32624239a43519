import { isZooKeeperError } from '@dcmha/zk-client';
import type { Store } from '@dcmha/zk-schema';
import { CliError } from '../errors/cli-error.js';

export interface LiveNode {
  readonly path: string;
  readonly ephemeral: boolean;
  readonly version: number;
  /** The text as it stands there. */
  readonly value: string;
  /** Why that is not what should stand there. */
  readonly problem?: string;
}

const nodesMax = 100_000;

/** Every node below the root that holds something, in the order of the paths. @throws {CliError} when there are too many */
export async function liveTree(store: Store): Promise<LiveNode[]> {
  const nodes: LiveNode[] = [];
  const visit = async (path: string): Promise<void> => {
    const found = await read(store, path);
    if (found === null) return;
    if (found.node.value !== '') nodes.push(found.node);
    if (nodes.length > nodesMax) {
      throw new CliError(`there are more than ${nodesMax} nodes below ${store.layout.root}`, {
        remedy: 'look at a part of it with another tool',
      });
    }
    if (found.children === 0) return;
    const { children } = await store.zk.children(path);
    for (const name of children.sort()) await visit(`${path}/${name}`);
  };
  await visit(store.layout.root);
  return nodes;
}

async function read(store: Store, path: string): Promise<{ node: LiveNode; children: number } | null> {
  try {
    const { data, stat } = await store.zk.get(path);
    const problem = data.length === 0 ? undefined : await problemOf(store, path);
    return {
      node: {
        path,
        ephemeral: stat.ephemeralOwner !== 0n,
        version: stat.version,
        value: data.toString('utf8'),
        ...(problem === undefined ? {} : { problem }),
      },
      children: stat.numChildren,
    };
  } catch (error) {
    if (isZooKeeperError(error, 'NO_NODE')) return null;
    throw error;
  }
}

async function problemOf(store: Store, path: string): Promise<string | undefined> {
  const parsed = store.parsePath(path);
  if (parsed.kind === 'unknown') return parsed.reason;
  try {
    await store.readPath(path);
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'NodeValueError') return error.message;
    throw error;
  }
}

export function liveTreeText(nodes: readonly LiveNode[]): string {
  if (nodes.length === 0) return 'there is nothing';
  return nodes
    .flatMap(({ path, ephemeral, version, value, problem }) => [
      `${path}  (version ${version}${ephemeral ? ', ephemeral' : ''})`,
      `  ${value}`,
      ...(problem === undefined ? [] : [`  ! ${problem}`]),
    ])
    .join('\n');
}
