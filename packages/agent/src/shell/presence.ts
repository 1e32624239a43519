import type { EphemeralNode, Logger, Store } from '@dcmha/zk-schema';
import type { LocalView } from '../core/mysqld-state.js';
import type { WriteStall } from '../core/write-stall.js';

export interface PresenceFacts {
  readonly agentId: string;
  readonly server: string;
  readonly endpoint: string;
  readonly view: LocalView;
  readonly stall: WriteStall | null;
  /** `null` while the server is registered in no group: then it is not announced as online. */
  readonly group: string | null;
  readonly serverUuid: string | undefined;
  readonly mysqldPid: number | null;
}

const retryMs = 100;

/**
 * The agent's two ephemeral nodes: `online-clients/<agent>` while the agent lives, with what it sees of its mysqld, and
 * `online-list/<server>` while mysqld is up. Written at once when that changes, each node one write at a time, the newest
 * facts last. A node of an earlier session is waited for, never deleted: deleting would read as a death.
 */
export class Presence {
  readonly #client: Announcement<'onlineClients'>;
  readonly #online: Announcement<'onlineList'>;
  readonly #zk: Store['zk'];

  constructor(
    store: Store,
    { agentId, server }: { readonly agentId: string; readonly server: string },
    over: AbortSignal,
    logger: Logger,
  ) {
    this.#zk = store.zk;
    this.#client = new Announcement(
      (value) => store.onlineClients.ensureEphemeral({ host: agentId }, value, { signal: over }),
      over,
      logger,
    );
    this.#online = new Announcement(
      (value) => store.onlineList.ensureEphemeral({ server }, value, { signal: over }),
      over,
      logger,
    );
  }

  publish({ agentId, server, endpoint, view, stall, group, serverUuid, mysqldPid }: PresenceFacts): void {
    const sinceMs = Math.round(view.sinceMs);
    this.#client.offer({
      agentId,
      endpoint,
      servers: [server],
      mysqld: {
        [server]: {
          state: view.state,
          sinceMs,
          detail: view.detail,
          ...(stall === null ? {} : { stalled: stall }),
        },
      },
      pid: process.pid,
      sessionTimeoutMs: this.#zk.sessionTimeoutMs,
    });
    this.#online.offer(
      view.state !== 'up' || group === null
        ? null
        : {
            group,
            agent: agentId,
            sinceMs,
            endpoint,
            ...(serverUuid === undefined ? {} : { serverUuid }),
            ...(mysqldPid === null ? {} : { pid: mysqldPid }),
          },
    );
  }
}

type Value<Key extends 'onlineClients' | 'onlineList'> = Parameters<EphemeralNode<Key>['update']>[0];

/** Brings one ephemeral node to the newest value offered (`null`: not there), one write after the other. */
class Announcement<Key extends 'onlineClients' | 'onlineList'> {
  #node: EphemeralNode<Key> | null = null;
  #wanted: { readonly value: Value<Key> | null } | null = null;
  #told = '';
  #running = false;

  constructor(
    private readonly make: (value: Value<Key>) => Promise<EphemeralNode<Key>>,
    private readonly over: AbortSignal,
    private readonly logger: Logger,
  ) {}

  offer(value: Value<Key> | null): void {
    this.#wanted = { value };
    if (this.#running) return;
    this.#running = true;
    void this.#run().finally(() => (this.#running = false));
  }

  async #run(): Promise<void> {
    while (this.#wanted !== null && !this.over.aborted) {
      const wanted = this.#wanted;
      this.#wanted = null;
      const text = JSON.stringify(wanted.value);
      if (text === this.#told) continue;
      try {
        await this.#bring(wanted.value);
        this.#told = text;
      } catch (error) {
        if (this.over.aborted) return;
        this.#told = '';
        this.logger.warn('presence not written yet', {
          error: error instanceof Error ? error.message : String(error),
        });
        this.#wanted ??= wanted;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  async #bring(value: Value<Key> | null): Promise<void> {
    if (value === null) {
      await this.#node?.remove({ signal: this.over });
      this.#node = null;
    } else if (this.#node === null) this.#node = await this.make(value);
    else await this.#node.update(value, { signal: this.over });
  }
}
