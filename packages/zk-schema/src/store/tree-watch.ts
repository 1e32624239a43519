import type { WatchEvent } from '@dcmha/zk-client';
import { parsePath } from '../path/index.js';
import type { ParsedPath } from '../path/index.js';
import type { StoreContext } from './context.js';
import type { StoreWatch } from './watching.js';

export type TreeEvent =
  | {
      readonly kind: 'changed';
      readonly type: 'created' | 'deleted' | 'data-changed';
      readonly path: string;
      readonly parsed: ParsedPath;
    }
  /** Events may have been missed while the connection was lost: read again whatever matters. */
  | { readonly kind: 'resync' }
  /** The session ended: nothing more will come. */
  | { readonly kind: 'lost' };

/** One watch on the whole tree (needs ZooKeeper 3.6): each change with the node that it is about. */
export async function watchTree(
  context: StoreContext,
  listener: (event: TreeEvent) => void,
  options: { readonly signal?: AbortSignal } = {},
): Promise<StoreWatch> {
  const { zk, layout } = context;
  let over = false;
  const tell = (event: TreeEvent): void => {
    if (over) return;
    try {
      listener(event);
    } catch (error) {
      context.logger.error('a listener of the tree threw', { error: String(error) });
    }
  };
  const onEvent = ({ type, path }: WatchEvent): void => {
    if (type === 'watch-lost') tell({ kind: 'lost' });
    else if (type !== 'children-changed')
      tell({ kind: 'changed', type, path, parsed: parsePath(layout, path) });
  };
  const forget = zk.onState(({ state }) => {
    if (state === 'connected') tell({ kind: 'resync' });
  });
  try {
    const watch = await zk.addWatch(layout.root, onEvent, { recursive: true, signal: options.signal });
    return {
      stop: async () => {
        over = true;
        forget();
        await watch.remove().catch((error: unknown) => {
          context.logger.debug('the watch of the tree could not be removed at the server', {
            error: String(error),
          });
        });
      },
    };
  } catch (error) {
    forget();
    throw error;
  }
}
