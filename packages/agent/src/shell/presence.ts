import { Announcement, type Logger, type Store } from '@dcmha/zk-schema';
import { setTimeout as sleep } from 'node:timers/promises';
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
    const common = {
      over,
      pause: () => sleep(retryMs),
      failed: (error: unknown) =>
        logger.warn('presence not written yet', {
          error: error instanceof Error ? error.message : String(error),
        }),
    };
    this.#client = new Announcement({
      make: (value) => store.onlineClients.ensureEphemeral({ host: agentId }, value, { signal: over }),
      ...common,
    });
    this.#online = new Announcement({
      make: (value) => store.onlineList.ensureEphemeral({ server }, value, { signal: over }),
      ...common,
    });
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
