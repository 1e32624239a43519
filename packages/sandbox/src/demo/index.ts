/** The whole of dcmha on real servers on loopback: as a stack to work with, and as a demo. */
export { startStack, type Stack, type StackOptions } from '../stack/stack.js';
export { GroupTree } from '../stack/group-tree.js';
export { keptName, runDemo, type DemoOptions } from './run-demo.js';
export type { DemoEvent, DemoResult } from './demo-result.js';
export { formatReport, jsonReport } from './report.js';
export { formatTimeline, timeline, type TimelineStep } from './timeline.js';
export {
  currentPrimary,
  failover,
  killOwner,
  moreWrites,
  rejoin,
  SceneFailedError,
  switchover,
  type SceneContext,
} from './scene.js';
