export * from './address/index.js';
export * from './logging/index.js';
export * from './model/index.js';
export * from './agent-api/index.js';
export * from './policy/index.js';
export * from './session/index.js';
