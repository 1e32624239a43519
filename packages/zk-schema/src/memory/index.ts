export type { Clock } from '../clock/index.js';
export { VirtualClock, systemClock } from '../clock/index.js';
export type { Fault, Interceptor, RequestFacts } from './client/fault.js';
export type { MemoryClient, MemoryClientOptions } from './client/memory-client.js';
export type { MemoryZooKeeperOptions } from './memory-zookeeper.js';
export { MemoryZooKeeper } from './memory-zookeeper.js';
