export * from './group-policy.js';
