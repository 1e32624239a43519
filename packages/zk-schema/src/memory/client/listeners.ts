import type { WatchEvent, WatchListener } from '@dcmha/zk-client';
import { selfAndAncestors } from '../../path/znode-path.js';
import type { HeldWatches } from '../ensemble/session.js';
import type { NodeEvent } from '../ensemble/watch-registry.js';

export type ListenerKind = 'data' | 'exist' | 'child' | 'persistent' | 'recursive';

const kinds: readonly ListenerKind[] = ['data', 'exist', 'child', 'persistent', 'recursive'];

/** The functions of a client that wait for events, by path and kind of watch. */
export class Listeners {
  readonly #byKind: Readonly<Record<ListenerKind, Map<string, Set<WatchListener>>>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };

  add(kind: ListenerKind, path: string, listener: WatchListener): void {
    const listeners = this.#byKind[kind].get(path) ?? new Set();
    listeners.add(listener);
    this.#byKind[kind].set(path, listeners);
  }

  /** True when it was there; `last` tells whether no other is left for this kind and path. */
  remove(kind: ListenerKind, path: string, listener: WatchListener): { last: boolean } {
    const listeners = this.#byKind[kind].get(path);
    listeners?.delete(listener);
    const last = listeners === undefined || listeners.size === 0;
    if (last) this.#byKind[kind].delete(path);
    return { last };
  }

  /** Those who must be called, each once; the one-shot ones among them are forgotten. */
  take(type: NodeEvent, path: string): Set<WatchListener> {
    const called = new Set<WatchListener>();
    if (type !== 'children-changed') {
      this.#takeAll('data', path, called);
      this.#takeAll('exist', path, called);
    }
    if (type === 'children-changed' || type === 'deleted') this.#takeAll('child', path, called);
    for (const listener of this.#byKind.persistent.get(path) ?? []) called.add(listener);
    if (type !== 'children-changed' && this.#byKind.recursive.size > 0) {
      for (const above of selfAndAncestors(path)) {
        for (const listener of this.#byKind.recursive.get(above) ?? []) called.add(listener);
      }
    }
    return called;
  }

  /** Empties it: every listener with the event that tells it that nothing more will come. */
  takeLost(): { listener: WatchListener; event: WatchEvent }[] {
    const lost = kinds.flatMap((kind) =>
      [...this.#byKind[kind]].flatMap(([path, listeners]) =>
        [...listeners].map((listener) => ({ listener, event: { type: 'watch-lost', path } as const })),
      ),
    );
    for (const kind of kinds) this.#byKind[kind].clear();
    return lost;
  }

  held(): HeldWatches {
    return {
      data: [...this.#byKind.data.keys()],
      exist: [...this.#byKind.exist.keys()],
      child: [...this.#byKind.child.keys()],
      persistent: [...this.#byKind.persistent.keys()],
      recursive: [...this.#byKind.recursive.keys()],
    };
  }

  #takeAll(kind: 'data' | 'exist' | 'child', path: string, called: Set<WatchListener>): void {
    for (const listener of this.#byKind[kind].get(path) ?? []) called.add(listener);
    this.#byKind[kind].delete(path);
  }
}
