export * from './api.js';
export { MultiError, ZooKeeperError, isZooKeeperError } from './errors.js';
