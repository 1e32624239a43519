import { joinPath } from '../address/path.js';
import type { Acl, CallOptions, ZooKeeper } from '../api.js';
import { ZooKeeperError, isZooKeeperError } from '../errors.js';
import { Deadline } from '../waiting/deadline.js';
import { ensurePath } from './ensure-path.js';
import { Latch } from '../waiting/latch.js';
import { Refresher } from './refresher.js';
import { acrossConnections, isAnyOf } from '../waiting/retry.js';
import type { Observation } from './election.js';

export interface MemberInfo {
  readonly name: string;
  readonly data: Buffer;
  /** Session that vouches for the member. */
  readonly sessionId: bigint;
}

/** A place in the group that this session holds. */
export interface OwnMember {
  readonly path: string;
  /** Changes what the others see. */
  update(data: Uint8Array | string, options?: CallOptions): Promise<void>;
  /** Never rejects because the node is gone already. */
  leave(options?: CallOptions): Promise<void>;
}

const defaultTimeoutMs = 30_000;

/** A group whose members are ephemeral nodes under one node, each named by itself. */
export class Membership {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #acl: readonly Acl[] | undefined;

  /** `path`: the node under which the members are; it is created when missing. */
  constructor(zk: ZooKeeper, path: string, options: { readonly acl?: readonly Acl[] } = {}) {
    this.#zk = zk;
    this.#path = path;
    this.#acl = options.acl;
  }

  /**
   * Joins under a name. A node of that name that belongs to this session already is taken over as it is, only its data
   * is set; one of another session (often our own former one) is waited for until it is gone, up to the deadline (30 s
   * unless told otherwise).
   * @throws ZooKeeperError `NODE_EXISTS` when another session held the name all the time; `ABORTED`, `SESSION_EXPIRED`,
   * `CLOSED`, `NO_AUTH`.
   */
  async join(name: string, data: Uint8Array | string = '', options: CallOptions = {}): Promise<OwnMember> {
    const path = joinPath(this.#path, name);
    const deadline = new Deadline(`join ${path}`, options, defaultTimeoutMs);
    const latch = new Latch();
    const wake = (): void => latch.open();
    const off = this.#zk.onState(wake);
    let owner: bigint | undefined;
    try {
      while (!(await this.#tryCreate(path, data, deadline))) {
        const stat = await acrossConnections(this.#zk, deadline, (call) =>
          this.#zk.exists(path, { ...call, watch: wake }),
        );
        owner = stat?.ephemeralOwner;
        if (owner === this.#zk.sessionId) {
          await acrossConnections(this.#zk, deadline, (call) => this.#zk.set(path, data, call));
          break;
        }
        if (stat) await latch.pass(deadline);
      }
    } catch (error) {
      if (owner === undefined || !isZooKeeperError(error, 'OPERATION_TIMEOUT')) throw error;
      throw new ZooKeeperError(
        'NODE_EXISTS',
        `${path}: session 0x${owner.toString(16)} holds this name: end it, or join under another`,
        { path, cause: error },
      );
    } finally {
      off();
    }
    return {
      path,
      update: (next, call) => this.#update(path, next, call),
      leave: (call) => this.#leave(path, call),
    };
  }

  /** The members now, sorted by name. */
  async list(options: CallOptions = {}): Promise<MemberInfo[]> {
    const deadline = new Deadline(`members of ${this.#path}`, options, defaultTimeoutMs);
    let names: string[];
    try {
      names = (await acrossConnections(this.#zk, deadline, (call) => this.#zk.children(this.#path, call)))
        .children;
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE')) return [];
      throw error;
    }
    const members = await Promise.all(names.sort().map((name) => this.#read(name, deadline)));
    return members.filter((member) => member !== undefined);
  }

  /**
   * Calls the listener with the members now and after each change; repairs what it missed while disconnected. Changes
   * that come close together may be told as one. Resolves after the first call.
   */
  async observe(listener: (members: MemberInfo[]) => void, options: CallOptions = {}): Promise<Observation> {
    const refresher = new Refresher(this.#zk, async () => {
      const members = await this.list();
      if (!refresher.isClosed) listener(members);
    });
    try {
      await ensurePath(this.#zk, this.#path, { ...options, acl: this.#acl });
      const watch = await this.#zk.addWatch(this.#path, () => refresher.request(), {
        ...options,
        recursive: true,
      });
      refresher.onClose(() => watch.remove());
      await refresher.run();
    } catch (error) {
      await refresher.close();
      throw error;
    }
    return refresher;
  }

  async #tryCreate(path: string, data: Uint8Array | string, deadline: Deadline): Promise<boolean> {
    try {
      await acrossConnections(this.#zk, deadline, (call) =>
        this.#zk.create(path, data, { ...call, mode: 'ephemeral', acl: this.#acl }),
      );
      return true;
    } catch (error) {
      if (isZooKeeperError(error, 'NODE_EXISTS')) return false;
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      await ensurePath(this.#zk, this.#path, { ...deadline.options(), acl: this.#acl });
      return false;
    }
  }

  async #update(path: string, data: Uint8Array | string, options: CallOptions = {}): Promise<void> {
    const deadline = new Deadline(`update ${path}`, options, defaultTimeoutMs);
    await acrossConnections(this.#zk, deadline, (call) => this.#zk.set(path, data, call));
  }

  async #leave(path: string, options: CallOptions = {}): Promise<void> {
    const deadline = new Deadline(`leave ${path}`, options, defaultTimeoutMs);
    try {
      await acrossConnections(this.#zk, deadline, async (call) => {
        const stat = await this.#zk.exists(path, call);
        // Someone else's by now, when ours was deleted and the name taken again.
        if (stat?.ephemeralOwner === this.#zk.sessionId) await this.#zk.delete(path, call);
      });
    } catch (error) {
      if (!isAnyOf(error, ['NO_NODE', 'SESSION_EXPIRED', 'CLOSED'])) throw error;
    }
  }

  async #read(name: string, deadline: Deadline): Promise<MemberInfo | undefined> {
    try {
      const { data, stat } = await acrossConnections(this.#zk, deadline, (call) =>
        this.#zk.get(joinPath(this.#path, name), call),
      );
      return { name, data, sessionId: stat.ephemeralOwner };
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE')) return undefined;
      throw error;
    }
  }
}
