import { SandboxError } from '../errors/index.js';
import { ZooKeeperClient } from '@dcmha/zk-client';
import {
  createStore,
  type GroupPolicyInput,
  type HistoryEntry,
  type Master,
  type Route,
  type Store,
} from '@dcmha/zk-schema';

const timeoutMs = 5_000;

/** What ZooKeeper holds of one group, for whoever watches it from outside. */
export class GroupTree {
  readonly group: string;
  readonly #zk: ZooKeeperClient;
  readonly #store: Store;

  private constructor(group: string, zk: ZooKeeperClient) {
    this.group = group;
    this.#zk = zk;
    this.#store = createStore(zk);
  }

  /** Throws `ZooKeeperError` when ZooKeeper does not answer within 10 s. */
  static async connect(zooKeeper: string, group: string): Promise<GroupTree> {
    const zk = new ZooKeeperClient({ connect: zooKeeper, sessionTimeoutMs: 10_000 });
    try {
      await zk.waitConnected({ timeoutMs: 10_000 });
    } catch (error) {
      await zk.close();
      throw error;
    }
    return new GroupTree(group, zk);
  }

  close(): Promise<void> {
    return this.#zk.close();
  }

  async primary(): Promise<Master | undefined> {
    return (await this.#store.master.read({ group: this.group }, { timeoutMs }))?.value;
  }

  async route(): Promise<Route | undefined> {
    return (await this.#store.route.read({ group: this.group }, { timeoutMs }))?.value;
  }

  /** Id of the engine that owns the group. */
  async owner(): Promise<string | undefined> {
    return (await this.#store.engineOwner.read({ group: this.group }, { timeoutMs }))?.value.engine;
  }

  async liveEngines(): Promise<number> {
    return (await this.#store.engineMembers.list({}, { timeoutMs })).nodes.length;
  }

  /** Version of the route that the router has applied last. */
  async appliedVersion(router: string): Promise<number | undefined> {
    return (await this.#store.routerAck.read({ group: this.group, router }, { timeoutMs }))?.value.version;
  }

  /** Name of the newest entry of the history; empty when there is none. */
  async newestHistory(): Promise<string> {
    return (await this.#historyNames()).at(-1) ?? '';
  }

  /** Entries newer than the one of this name, oldest first. */
  async historySince(name: string): Promise<HistoryEntry[]> {
    const entries: HistoryEntry[] = [];
    for (const entry of (await this.#historyNames()).filter((other) => other > name)) {
      const stored = await this.#store.history.read({ group: this.group, entry }, { timeoutMs });
      if (stored) entries.push(stored.value);
    }
    return entries;
  }

  async #historyNames(): Promise<string[]> {
    const { nodes } = await this.#store.history.list({ group: this.group }, { timeoutMs });
    return nodes.map(({ entry }) => entry).sort();
  }

  /** Changes some keys of the group's policy. */
  async changePolicy(change: GroupPolicyInput): Promise<void> {
    const params = { group: this.group };
    const stored = await this.#store.metaGroup.read(params, { timeoutMs });
    if (stored === null)
      throw new SandboxError('NO_SUCH_SERVER', `the group ${this.group} is not registered`);
    const policy = { ...stored.value.policy, ...change };
    await this.#store.metaGroup.write(
      params,
      { ...stored.value, policy },
      { version: stored.version },
      { timeoutMs },
    );
  }

  async requestSwitchover(requestedBy: string, target?: string): Promise<void> {
    await this.#store.task.append(
      {},
      {
        kind: 'switchover',
        group: this.group,
        requestedBy,
        requestedAtMs: Date.now(),
        args: target === undefined ? {} : { target },
      },
      { timeoutMs },
    );
  }
}
