export * from './api.js';
export { MultiError, ZooKeeperError, isZooKeeperError } from './errors.js';
export type { HostPort } from './address/connect-string.js';
export type { AuthEntry, SaslOptions, ZooKeeperClientOptions } from './client/options.js';
export type { TlsOptions } from './client/transport.js';
export { ZooKeeperClient, type ReadResult } from './client/zookeeper-client.js';
export type { ReadOp } from './protocol/multi-read.js';
export type { ClientIdentity } from './protocol/operations.js';
export * from './recipes/index.js';
