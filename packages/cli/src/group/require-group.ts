import type { Store, Stored } from '@dcmha/zk-schema';
import { didYouMean } from '../config/did-you-mean.js';
import { CliError } from '../errors/cli-error.js';

/** @throws {CliError} when the group is not registered */
export async function requireGroup(store: Store, group: string): Promise<Stored<'metaGroup'>> {
  const meta = await store.metaGroup.read({ group });
  if (meta !== null) return meta;
  const { nodes } = await store.metaGroup.list();
  const known = nodes.map((one) => one.group);
  throw new CliError(`there is no group "${group}"${didYouMean(group, known)}`, {
    expected:
      known.length === 0 ? 'no group is registered yet' : `expected one of ${known.slice(0, 20).join(', ')}`,
    remedy: `register it with dcmha group add ${group} --member host:port ...`,
  });
}
