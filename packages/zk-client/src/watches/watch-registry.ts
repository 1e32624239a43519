import type { WatchEvent, WatchListener } from '../api.js';
import type { WatchPaths } from '../protocol/set-watches.js';
import { parentOf } from '../address/path.js';

/** `data`: set on a node that exists; `exist`: on one that does not; `child`: on the list of children. */
export type OneShotKind = 'data' | 'exist' | 'child';

type Listeners = Map<string, Set<WatchListener>>;

function add(listeners: Listeners, path: string, listener: WatchListener): void {
  const set = listeners.get(path);
  if (set) set.add(listener);
  else listeners.set(path, new Set([listener]));
}

/** An event and one listener it is for. */
export interface Delivery {
  readonly listener: WatchListener;
  readonly event: WatchEvent;
}

function collect(listeners: Listeners, path: string, into: Set<WatchListener>): void {
  const set = listeners.get(path);
  if (set) for (const listener of set) into.add(listener);
}

/**
 * Who waits for which change, by the paths of this client. It knows what the server knows, so that an event finds its
 * listeners and a new connection can set everything again. The same listener set twice on the same node is one watch.
 */
export class WatchRegistry {
  readonly #oneShot: Record<OneShotKind, Listeners> = { data: new Map(), exist: new Map(), child: new Map() };
  readonly #persistent: Listeners = new Map();
  readonly #recursive: Listeners = new Map();
  readonly #persistentClaims = new Map<string, number>();
  readonly #recursiveClaims = new Map<string, number>();

  addOneShot(kind: OneShotKind, path: string, listener: WatchListener): void {
    add(this.#oneShot[kind], path, listener);
  }

  addPersistent(path: string, listener: WatchListener, recursive: boolean): void {
    add(recursive ? this.#recursive : this.#persistent, path, listener);
  }

  /** Says whether it was registered. */
  removePersistent(path: string, listener: WatchListener, recursive: boolean): boolean {
    const listeners = recursive ? this.#recursive : this.#persistent;
    const set = listeners.get(path);
    if (!set?.delete(listener)) return false;
    if (set.size === 0) listeners.delete(path);
    return true;
  }

  /** Counts a persistent watch that is being set as one that is there; returns how to end that. */
  claim(path: string, recursive: boolean): () => void {
    const claims = recursive ? this.#recursiveClaims : this.#persistentClaims;
    claims.set(path, (claims.get(path) ?? 0) + 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      const left = (claims.get(path) ?? 1) - 1;
      if (left === 0) claims.delete(path);
      else claims.set(path, left);
    };
  }

  /** True when a persistent watch of this mode is on the node, or is being set. */
  isPersistent(path: string, recursive: boolean): boolean {
    if (recursive) return this.#recursive.has(path) || this.#recursiveClaims.has(path);
    return this.#persistent.has(path) || this.#persistentClaims.has(path);
  }

  /**
   * True when a persistent watch on this very node brings the events that a one-shot watch of this kind waits for. It
   * must not be set at the server then: servers before 3.9 keep one mode per node and session, and a one-shot watch
   * would turn the persistent one into a one-shot watch (ZOOKEEPER-4466).
   */
  isCovered(kind: OneShotKind, path: string): boolean {
    return this.isPersistent(path, false) || (kind !== 'child' && this.isPersistent(path, true));
  }

  /** Who is to be told of an event, each listener once; one-shot watches among them are forgotten. */
  take(event: WatchEvent): Delivery[] {
    const { type, path } = event;
    const found = new Set<WatchListener>();
    if (type === 'children-changed') this.#takeOneShot('child', path, found);
    else {
      this.#takeOneShot('data', path, found);
      this.#takeOneShot('exist', path, found);
      if (type === 'deleted') this.#takeOneShot('child', path, found);
    }
    if (this.#persistent.size > 0) collect(this.#persistent, path, found);
    if (type !== 'children-changed' && this.#recursive.size > 0) {
      for (let at = path; ; at = parentOf(at)) {
        collect(this.#recursive, at, found);
        if (at === '/') break;
      }
    }
    const deliveries = Array.from(found, (listener) => ({ listener, event }));
    if (type === 'created' || type === 'deleted') this.#deriveForParent(path, deliveries);
    return deliveries;
  }

  /** Empties the registry: each watch with the path it was on. */
  takeAll(): Delivery[] {
    const byPath: Listeners = new Map();
    for (const listeners of this.#all()) {
      for (const [path, set] of listeners) for (const listener of set) add(byPath, path, listener);
      listeners.clear();
    }
    const deliveries: Delivery[] = [];
    for (const [path, set] of byPath) {
      for (const listener of set) deliveries.push({ listener, event: { type: 'watch-lost', path } });
    }
    return deliveries;
  }

  /** What a new connection has to set again, or only what concerns one node; `null` when nothing. */
  paths(only?: string): WatchPaths | null {
    const of = (listeners: Listeners): string[] => {
      if (only === undefined) return [...listeners.keys()];
      return listeners.has(only) ? [only] : [];
    };
    const paths = {
      data: of(this.#oneShot.data),
      exist: of(this.#oneShot.exist),
      child: of(this.#oneShot.child),
      // One mode per node, see `isCovered`; `#deriveForParent` makes up for what the recursive one does not bring.
      persistent: of(this.#persistent).filter((path) => !this.#recursive.has(path)),
      recursive: of(this.#recursive),
    };
    return Object.values(paths).some((list) => list.length > 0) ? paths : null;
  }

  /** How many listeners are registered. */
  get size(): number {
    let size = 0;
    for (const listeners of this.#all()) {
      for (const set of listeners.values()) size += set.size;
    }
    return size;
  }

  #takeOneShot(kind: OneShotKind, path: string, into: Set<WatchListener>): void {
    const set = this.#oneShot[kind].get(path);
    if (!set) return;
    this.#oneShot[kind].delete(path);
    for (const listener of set) into.add(listener);
  }

  /**
   * Where a node has both a persistent and a recursive watch, the server keeps the recursive one, which brings no
   * `children-changed`: that of the node follows from its children coming and going.
   */
  #deriveForParent(path: string, deliveries: Delivery[]): void {
    if (this.#recursive.size === 0 || this.#persistent.size === 0 || path === '/') return;
    const parent = parentOf(path);
    if (!this.#recursive.has(parent) || !this.#persistent.has(parent)) return;
    const found = new Set<WatchListener>();
    this.#takeOneShot('child', parent, found);
    collect(this.#persistent, parent, found);
    for (const listener of found) {
      deliveries.push({ listener, event: { type: 'children-changed', path: parent } });
    }
  }

  #all(): Listeners[] {
    return [...Object.values(this.#oneShot), this.#persistent, this.#recursive];
  }
}
