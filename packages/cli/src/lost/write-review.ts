import type { NodeInput, Store } from '@dcmha/zk-schema';
import { isZooKeeperError } from '@dcmha/zk-client';
import { CliError } from '../errors/cli-error.js';
import type { RegisteredLost } from './find-lost.js';

type Review = NonNullable<NodeInput<'lost'>['review']>;

const attemptsMax = 5;

/** Writes how an event was judged, with an entry in the history, both or none. @throws CliError when it is gone */
export async function writeReview(
  store: Store,
  { group, id }: RegisteredLost,
  review: Review,
  entry: Omit<NodeInput<'history'>, 'group' | 'at' | 'epoch'> & { readonly epoch?: number },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await store.lost.read({ group, id });
    if (before === null) throw new CliError(`${id} is not in ZooKeeper any more`);
    const epoch = entry.epoch ?? (await store.master.read({ group }))?.value.epoch ?? 0;
    try {
      await store.multi([
        store.lost.opWrite({ group, id }, { ...before.value, review }, { version: before.version }),
        store.history.opAppend({ group }, { ...entry, epoch, group, at: Date.now() }),
      ]);
      return;
    } catch (error) {
      // An agent may have written how far it is meanwhile.
      if (!isZooKeeperError(error, 'BAD_VERSION') || attempt === attemptsMax) throw error;
    }
  }
}
