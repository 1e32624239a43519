import type { RouteTarget } from '../adapter/route-adapter.js';

/** A route with what tells an older one from a newer one. */
export interface VersionedRoute extends RouteTarget {
  /**
   * ZooKeeper transaction that created the route's node. A group that was removed and added again counts its epochs
   * anew, but its node is a younger one.
   */
  readonly created: bigint;
  readonly epoch: number;
  readonly version: number;
}

/** Negative when `a` is older than `b`, 0 when they are the same publication, positive when `a` is newer. */
export function compareAge(a: VersionedRoute, b: VersionedRoute): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  return a.epoch - b.epoch || a.version - b.version;
}

export const describeAge = (route: VersionedRoute): string => `epoch ${route.epoch} version ${route.version}`;
