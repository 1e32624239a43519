import type { WatchEventType } from '@dcmha/zk-client';
import { selfAndAncestors } from '../../path/znode-path.js';

/** `data` and `child` fire once (set by get/exists and by children); the other two stay. */
export type WatchKind = 'data' | 'child' | 'persistent' | 'recursive';

export type NodeEvent = Exclude<WatchEventType, 'watch-lost'>;

/** Who watches what, as the servers of an ensemble keep it: by connection, gone with it. */
export class WatchRegistry<Watcher> {
  readonly #byKind: Readonly<Record<WatchKind, Map<string, Set<Watcher>>>> = {
    data: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };
  readonly #paths = new Map<Watcher, Set<string>>();

  add(kind: WatchKind, path: string, watcher: Watcher): void {
    const map = this.#byKind[kind];
    const watchers = map.get(path) ?? new Set();
    watchers.add(watcher);
    map.set(path, watchers);
    const paths = this.#paths.get(watcher) ?? new Set();
    paths.add(path);
    this.#paths.set(watcher, paths);
  }

  remove(kind: WatchKind, path: string, watcher: Watcher): void {
    const watchers = this.#byKind[kind].get(path);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#byKind[kind].delete(path);
  }

  dropAll(watcher: Watcher): void {
    for (const path of this.#paths.get(watcher) ?? []) {
      for (const kind of ['data', 'child', 'persistent', 'recursive'] as const)
        this.remove(kind, path, watcher);
    }
    this.#paths.delete(watcher);
  }

  /** Those who must hear of the event, each once; one-shot watches that it fires are gone. */
  trigger(type: NodeEvent, path: string): Set<Watcher> {
    const heard = new Set<Watcher>();
    if (type !== 'children-changed') this.#fire('data', path, heard);
    if (type === 'children-changed' || type === 'deleted') this.#fire('child', path, heard);
    for (const watcher of this.#byKind.persistent.get(path) ?? []) heard.add(watcher);
    if (type !== 'children-changed' && this.#byKind.recursive.size > 0) {
      for (const above of selfAndAncestors(path)) {
        for (const watcher of this.#byKind.recursive.get(above) ?? []) heard.add(watcher);
      }
    }
    return heard;
  }

  #fire(kind: 'data' | 'child', path: string, heard: Set<Watcher>): void {
    for (const watcher of this.#byKind[kind].get(path) ?? []) heard.add(watcher);
    this.#byKind[kind].delete(path);
  }
}
