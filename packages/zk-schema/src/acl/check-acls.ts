import { isZooKeeperError } from '@dcmha/zk-client';
import type { Acl, CallOptions, ZooKeeper } from '@dcmha/zk-client';
import { joinPath } from '../path/znode-path.js';

export interface AclDeviation {
  readonly path: string;
  /**
   * - `open`: anyone may do something with it;
   * - `different`: closed, but not as expected;
   * - `unreadable`: this session may not look at it.
   */
  readonly problem: 'open' | 'different' | 'unreadable';
  readonly reason: string;
}

export interface AclReport {
  readonly checked: number;
  readonly deviations: readonly AclDeviation[];
  /** False: the limit was reached before the whole tree was seen. */
  readonly complete: boolean;
}

export interface CheckAclsOptions extends CallOptions {
  readonly root: string;
  /** What every node should have. */
  readonly acl: readonly Acl[];
  /** Nodes looked at, at most. Default 100,000. */
  readonly nodesMax?: number;
}

/** Looks at the ACL of every node of the tree. Changes nothing. */
export async function checkAcls(zk: ZooKeeper, options: CheckAclsOptions): Promise<AclReport> {
  const nodesMax = options.nodesMax ?? 100_000;
  const deviations: AclDeviation[] = [];
  const queue = [options.root];
  let checked = 0;
  for (let path = queue.pop(); path !== undefined && checked < nodesMax; path = queue.pop()) {
    checked += 1;
    const deviation = await checkNode(zk, path, options);
    if (deviation !== null) deviations.push(deviation);
    for (const name of await childrenOf(zk, path, options)) queue.push(joinPath(path, name));
  }
  return { checked, deviations, complete: queue.length === 0 };
}

/** Sets the ACL of every node of the tree that deviates. @returns the report of before. */
export async function applyAcls(zk: ZooKeeper, options: CheckAclsOptions): Promise<AclReport> {
  const report = await checkAcls(zk, options);
  for (const { path } of report.deviations) {
    try {
      await zk.setAcl(path, options.acl, callOptions(options));
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
    }
  }
  return report;
}

/** `null`: as expected, or gone. */
export async function checkNode(
  zk: ZooKeeper,
  path: string,
  options: Pick<CheckAclsOptions, 'acl' | 'signal' | 'timeoutMs'>,
): Promise<AclDeviation | null> {
  let acl: readonly Acl[];
  try {
    ({ acl } = await zk.getAcl(path, callOptions(options)));
  } catch (error) {
    if (isZooKeeperError(error, 'NO_NODE')) return null;
    if (!isZooKeeperError(error, 'NO_AUTH')) throw error;
    return { path, problem: 'unreadable', reason: 'the credentials of this session do not open it' };
  }
  if (sameAcl(acl, options.acl)) return null;
  const open = acl.filter(({ scheme, permissions }) => scheme === 'world' && permissions !== 0);
  const found = acl.map(({ scheme, id }) => `${scheme}:${id.split(':', 1)[0]}`).join(', ');
  return open.length > 0
    ? { path, problem: 'open', reason: 'it is open to anyone' }
    : { path, problem: 'different', reason: `it belongs to ${found}` };
}

function sameAcl(found: readonly Acl[], expected: readonly Acl[]): boolean {
  const textOf = (acl: readonly Acl[]): string =>
    acl
      .map(({ permissions, scheme, id }) => `${permissions} ${scheme} ${id}`)
      .sort()
      .join('\n');
  return textOf(found) === textOf(expected);
}

async function childrenOf(zk: ZooKeeper, path: string, options: CallOptions): Promise<string[]> {
  try {
    return (await zk.children(path, callOptions(options))).children;
  } catch (error) {
    if (isZooKeeperError(error, 'NO_NODE') || isZooKeeperError(error, 'NO_AUTH')) return [];
    throw error;
  }
}

function callOptions({ signal, timeoutMs }: CallOptions): CallOptions {
  return { signal, timeoutMs };
}
