import type { Capability } from '../conformance/index.js';

/** What the npm package `zookeeper` cannot do, by the names of the conformance suite. */
export const nativeDriverGaps = [
  'multi',
  'create-with-acl',
  'read-acl',
  'recursive-watch',
  'every-event',
] as const satisfies readonly Capability[];
