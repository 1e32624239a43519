import type { NodeInput, NodeKey } from '../model/index.js';
import type { EphemeralNode } from './ephemeral.js';

export interface AnnouncementOptions<Key extends NodeKey> {
  /** Creates the node, or takes the one of this session: `store.<node>.ensureEphemeral(...)`. */
  readonly make: (value: NodeInput<Key>) => Promise<EphemeralNode<Key>>;
  /** Aborts when the session is over: nothing is written after it. */
  readonly over: AbortSignal;
  /** Pause before a write that failed is tried again. */
  readonly pause: () => Promise<unknown>;
  /** Told of each write that failed. */
  readonly failed?: (error: unknown) => void;
}

/**
 * Brings one ephemeral node to the newest value offered (`null`: not there), one write at a time; values that were
 * overtaken meanwhile are never written. Tries again until the session is over.
 */
export class Announcement<Key extends NodeKey> {
  readonly #o: AnnouncementOptions<Key>;
  #node: EphemeralNode<Key> | null = null;
  #wanted: { readonly value: NodeInput<Key> | null } | null = null;
  #told = '';
  #running = false;

  constructor(options: AnnouncementOptions<Key>) {
    this.#o = options;
  }

  offer(value: NodeInput<Key> | null): void {
    this.#wanted = { value };
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    const { over, pause, failed } = this.#o;
    this.#running = true;
    while (this.#wanted !== null && !over.aborted) {
      const wanted = this.#wanted;
      this.#wanted = null;
      const text = JSON.stringify(wanted.value);
      if (text === this.#told) continue;
      try {
        await this.#bring(wanted.value);
        this.#told = text;
      } catch (error) {
        if (over.aborted) break;
        this.#told = '';
        failed?.(error);
        this.#wanted ??= wanted;
        await pause();
      }
    }
    // In the same turn as the look at what is wanted: an offer that comes later starts it anew.
    this.#running = false;
  }

  async #bring(value: NodeInput<Key> | null): Promise<void> {
    const { make, over } = this.#o;
    if (value === null) {
      await this.#node?.remove({ signal: over });
      this.#node = null;
    } else if (this.#node === null) this.#node = await make(value);
    else await this.#node.update(value, { signal: over });
  }
}
