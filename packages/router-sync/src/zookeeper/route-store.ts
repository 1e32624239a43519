import { isZooKeeperError, type Stat, type ZooKeeper } from '@dcmha/zk-client';
import { model } from '@dcmha/zk-schema';
import type { VersionedRoute } from '../state/applied-route.js';
import type { Ack } from '../sync/group-sync.js';

export type RouteReading =
  | { readonly kind: 'route'; readonly route: VersionedRoute }
  /** No route is published: the group is not there, or not any more. */
  | { readonly kind: 'none' }
  /** Something stands there that is no route. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** What router-sync reads and writes in ZooKeeper, within one session. */
export class RouteStore {
  readonly #zk: ZooKeeper;
  readonly #root: string;
  readonly #router: string;

  constructor(zk: ZooKeeper, root: string, router: string) {
    this.#zk = zk;
    this.#root = root.replace(/\/$/, '');
    this.#router = router;
  }

  routePath(group: string): string {
    return `${this.#root}/haproxy/${group}`;
  }

  /** After it, reads see every route that was published before it. */
  async catchUp(signal: AbortSignal): Promise<void> {
    await this.#zk.sync('/', { signal });
  }

  /** Calls back with each event about the route of the group; stops with the session. */
  async watchRoute(group: string, onEvent: () => void, signal: AbortSignal): Promise<void> {
    await this.#zk.addWatch(this.routePath(group), onEvent, { signal });
  }

  async readRoute(group: string, signal: AbortSignal): Promise<RouteReading> {
    const path = this.routePath(group);
    let data: Buffer;
    let stat: Stat;
    try {
      ({ data, stat } = await this.#zk.get(path, { signal }));
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE')) return { kind: 'none' };
      throw error;
    }
    try {
      const { write, read, epoch, version } = model.route.schema.parse(JSON.parse(data.toString('utf8')));
      return { kind: 'route', route: { created: stat.czxid, epoch, version, write, read } };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { kind: 'unreadable', reason: `what stands in ${path} is no route: ${why}` };
    }
  }

  /** Writes this router's acknowledgement: an ephemeral node of this session. */
  async acknowledge(group: string, ack: Ack, signal: AbortSignal): Promise<void> {
    const path = `${this.#root}/router-ack/${group}/${this.#router}`;
    const data = JSON.stringify({ ...model.routerAck.schema.parse(ack), v: model.routerAck.format });
    const stat = await this.#zk.exists(path, { signal });
    if (stat?.ephemeralOwner === this.#zk.sessionId) {
      await this.#zk.set(path, data, { signal });
      return;
    }
    // Of a session before this one that is not expired yet, or of another process with our name: the newer one wins.
    if (stat !== null)
      await this.#zk.delete(path, { version: stat.version, signal }).catch(ignore('NO_NODE'));
    await this.#makeFolders(path, signal);
    await this.#zk.create(path, data, { mode: 'ephemeral', signal });
  }

  async #makeFolders(path: string, signal: AbortSignal): Promise<void> {
    const parts = path.split('/').slice(1, -1);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const folder = `/${parts.slice(0, depth).join('/')}`;
      await this.#zk.create(folder, '', { signal }).catch(ignore('NODE_EXISTS'));
    }
  }
}

const ignore =
  (code: 'NO_NODE' | 'NODE_EXISTS') =>
  (error: unknown): void => {
    if (!isZooKeeperError(error, code)) throw error;
  };
