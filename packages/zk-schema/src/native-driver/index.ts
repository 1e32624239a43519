export { nativeDriverGaps } from './gaps.js';
export { NativeDriverUnavailableError } from './native-library.js';
export type { NativeZooKeeperOptions } from './native-options.js';
export type { NativeZooKeeper } from './native-zookeeper.js';
export { openNativeZooKeeper } from './native-zookeeper.js';
