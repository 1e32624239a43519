import { randomUUID } from 'node:crypto';
import { joinPath, nameOf } from '../address/path.js';
import type { Acl, CallOptions, WatchListener, ZooKeeper } from '../api.js';
import { ZooKeeperError, isZooKeeperError } from '../errors.js';
import { Deadline } from '../waiting/deadline.js';
import { ensurePath } from './ensure-path.js';
import { Latch } from '../waiting/latch.js';
import { acrossConnections, isAnyOf } from '../waiting/retry.js';

/** A sequential node: the server appends ten digits (and a minus sign after 2^31 creations). */
const sequentialName = /-(?<sequence>-?\d{10})$/;

export interface LineEntry {
  readonly name: string;
  readonly sequence: number;
}

/** The names that stand in line, first come first; others are ignored. */
export function sortLine(names: readonly string[]): LineEntry[] {
  const entries: LineEntry[] = [];
  for (const name of names) {
    const sequence = sequentialName.exec(name)?.groups?.['sequence'];
    if (sequence !== undefined) entries.push({ name, sequence: Number(sequence) });
  }
  return entries.sort((left, right) => left.sequence - right.sequence);
}

export interface LineOptions {
  /** What the node holds: who stands there. */
  readonly data?: Uint8Array | string;
  readonly acl?: readonly Acl[];
}

const leaveTimeoutMs = 30_000;

/**
 * An ephemeral sequential node among others under one parent: who has the lowest number is first. Each watches only
 * the one before it, so that a departure wakes one and not all. The name carries an id of its own, by which the node
 * is found again when the connection was lost before the server's answer to its creation came.
 */
export class PlaceInLine {
  readonly path: string;
  /** Transaction that created the node: of two that were first, the later has the greater. */
  readonly czxid: bigint;
  readonly #zk: ZooKeeper;
  readonly #parent: string;
  readonly #latch = new Latch();
  /** One function for all watches: the registry of watches keeps it once per node, however often we look. */
  readonly #wake: WatchListener = () => this.#latch.open();

  private constructor(zk: ZooKeeper, parent: string, path: string, czxid: bigint) {
    this.#zk = zk;
    this.#parent = parent;
    this.path = path;
    this.czxid = czxid;
  }

  static async take(
    zk: ZooKeeper,
    parent: string,
    options: LineOptions,
    deadline: Deadline,
  ): Promise<PlaceInLine> {
    const prefix = `${randomUUID()}-`;
    let maybeCreated = false;
    try {
      return await acrossConnections(zk, deadline, async (call) => {
        if (maybeCreated) {
          const found = await PlaceInLine.#find(zk, parent, prefix, call);
          if (found) return found;
        }
        maybeCreated = true;
        const { path, stat } = await PlaceInLine.#create(zk, joinPath(parent, prefix), options, call);
        return new PlaceInLine(zk, parent, path, stat.czxid);
      });
    } catch (error) {
      // Whoever gave up must not go on standing in line: that would block all behind it.
      if (maybeCreated) void PlaceInLine.#abandon(zk, parent, prefix);
      throw error;
    }
  }

  /** Resolves when nobody stands before this place. */
  async waitFirst(deadline: Deadline): Promise<void> {
    // The end of the session, or a new connection, is a reason to look again.
    const off = this.#zk.onState(() => this.#latch.open());
    try {
      for (;;) {
        const before = await this.#predecessor(deadline);
        if (before === undefined) return;
        const stat = await acrossConnections(this.#zk, deadline, (call) =>
          this.#zk.exists(before, { ...call, watch: this.#wake }),
        );
        if (stat) await this.#latch.pass(deadline);
      }
    } finally {
      off();
    }
  }

  async #predecessor(deadline: Deadline): Promise<string | undefined> {
    const { children } = await acrossConnections(this.#zk, deadline, (call) =>
      this.#zk.children(this.#parent, call),
    );
    const own = nameOf(this.path);
    const line = sortLine(children);
    const position = line.findIndex(({ name }) => name === own);
    if (position === -1) {
      throw new ZooKeeperError('NO_NODE', `${this.path}: the node that stood in line was deleted`, {
        path: this.path,
      });
    }
    const before = line[position - 1];
    return before && joinPath(this.#parent, before.name);
  }

  /** Aborts the controller when the node is deleted or the session ends; returns how to stop watching. */
  watchLoss(controller: AbortController): () => void {
    let isDone = false;
    const lose = (reason: string): void => {
      stop();
      controller.abort(new ZooKeeperError('NO_NODE', `${this.path}: ${reason}`, { path: this.path }));
    };
    const offState = this.#zk.onState(({ state }) => {
      if (state === 'expired' || state === 'closed') lose(`the session is ${state}`);
    });
    const stop = (): void => {
      isDone = true;
      offState();
    };
    const look: WatchListener = () => {
      if (isDone) return;
      const deadline = new Deadline(`watching ${this.path}`, {}, leaveTimeoutMs);
      acrossConnections(this.#zk, deadline, (call) =>
        this.#zk.exists(this.path, { ...call, watch: look }),
      ).then(
        (stat) => {
          if (stat === null && !isDone) lose('the node was deleted');
        },
        (error: unknown) => {
          if (isDone) return;
          // Out of reach for long: look again. (The end of the session comes to us by its own way.)
          if (isZooKeeperError(error, 'OPERATION_TIMEOUT')) look({ type: 'watch-lost', path: this.path });
          else lose(`it cannot be watched: ${error instanceof Error ? error.message : String(error)}`);
        },
      );
    };
    look({ type: 'data-changed', path: this.path });
    return stop;
  }

  /** Deletes the node, across connections. A node that is gone, or goes with its session, is no error. */
  async leave(options: CallOptions = {}): Promise<void> {
    const deadline = new Deadline(`leave ${this.path}`, options, leaveTimeoutMs);
    try {
      await acrossConnections(this.#zk, deadline, (call) => this.#zk.delete(this.path, call));
    } catch (error) {
      if (!isAnyOf(error, ['NO_NODE', 'SESSION_EXPIRED', 'CLOSED'])) throw error;
    }
  }

  static async #create(
    zk: ZooKeeper,
    path: string,
    { data = '', acl }: LineOptions,
    call: CallOptions,
  ): ReturnType<ZooKeeper['create']> {
    const create = (): ReturnType<ZooKeeper['create']> =>
      zk.create(path, data, { ...call, acl, mode: 'ephemeral-sequential' });
    try {
      return await create();
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      await ensurePath(zk, path.slice(0, path.lastIndexOf('/')) || '/', { ...call, acl });
      return create();
    }
  }

  static async #find(
    zk: ZooKeeper,
    parent: string,
    prefix: string,
    call: CallOptions,
  ): Promise<PlaceInLine | undefined> {
    try {
      // Another server than the one that took the creation may lag behind it.
      await zk.sync(parent, call);
      const { children } = await zk.children(parent, call);
      const name = children.find((child) => child.startsWith(prefix));
      if (name === undefined) return undefined;
      const path = joinPath(parent, name);
      const stat = await zk.exists(path, call);
      return stat ? new PlaceInLine(zk, parent, path, stat.czxid) : undefined;
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE')) return undefined;
      throw error;
    }
  }

  static async #abandon(zk: ZooKeeper, parent: string, prefix: string): Promise<void> {
    const deadline = new Deadline(`abandon ${parent}/${prefix}`, {}, leaveTimeoutMs);
    try {
      const place = await acrossConnections(zk, deadline, (call) =>
        PlaceInLine.#find(zk, parent, prefix, call),
      );
      await place?.leave();
    } catch {
      // The session is over and took the node with it, or no server was found for long and it soon will be.
    }
  }
}
