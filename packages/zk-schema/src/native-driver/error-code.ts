import type { ZooKeeperErrorCode } from '@dcmha/zk-client';

/** Codes of the C client (`zookeeper.h`, enum ZOO_ERRORS). */
const codes: Readonly<Record<number, ZooKeeperErrorCode>> = {
  [-1]: 'SYSTEM',
  [-2]: 'RUNTIME_INCONSISTENCY',
  [-3]: 'DATA_INCONSISTENCY',
  [-4]: 'CONNECTION_LOSS',
  [-5]: 'MARSHALLING',
  [-6]: 'UNIMPLEMENTED',
  [-7]: 'OPERATION_TIMEOUT',
  [-8]: 'BAD_ARGUMENTS',
  [-101]: 'NO_NODE',
  [-102]: 'NO_AUTH',
  [-103]: 'BAD_VERSION',
  [-108]: 'NO_CHILDREN_FOR_EPHEMERALS',
  [-110]: 'NODE_EXISTS',
  [-111]: 'NOT_EMPTY',
  [-112]: 'SESSION_EXPIRED',
  [-114]: 'INVALID_ACL',
  [-115]: 'AUTH_FAILED',
  [-116]: 'CLOSED',
  [-118]: 'SESSION_MOVED',
  [-119]: 'NOT_READONLY',
  [-121]: 'NO_WATCHER',
  [-125]: 'QUOTA_EXCEEDED',
};

export function errorCodeOf(rc: number): ZooKeeperErrorCode {
  return codes[rc] ?? 'SYSTEM';
}
