import { isZooKeeperError } from '@dcmha/zk-client';
import type { CallOptions, Stat, ZooKeeper } from '@dcmha/zk-client';
import { tryDecode, valueText } from '../codec/decode-value.js';
import { NodeValueError } from '../codec/index.js';
import { LegacyValueError, decodeLegacy, legacyHostSegment } from '../legacy/index.js';
import type { LegacyHostMeta } from '../legacy/index.js';
import { hostMeta } from '../legacy/legacy-readers.js';
import type { NodeKey, NodeParams, NodeValue } from '../model/index.js';
import { buildFolder } from '../path/index.js';
import type { Layout } from '../path/index.js';
import { joinPath } from '../path/znode-path.js';
import type { StoreContext } from './context.js';
import type { Stored } from './stored.js';

/**
 * Reads a node and checks its value.
 * @returns `null` when there is no such node.
 * @throws NodeValueError when the value is neither ours nor one of the original system.
 */
export async function readNode<Key extends NodeKey>(
  { zk, layout }: Pick<StoreContext, 'zk' | 'layout'>,
  key: Key,
  params: NodeParams<Key>,
  path: string,
  options: CallOptions = {},
): Promise<Stored<Key> | null> {
  const found = await getOrNull(zk, path, options);
  if (found === null) return null;
  const { data, stat } = found;
  const about = { node: key, path, params, version: stat.version, stat };
  const decoded = tryDecode(key, data);
  if (decoded.ok) return { ...about, value: decoded.value as NodeValue<Key>, legacy: false };
  if (decoded.ours) throw new NodeValueError(key, path, decoded.reason);
  try {
    const value = await decodeLegacy(key, data, {
      params,
      stat,
      hostMeta: (host) => readLegacyHost(zk, layout, host, options),
    });
    return { ...about, value, legacy: true };
  } catch (error) {
    if (!(error instanceof LegacyValueError)) throw error;
    const reason = `${decoded.reason}; nor is it a value of the original system: ${error.message}`;
    throw new NodeValueError(key, path, reason, { cause: error });
  }
}

export async function getOrNull(
  zk: ZooKeeper,
  path: string,
  options: CallOptions,
): Promise<{ data: Buffer; stat: Stat } | null> {
  try {
    return await zk.get(path, options);
  } catch (error) {
    if (isZooKeeperError(error, 'NO_NODE')) return null;
    throw error;
  }
}

/**
 * What the original system knows of a host.
 * @throws LegacyValueError when it knows nothing, or nothing readable.
 */
export async function readLegacyHost(
  zk: ZooKeeper,
  layout: Layout,
  host: string,
  options: CallOptions,
): Promise<LegacyHostMeta> {
  const path = joinPath(buildFolder(layout, 'metaHost'), legacyHostSegment(host));
  const found = await getOrNull(zk, path, options);
  if (found === null)
    throw new LegacyValueError(`the port of ${host} is not known: there is no node ${path}`);
  const { text, problem } = valueText(found.data);
  if (problem !== null) throw new LegacyValueError(`the port of ${host} is not known: ${path}: ${problem}`);
  try {
    return hostMeta(text);
  } catch (error) {
    if (!(error instanceof LegacyValueError)) throw error;
    throw new LegacyValueError(`the port of ${host} is not known: ${path}: ${error.message}`);
  }
}
