import { isZooKeeperError, type ZooKeeper } from '@dcmha/zk-client';
import { buildFolder, type Layout } from '@dcmha/zk-schema';
import { decode } from './codec.js';
import { historyKept } from './zk-ledger.js';

async function entries(zk: ZooKeeper, layout: Layout, group: string, timeoutMs: number): Promise<string[]> {
  const { children } = await zk.children(buildFolder(layout, 'history', { group }), { timeoutMs });
  return children.sort();
}

/** Wall time of the group's last failover that was carried out; `null` when its history knows none. */
export async function lastFailoverMs(
  zk: ZooKeeper,
  layout: Layout,
  group: string,
  timeoutMs: number,
): Promise<number | null> {
  const folder = buildFolder(layout, 'history', { group });
  const names = await entries(zk, layout, group, timeoutMs);
  const values = await Promise.all(
    names.map(async (name) => {
      const path = `${folder}/${name}`;
      const { data } = await zk.get(path, { timeoutMs });
      return decode('history', path, data);
    }),
  );
  const last = values.findLast((v) => v.kind === 'failover' && v.result === 'done');
  return last?.at ?? null;
}

/** Deletes the oldest entries beyond `historyKept`. */
export async function pruneHistory(
  zk: ZooKeeper,
  layout: Layout,
  group: string,
  timeoutMs: number,
): Promise<void> {
  const folder = buildFolder(layout, 'history', { group });
  const names = await entries(zk, layout, group, timeoutMs);
  for (const name of names.slice(0, Math.max(0, names.length - historyKept))) {
    await zk.delete(`${folder}/${name}`, { timeoutMs }).catch((error: unknown) => {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
    });
  }
}
