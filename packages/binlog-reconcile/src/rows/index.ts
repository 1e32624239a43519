export * from './column-type.js';
export * from './model.js';
export * from './json/json-node.js';
