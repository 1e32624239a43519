export * from './gtid/index.js';
// `./events` has an event parser of the same name, for those who import that sub-path.
export { parseMariadbGtid } from './gtid/index.js';
export * from './events/index.js';
export * from './rows/index.js';
export * from './reading/index.js';
export * from './transactions/index.js';
export * from './sql/index.js';
export * from './apply/index.js';
