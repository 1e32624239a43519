import { accessCases } from './access.js';
import type { Capability } from './capability.js';
import type { ConformanceCase } from './case.js';
import { multiCases } from './multi.js';
import { nodeCases } from './nodes.js';
import { sessionCases } from './sessions.js';
import { storeCases } from './store.js';
import { watchCases } from './watches.js';

export { capabilities } from './capability.js';
export type { Capability } from './capability.js';
export type { ConformanceCase } from './case.js';
export type { ConformanceEnvironment, ConnectOptions } from './environment.js';

/** What every driver of ZooKeeper must do to be used by dcmha. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...nodeCases,
  ...multiCases,
  ...watchCases,
  ...accessCases,
  ...sessionCases,
  ...storeCases,
];

/** The cases for a driver that lacks some capabilities. */
export function conformanceCasesWithout(gaps: readonly Capability[]): readonly ConformanceCase[] {
  return conformanceCases.filter(({ needs }) => !needs.some((need) => gaps.includes(need)));
}
