import type { ZooKeeperErrorCode } from '../api.js';

/** Error numbers of the server (zookeeper-server `KeeperException.Code`) and what they are called here. */
const codes = new Map<number, ZooKeeperErrorCode>([
  [-1, 'SYSTEM'],
  [-2, 'RUNTIME_INCONSISTENCY'],
  [-3, 'DATA_INCONSISTENCY'],
  [-4, 'CONNECTION_LOSS'],
  [-5, 'MARSHALLING'],
  [-6, 'UNIMPLEMENTED'],
  [-7, 'OPERATION_TIMEOUT'],
  [-8, 'BAD_ARGUMENTS'],
  [-12, 'SESSION_EXPIRED'],
  [-101, 'NO_NODE'],
  [-102, 'NO_AUTH'],
  [-103, 'BAD_VERSION'],
  [-108, 'NO_CHILDREN_FOR_EPHEMERALS'],
  [-110, 'NODE_EXISTS'],
  [-111, 'NOT_EMPTY'],
  [-112, 'SESSION_EXPIRED'],
  [-114, 'INVALID_ACL'],
  [-115, 'AUTH_FAILED'],
  [-118, 'SESSION_MOVED'],
  [-119, 'NOT_READONLY'],
  [-121, 'NO_WATCHER'],
  [-122, 'OPERATION_TIMEOUT'],
  [-124, 'AUTH_FAILED'],
  [-125, 'QUOTA_EXCEEDED'],
  [-127, 'OVERLOADED'],
]);

/** An error number that no list knows is a `SYSTEM` error; the number is in the message. */
export function errorCodeOf(number: number): ZooKeeperErrorCode {
  return codes.get(number) ?? 'SYSTEM';
}

const explanations: Partial<Record<ZooKeeperErrorCode, string>> = {
  NO_NODE: 'there is no such node',
  NODE_EXISTS: 'the node exists already',
  BAD_VERSION: 'the node has another version than the one expected: read it again',
  NOT_EMPTY: 'the node has children: delete them first',
  NO_CHILDREN_FOR_EPHEMERALS: 'the parent is ephemeral and cannot have children',
  NO_AUTH: 'the ACL of the node (or of its parent) does not permit this: add the auth it names',
  AUTH_FAILED: 'the server refused the credentials',
  INVALID_ACL: 'the ACL is empty or malformed, or names auth that this session lacks',
  UNIMPLEMENTED:
    'the server does not support this request (too old, or not switched on in its configuration)',
  SESSION_EXPIRED: 'the server has expired this session: make a new client',
  SESSION_MOVED: 'the session moved to another server meanwhile',
  NOT_READONLY: 'the server is in read-only mode',
  NO_WATCHER: 'the server has no such watch',
  QUOTA_EXCEEDED: 'the quota of the subtree is exceeded',
  OVERLOADED: 'the server throttled the request: try again later',
};

/** What an error of the server means, in words, with the remedy where there is one. */
export function explain(number: number): string {
  return explanations[errorCodeOf(number)] ?? `the server answered with error ${number}`;
}
