import type { Op, ZooKeeper } from '@dcmha/zk-client';
import { buildPath, encodeValue, type Layout, type Logger } from '@dcmha/zk-schema';
import type { LocalView } from '../core/mysqld-state.js';

export interface PresenceFacts {
  readonly agentId: string;
  readonly server: string;
  readonly endpoint: string;
  readonly view: LocalView;
  /** `null` while the server is registered in no group: then it is not announced. */
  readonly group: string | null;
  readonly serverUuid: string | undefined;
  readonly mysqldPid: number | null;
}

const timeoutMs = 5_000;
const foreignPollMs = 100;

/**
 * The agent's two ephemeral nodes: `online-clients/<agent>` while the agent lives, with what it sees of its mysqld, and
 * `online-list/<server>` while mysqld is up. Written at once when that changes, one write at a time, the newest facts
 * last. Nodes of an earlier session of this agent are waited for, never deleted: deleting would read as a death.
 */
export class Presence {
  readonly #paths: { readonly client: string; readonly online: string };
  #announced = false;
  #online = false;
  #wanted: PresenceFacts | null = null;
  #writing: Promise<void> | null = null;

  constructor(
    private readonly zk: ZooKeeper,
    layout: Layout,
    agentId: string,
    server: string,
    private readonly over: AbortSignal,
    private readonly logger: Logger,
  ) {
    this.#paths = {
      client: buildPath(layout, 'onlineClients', { host: agentId }),
      online: buildPath(layout, 'onlineList', { server }),
    };
  }

  /** Resolves when these facts, or newer ones, are written. Never rejects. */
  publish(facts: PresenceFacts): Promise<void> {
    this.#wanted = facts;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#wanted !== null && !this.over.aborted) {
      const facts = this.#wanted;
      this.#wanted = null;
      try {
        await this.#bring(facts);
      } catch (error) {
        if (this.over.aborted) return;
        // The answer of a write may be lost: what is there now decides how to go on.
        this.logger.warn('presence not written yet', {
          error: error instanceof Error ? error.message : String(error),
        });
        this.#wanted ??= facts;
        await new Promise((resolve) => setTimeout(resolve, foreignPollMs));
        await this.#look().catch(() => undefined);
      }
    }
  }

  async #bring(facts: PresenceFacts): Promise<void> {
    const up = facts.view.state === 'up' && facts.group !== null;
    if (!this.#announced) await this.#awaitOwn(this.#paths.client);
    if (up && !this.#online) await this.#awaitOwn(this.#paths.online);

    const ops: Op[] = [];
    const client = encodeValue('onlineClients', clientValue(facts), this.#paths.client);
    if (this.#announced) ops.push({ type: 'set', path: this.#paths.client, data: client });
    else ops.push({ type: 'create', path: this.#paths.client, mode: 'ephemeral', data: client });
    if (up !== this.#online) {
      ops.push(
        up
          ? { type: 'create', path: this.#paths.online, mode: 'ephemeral', data: this.#onlineValue(facts) }
          : { type: 'delete', path: this.#paths.online },
      );
    }
    await this.zk.multi(ops, { signal: this.over, timeoutMs });
    this.#announced = true;
    this.#online = up;
  }

  #onlineValue({ group, agentId, serverUuid, mysqldPid, view }: PresenceFacts): string {
    return encodeValue(
      'onlineList',
      {
        group: group ?? '',
        agent: agentId,
        sinceMs: view.sinceMs,
        ...(serverUuid === undefined ? {} : { serverUuid }),
        ...(mysqldPid === null ? {} : { pid: mysqldPid }),
      },
      this.#paths.online,
    );
  }

  async #look(): Promise<void> {
    const owns = async (path: string): Promise<boolean> =>
      (await this.zk.exists(path, { signal: this.over, timeoutMs }))?.ephemeralOwner === this.zk.sessionId;
    this.#announced = await owns(this.#paths.client);
    this.#online = await owns(this.#paths.online);
  }

  /** Waits until no other session holds the node: at most that session's timeout, if its owner is dead. */
  async #awaitOwn(path: string): Promise<void> {
    let told = false;
    while (!this.over.aborted) {
      const stat = await this.zk.exists(path, { signal: this.over, timeoutMs });
      if (stat === null || stat.ephemeralOwner === this.zk.sessionId) return;
      if (!told)
        this.logger.warn(`${path} is held by another session; waiting for it to end`, {
          session: `0x${stat.ephemeralOwner.toString(16)}`,
        });
      told = true;
      await new Promise((resolve) => setTimeout(resolve, foreignPollMs));
    }
  }
}

function clientValue({ agentId, endpoint, server, view }: PresenceFacts) {
  return {
    agentId,
    endpoint,
    servers: [server],
    mysqld: { [server]: { state: view.state, sinceMs: Math.round(view.sinceMs), detail: view.detail } },
    pid: process.pid,
  };
}
