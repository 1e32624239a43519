export { agentConfigSchema, type AgentConfig, type AgentConfigInput } from './config.js';
export { guard, type GuardAction, type GuardInput } from '@dcmha/zk-schema';
export { planRejoin, type RejoinInput, type RejoinPlan } from './rejoin/rejoin-plan.js';
export { rejoinStages, type RejoinStage } from './rejoin/rejoin-stage.js';
export { startAgent, type AgentHandle, type AgentTools } from './start-agent.js';
export { lostPath, type LostListing } from './rejoin/lost-http.js';
