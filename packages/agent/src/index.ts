export { agentConfigSchema, type AgentConfig, type AgentConfigInput } from './config.js';
export { guard, type GuardAction, type GuardInput } from './core/guard.js';
export { planRejoin, type RejoinInput, type RejoinPlan } from './rejoin/rejoin-plan.js';
export { startAgent, type AgentHandle } from './start-agent.js';
