export { planTakeover } from './plan-takeover.js';
export type { TakeOverOptions } from './take-over.js';
export { TakeoverError, takeOver } from './take-over.js';
export type { TakeoverNode, TakeoverPlan, TakeoverUnit } from './takeover-plan.js';
