import type { CallOptions, ZooKeeper } from '../api.js';
import { Deadline } from '../waiting/deadline.js';
import { PlaceInLine, type LineOptions } from './place-in-line.js';

/** A lock that is held. */
export interface LockHold {
  /** The ephemeral node that stands for it. */
  readonly path: string;
  /**
   * Grows with each holder: hand it to what the lock protects, which then can refuse one that comes late. (It is the
   * `czxid` of the node.)
   */
  readonly token: bigint;
  /** Aborted when the lock is lost: the session expired or was closed, or someone deleted the node. */
  readonly lost: AbortSignal;
  /** False once lost or released. While disconnected it may be held still: ask `remainingMs()` of the session too. */
  readonly isHeld: boolean;
  /** Gives the lock to the next in line. Never rejects because the lock is gone already. */
  release(options?: CallOptions): Promise<void>;
}

const defaultTimeoutMs = 30_000;

/**
 * A mutual exclusion among sessions (ZooKeeper recipes, "Locks"): fair, and a release wakes only the next in line. It
 * survives lost connections; it ends with the session.
 */
export class Lock {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #options: LineOptions;

  /** `path`: the node under which the contenders line up; it is created when missing. */
  constructor(zk: ZooKeeper, path: string, options: LineOptions = {}) {
    this.#zk = zk;
    this.#path = path;
    this.#options = options;
  }

  /**
   * Waits for the lock, 30 s unless told otherwise. Two calls on one object are two contenders.
   * @throws ZooKeeperError `OPERATION_TIMEOUT`, `ABORTED` (the place in line is given up), `SESSION_EXPIRED`, `CLOSED`,
   * `NO_AUTH`, `NO_NODE` when someone deleted the node that stood in line.
   */
  async acquire(options: CallOptions = {}): Promise<LockHold> {
    const deadline = new Deadline(`lock ${this.#path}`, options, defaultTimeoutMs);
    const place = await PlaceInLine.take(this.#zk, this.#path, this.#options, deadline);
    try {
      await place.waitFirst(deadline);
    } catch (error) {
      void place.leave().catch(() => undefined);
      throw error;
    }
    return hold(place);
  }
}

/** Makes a hold of a place that is first. */
export function hold(place: PlaceInLine): LockHold {
  const controller = new AbortController();
  const stop = place.watchLoss(controller);
  let isReleased = false;
  return {
    path: place.path,
    token: place.czxid,
    lost: controller.signal,
    get isHeld() {
      return !isReleased && !controller.signal.aborted;
    },
    release: async (options) => {
      isReleased = true;
      stop();
      await place.leave(options);
    },
  };
}
