import { ZooKeeperError, isZooKeeperError } from '@dcmha/zk-client';
import type { CallOptions, Stat } from '@dcmha/zk-client';
import { encodeValue } from '../codec/index.js';
import type { NodeInput, NodeKey } from '../model/index.js';
import type { StoreContext } from './context.js';
import { ForeignNodeError } from './errors.js';
import { withParents } from './parents.js';
import { getOrNull } from './read-node.js';

export interface EphemeralOptions extends CallOptions {
  /**
   * How long to wait for a node of another session to go; default: one and a half session timeouts, within which the
   * node that our own predecessor left behind is gone.
   */
  readonly waitMs?: number;
}

/** An ephemeral node that our session owns. */
export interface EphemeralNode<Key extends NodeKey> {
  readonly path: string;
  /** Of the last write. */
  readonly version: number;
  /** Writes a new value: one round trip. Calls are carried out in order. A node that someone deleted is made again. */
  update(value: NodeInput<Key>, options?: CallOptions): Promise<void>;
  /** Deletes it. */
  remove(options?: CallOptions): Promise<void>;
}

const attemptsMax = 10;

export async function holdEphemeral<Key extends NodeKey>(
  context: StoreContext,
  key: Key,
  path: string,
  value: NodeInput<Key>,
  options: EphemeralOptions,
): Promise<EphemeralNode<Key>> {
  const node = new HeldNode(context, key, path);
  await node.take(encodeValue(key, value, path), options);
  return node;
}

class HeldNode<Key extends NodeKey> implements EphemeralNode<Key> {
  readonly path: string;
  readonly #context: StoreContext;
  readonly #key: Key;
  #version = 0;
  #last: Promise<void> = Promise.resolve();
  #removed = false;

  constructor(context: StoreContext, key: Key, path: string) {
    this.#context = context;
    this.#key = key;
    this.path = path;
  }

  get version(): number {
    return this.#version;
  }

  async update(value: NodeInput<Key>, options: CallOptions = {}): Promise<void> {
    const text = encodeValue(this.#key, value, this.path);
    return this.#inOrder(async () => {
      if (this.#removed) return;
      try {
        const { version } = await this.#context.zk.set(this.path, text, {
          ...options,
          version: this.#version,
        });
        this.#version = version;
      } catch (error) {
        // Deleted, or a write of ours whose answer was lost: look whose it is, and write again.
        if (!isZooKeeperError(error, 'NO_NODE') && !isZooKeeperError(error, 'BAD_VERSION')) throw error;
        await this.take(text, options);
      }
    });
  }

  async remove(options: CallOptions = {}): Promise<void> {
    this.#removed = true;
    return this.#inOrder(async () => {
      const found = await getOrNull(this.#context.zk, this.path, options);
      if (found === null || !this.#isOurs(found.stat)) return;
      try {
        await this.#context.zk.delete(this.path, { ...options, version: found.stat.version });
      } catch (error) {
        if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      }
    });
  }

  /** Ours with this value, or an error. */
  async take(text: string, options: EphemeralOptions): Promise<void> {
    const { zk, clock } = this.#context;
    const waitMs = options.waitMs ?? zk.sessionTimeoutMs * 1.5;
    const deadlineMs = clock.monotonicMs() + waitMs;
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      if (await this.#create(text, options)) return;
      const found = await getOrNull(zk, this.path, options);
      if (found === null) continue;
      if (this.#isOurs(found.stat)) {
        if (await this.#keep(found, text, options)) return;
        continue;
      }
      const leftMs = deadlineMs - clock.monotonicMs();
      if (found.stat.ephemeralOwner === 0n || leftMs <= 0 || !(await this.#waitGone(leftMs, options)))
        throw this.#foreign(found, waitMs);
    }
    throw this.#foreign(await getOrNull(zk, this.path, options), waitMs);
  }

  #foreign(found: { data: Buffer; stat: Stat } | null, waitedMs: number): ForeignNodeError {
    return new ForeignNodeError(this.#key, this.path, {
      ephemeralOwner: found?.stat.ephemeralOwner ?? 0n,
      holds: found?.data.toString() ?? 'nothing: it comes and goes',
      waitedMs: Math.round(waitedMs),
    });
  }

  async #create(text: string, options: CallOptions): Promise<boolean> {
    const { zk, acl } = this.#context;
    const call = { signal: options.signal, timeoutMs: options.timeoutMs };
    try {
      const { stat } = await withParents(this.#context, this.path, call, () =>
        zk.create(this.path, text, { ...call, mode: 'ephemeral', acl }),
      );
      this.#version = stat.version;
      return true;
    } catch (error) {
      if (isZooKeeperError(error, 'NODE_EXISTS')) return false;
      // Whether it was made is found out by trying again: the node tells its session.
      if (isZooKeeperError(error, 'CONNECTION_LOSS')) return false;
      throw error;
    }
  }

  async #keep(found: { data: Buffer; stat: Stat }, text: string, options: CallOptions): Promise<boolean> {
    this.#version = found.stat.version;
    if (found.data.equals(Buffer.from(text))) return true;
    try {
      const stat = await this.#context.zk.set(this.path, text, { ...options, version: found.stat.version });
      this.#version = stat.version;
      return true;
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE') || isZooKeeperError(error, 'BAD_VERSION')) return false;
      throw error;
    }
  }

  /** True once the node of another session is gone, false when the time is over. */
  async #waitGone(timeoutMs: number, { signal }: CallOptions): Promise<boolean> {
    const { zk, clock } = this.#context;
    let wake: () => void = () => undefined;
    let over = false;
    const end = (): void => {
      over = true;
      wake();
    };
    const cancel = clock.schedule(timeoutMs, end);
    signal?.addEventListener('abort', end, { once: true });
    try {
      while (!over) {
        const changed = new Promise<void>((resolve) => (wake = resolve));
        // Every change wakes us up, its end of life included; the end of our session too.
        const stat = await zk.exists(this.path, { signal, watch: () => wake() });
        if (stat === null || this.#isOurs(stat)) return true;
        await changed;
      }
      if (signal?.aborted === true)
        throw new ZooKeeperError('ABORTED', `ABORTED: waiting for ${this.path} to be given up`, {
          path: this.path,
        });
      return false;
    } finally {
      cancel();
      signal?.removeEventListener('abort', end);
    }
  }

  #isOurs(stat: Stat): boolean {
    const { sessionId } = this.#context.zk;
    return sessionId !== 0n && stat.ephemeralOwner === sessionId;
  }

  /** After all that was asked for before, whether or not that succeeded. */
  #inOrder(run: () => Promise<void>): Promise<void> {
    const result = this.#last.then(run, run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
