export { Lock, type LockHold } from './lock.js';
export { Election, type Leader, type Observation } from './election.js';
export { Membership, type MemberInfo, type OwnMember } from './membership.js';
export {
  CachedSubtree,
  type CachedNode,
  type CachedSubtreeOptions,
  type SubtreeChange,
} from './cached-subtree.js';
export { ensurePath } from './ensure-path.js';
export type { LineOptions } from './place-in-line.js';
