import type { WatchListener } from '@dcmha/zk-client';
import type { NativeWatcher } from './native-library.js';

const eventTypes = {
  1: 'created',
  2: 'deleted',
  3: 'data-changed',
  4: 'children-changed',
} as const;

interface Pending {
  readonly path: string;
  readonly listener: WatchListener;
}

/** One-shot watches that have not fired yet: they must hear of the end of the session. */
export class PendingWatches {
  readonly #pending = new Set<Pending>();

  /**
   * A watcher for one call, never to be given to the library twice (it would abort the process), and how to count it
   * as set once the answer is there.
   */
  prepare(path: string, listener: WatchListener): { watcher: NativeWatcher; set: () => void } {
    const pending: Pending = { path, listener };
    return {
      set: () => this.#pending.add(pending),
      watcher: (type, _state, eventPath) => {
        const event = eventTypes[type as keyof typeof eventTypes];
        // The library also tells every watcher of changes of the connection, which is not what it waits for.
        if (event === undefined || !this.#pending.delete(pending)) return;
        listener({ type: event, path: eventPath === '' ? path : eventPath });
      },
    };
  }

  tellLost(): void {
    const lost = [...this.#pending];
    this.#pending.clear();
    for (const { path, listener } of lost) listener({ type: 'watch-lost', path });
  }
}
