/** Real MySQL, MariaDB, ZooKeeper and HAProxy servers on loopback for demos, tests and chaos runs. */
export * from './errors/index.js';
export * from './install/index.js';
export { Sandbox, type SandboxOptions } from './sandbox.js';
export { MysqlServer, type Flavor, type MysqlServerOptions } from './mysql/mysql-server.js';
export { accounts, appDatabase, type Account } from './mysql/accounts.js';
export type { ServerOptions } from './mysql/server-options.js';
export type { MysqlGroup } from './group/mysql-group.js';
export type { GroupOptions } from './group/group-options.js';
export { ZooKeeperEnsemble, type ZooKeeperOptions } from './zookeeper/zookeeper-ensemble.js';
export { ZooKeeperNode } from './zookeeper/zookeeper-node.js';
export { fourLetterWord } from './zookeeper/four-letter-word.js';
export { HaproxyServer, type HaproxyOptions } from './haproxy/haproxy-server.js';
export * from './detached/index.js';
export { DaemonProcess, type DaemonKind, type DaemonOptions } from './stack/daemon-process.js';
export * from './workload/index.js';
export { ManagedServer } from './process/managed-server.js';
export { OwnedProcess, type ProcessSpec } from './process/owned-process.js';
export {
  identify,
  isAlive,
  sendSignal,
  stateOf,
  type ProcessIdentity,
  type ProcessState,
} from './process/process-identity.js';
export { logTail } from './process/log-tail.js';
export { waitUntil, type WaitOptions } from './process/wait-until.js';
export { freePort, releasePort, isPortFree } from './net/free-port.js';
