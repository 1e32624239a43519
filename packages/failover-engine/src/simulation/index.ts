export {
  campaign,
  percentile,
  type BrokenSeed,
  type CampaignOptions,
  type CampaignSummary,
  type FaultSummary,
} from './campaign/campaign.js';
export { parallelCampaign, type ParallelOptions } from './campaign/parallel-campaign.js';
export { describeFault, type Fault, type FaultKind, type PlannedFault } from './faults/fault.js';
export { mutationNames, type Mutation } from './mutations.js';
export type { RowFates } from './promises/check-promises.js';
export type { PromiseName, Violation } from './promises/violation.js';
export { run, type RunResult } from './run.js';
export type { Scenario } from './scenarios/scenario.js';
export { scenarioNamed, scenarios } from './scenarios/scenarios.js';
export { setupFromSeed, type Given } from './setup-from-seed.js';
export { defaultMember, defaultSetup, type MemberSetup, type Setup } from './setup.js';
