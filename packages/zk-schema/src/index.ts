export * from './address/index.js';
export * from './logging/index.js';
export * from './model/index.js';
