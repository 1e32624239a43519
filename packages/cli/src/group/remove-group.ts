import { isZooKeeperError } from '@dcmha/zk-client';
import type { NodeKey, NodeParams, Store, StoreOp } from '@dcmha/zk-schema';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { requireGroup } from './require-group.js';

/** Nodes of a group that go with it. Its history stays: a group of that name goes on counting its epochs. */
const ofGroup = ['metaRouter', 'master', 'route', 'white', 'watchDown', 'routeAlert'] as const;
const ofServer = ['metaHost', 'slavedown', 'readbinlogStatus', 'executeGtid'] as const;

/** @throws {CliError} when there is no such group, or an operation on it is under way */
export async function removeGroup(
  store: Store,
  group: string,
  { confirmed }: { readonly confirmed: boolean },
): Promise<{ ok: true; group: string; members: readonly string[] }> {
  const meta = await requireGroup(store, group);
  const { members } = meta.value;
  const journal = await store.journal.read({ group });
  if (journal !== null) {
    throw new CliError(
      `a ${journal.value.operation} of "${group}" is under way (step ${journal.value.step})`,
      {
        remedy: `wait until it has ended (dcmha history ${group})`,
      },
    );
  }
  if (!confirmed) {
    throw new CliError(`removing "${group}" ends failover for ${members.join(', ')}`, {
      expected: 'expected --yes',
      remedy: `dcmha group remove ${group} --yes`,
      exitCode: ExitCode.usage,
    });
  }
  const ops: StoreOp[] = [store.metaGroup.opDelete({ group }, { version: meta.version })];
  for (const key of ofGroup) ops.push(...(await deletion(store, key, { group })));
  for (const server of members) {
    for (const key of ofServer) ops.push(...(await deletion(store, key, { server })));
  }
  try {
    await store.multi(ops);
  } catch (error) {
    if (!isZooKeeperError(error, 'NO_NODE') && !isZooKeeperError(error, 'BAD_VERSION')) throw error;
    throw new CliError(`"${group}" was changed by somebody else meanwhile; nothing was removed`, {
      remedy: 'try again',
      cause: error,
    });
  }
  return { ok: true, group, members };
}

/** Whatever stands there, also what cannot be read. */
async function deletion<Key extends (typeof ofGroup)[number] | ((typeof ofServer)[number] & NodeKey)>(
  store: Store,
  key: Key,
  params: NodeParams<Key>,
): Promise<StoreOp[]> {
  const path = store[key].path(params as never);
  const stat = await store.zk.exists(path);
  return stat === null ? [] : [{ node: key, op: { type: 'delete', path, version: stat.version } }];
}
