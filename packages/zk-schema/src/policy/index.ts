export * from './check-policy.js';
export * from './group-policy.js';
