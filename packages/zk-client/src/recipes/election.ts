import { joinPath } from '../address/path.js';
import type { CallOptions, PersistentWatch, ZooKeeper } from '../api.js';
import { ZooKeeperError, isZooKeeperError } from '../errors.js';
import { Deadline } from '../waiting/deadline.js';
import { ensurePath } from './ensure-path.js';
import { hold, type LockHold } from './lock.js';
import { PlaceInLine, sortLine, type LineOptions } from './place-in-line.js';
import { Refresher } from './refresher.js';
import { acrossConnections } from '../waiting/retry.js';

/** Who leads, as an observer sees it. */
export interface Leader {
  readonly path: string;
  /** What the candidate put there. */
  readonly data: Buffer;
  /** Session of the leader. */
  readonly sessionId: bigint;
  /** Grows with each leader, see `LockHold.token`. */
  readonly token: bigint;
}

/** A running observation. */
export interface Observation {
  close(): Promise<void>;
}

/** Longest that a candidacy may wait: as good as for ever. */
const unlimitedMs = 0x7fff_ffff;
const readTimeoutMs = 30_000;
const attemptsMax = 100;

/** Leader election among sessions (ZooKeeper recipes, "Leader Election"): a lock whose holder all can see. */
export class Election {
  readonly #zk: ZooKeeper;
  readonly #path: string;

  /** `path`: the node under which the candidates line up; it is created when missing. */
  constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk;
    this.#path = path;
  }

  /**
   * Stands for election and resolves when elected; waits as long as that takes (end it with the signal or a timeout).
   * The leadership ends with `release()`, or with the signal `lost`.
   * @throws ZooKeeperError as `Lock.acquire`.
   */
  async campaign(candidate: LineOptions = {}, options: CallOptions = {}): Promise<LockHold> {
    const deadline = new Deadline(`election ${this.#path}`, options, unlimitedMs);
    const place = await PlaceInLine.take(this.#zk, this.#path, candidate, deadline);
    try {
      await place.waitFirst(deadline);
    } catch (error) {
      void place.leave().catch(() => undefined);
      throw error;
    }
    return hold(place);
  }

  /** Who leads now; `null` when nobody stands. */
  async leader(options: CallOptions = {}): Promise<Leader | null> {
    const deadline = new Deadline(`leader of ${this.#path}`, options, readTimeoutMs);
    return acrossConnections(this.#zk, deadline, (call) => this.#read(call));
  }

  /**
   * Calls the listener with the leader now, and with each other leader from then on (`null` while there is none);
   * repairs what it missed while disconnected. One that led only for a moment may be left out. Resolves after the
   * first call.
   */
  async observe(listener: (leader: Leader | null) => void, options: CallOptions = {}): Promise<Observation> {
    let last: Leader | null | undefined;
    const refresher = new Refresher(this.#zk, async () => {
      const leader = await this.leader();
      if (last !== undefined && last?.path === leader?.path) return;
      last = leader;
      if (!refresher.isClosed) listener(leader);
    });
    try {
      await ensurePath(this.#zk, this.#path, options);
      const watch: PersistentWatch = await this.#zk.addWatch(this.#path, () => refresher.request(), options);
      refresher.onClose(() => watch.remove());
      await refresher.run();
    } catch (error) {
      await refresher.close();
      throw error;
    }
    return refresher;
  }

  async #read(call: CallOptions): Promise<Leader | null> {
    // Who was first may leave between the two reads; then the next is looked at.
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      let names: string[];
      try {
        names = (await this.#zk.children(this.#path, call)).children;
      } catch (error) {
        if (isZooKeeperError(error, 'NO_NODE')) return null;
        throw error;
      }
      const first = sortLine(names)[0];
      if (!first) return null;
      const path = joinPath(this.#path, first.name);
      try {
        const { data, stat } = await this.#zk.get(path, call);
        return { path, data, sessionId: stat.ephemeralOwner, token: stat.czxid };
      } catch (error) {
        if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      }
    }
    throw new ZooKeeperError(
      'RUNTIME_INCONSISTENCY',
      `${this.#path}: ${attemptsMax} leaders in a row left before they could be read`,
      { path: this.#path },
    );
  }
}
