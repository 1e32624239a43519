import { isZooKeeperError, type ZooKeeper } from '@dcmha/zk-client';
import { NodeValueError, createStore, encodeValue, type Logger, type Store } from '@dcmha/zk-schema';
import type { VersionedRoute } from '../state/applied-route.js';
import type { Ack } from '../sync/group-sync.js';

export type RouteReading =
  | { readonly kind: 'route'; readonly route: VersionedRoute }
  /** No route is published: the group is not there, or not any more. */
  | { readonly kind: 'none' }
  /** Something stands there that is no route. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface RouteStoreOptions {
  readonly zk: ZooKeeper;
  readonly root: string;
  /** Name of this router. */
  readonly router: string;
  readonly logger: Logger;
}

/** What router-sync reads and writes in ZooKeeper, within one session. */
export class RouteStore {
  readonly #options: RouteStoreOptions;
  readonly #store: Store;
  /** Groups whose acknowledgement node this session has made or found. */
  readonly #ours = new Set<string>();

  constructor(options: RouteStoreOptions) {
    this.#options = options;
    this.#store = createStore(options.zk, { root: options.root, logger: options.logger });
  }

  routePath(group: string): string {
    return this.#store.route.path({ group });
  }

  /** After it, reads see every route that was published before it. */
  async catchUp(signal: AbortSignal): Promise<void> {
    await this.#options.zk.sync('/', { signal });
  }

  /** Calls back with each event about the route of the group; stops with the session. */
  async watchRoute(group: string, onEvent: () => void, signal: AbortSignal): Promise<void> {
    await this.#options.zk.addWatch(this.routePath(group), onEvent, { signal });
  }

  async readRoute(group: string, signal: AbortSignal): Promise<RouteReading> {
    try {
      const stored = await this.#store.route.read({ group }, { signal });
      if (stored === null) return { kind: 'none' };
      const { write, read, epoch, version } = stored.value;
      return { kind: 'route', route: { created: stored.stat.czxid, epoch, version, write, read } };
    } catch (error) {
      if (error instanceof NodeValueError) return { kind: 'unreadable', reason: error.message };
      throw error;
    }
  }

  /** Writes this router's acknowledgement: an ephemeral node of this session. One round trip, but for the first. */
  async acknowledge(group: string, ack: Ack, signal: AbortSignal): Promise<void> {
    const { zk, router } = this.#options;
    const path = this.#store.routerAck.path({ group, router });
    if (this.#ours.has(group) && (await this.#overwrite(path, encodeValue('routerAck', ack, path), signal)))
      return;
    await this.#takeOver(path, signal);
    await this.#store.routerAck.create({ group, router }, ack, { signal }).catch(async (error: unknown) => {
      // An answer that was lost: the node is there, and ours.
      const stat = isZooKeeperError(error, 'NODE_EXISTS') ? await zk.exists(path, { signal }) : null;
      if (stat?.ephemeralOwner !== zk.sessionId) throw error;
      await zk.set(path, encodeValue('routerAck', ack, path), { signal });
    });
    this.#ours.add(group);
  }

  /** False when the node is gone, or is another session's. */
  async #overwrite(path: string, data: string, signal: AbortSignal): Promise<boolean> {
    const { zk } = this.#options;
    try {
      const { ephemeralOwner } = await zk.set(path, data, { signal });
      return ephemeralOwner === zk.sessionId;
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE')) return false;
      throw error;
    }
  }

  /**
   * A node of another session is one of our own past that is not expired yet, and would tell the engines for seconds
   * what is no longer so; or it is that of another router with our name, which the log then shows.
   */
  async #takeOver(path: string, signal: AbortSignal): Promise<void> {
    const { zk, router, logger } = this.#options;
    const stat = await zk.exists(path, { signal });
    if (stat === null || stat.ephemeralOwner === zk.sessionId) return;
    logger.warn(`replacing the acknowledgement of an earlier router-sync named "${router}"`, { path });
    await zk.delete(path, { version: stat.version, signal }).catch((error: unknown) => {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
    });
  }
}
