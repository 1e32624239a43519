import { isZooKeeperError, MultiError, type ZooKeeper } from '@dcmha/zk-client';
import { buildPath, type Layout } from '@dcmha/zk-schema';
import { randomUUID } from 'node:crypto';
import { encode } from './codec.js';

/** Ownership of a group, as this session took it. */
export interface Claim {
  readonly group: string;
  /** Version of `engine/fence/<group>`: what every write checks. */
  readonly fenceVersion: number;
}

/**
 * Takes ownership of a group that nobody owns: the ephemeral owner node and the fence in one multi. `null` when another
 * engine was faster. When the answer is lost it looks whose claim stands.
 */
export async function claimGroup(
  zk: ZooKeeper,
  layout: Layout,
  group: string,
  engineId: string,
  timeoutMs: number,
): Promise<Claim | null> {
  const fencePath = buildPath(layout, 'engineFence', { group });
  const ownerPath = buildPath(layout, 'engineOwner', { group });
  const value = { engine: engineId, claim: randomUUID(), sinceMs: Date.now() };
  const fence = await zk.exists(fencePath, { timeoutMs });
  const fenceVersion = fence === null ? 0 : fence.version + 1;
  try {
    await zk.multi(
      [
        { type: 'create', path: ownerPath, mode: 'ephemeral', data: encode('engineOwner', value) },
        fence === null
          ? { type: 'create', path: fencePath, data: encode('engineFence', value) }
          : { type: 'set', path: fencePath, data: encode('engineFence', value), version: fence.version },
      ],
      { timeoutMs },
    );
    return { group, fenceVersion };
  } catch (error) {
    if (error instanceof MultiError) return null;
    if (!isZooKeeperError(error) || !error.maybeApplied) throw error;
    await zk.waitConnected({ timeoutMs });
    const { data } = await zk.get(ownerPath, { timeoutMs });
    return data.toString('utf8').includes(value.claim) ? { group, fenceVersion } : null;
  }
}

/** Gives a group up. The fence stays: it only counts. */
export async function releaseGroup(
  zk: ZooKeeper,
  layout: Layout,
  group: string,
  timeoutMs: number,
): Promise<void> {
  await zk
    .delete(buildPath(layout, 'engineOwner', { group }), { timeoutMs, version: 0 })
    .catch((error: unknown) => {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
    });
}
