import { ZooKeeperError } from '@dcmha/zk-client';
import type { ZooKeeperErrorCode } from '@dcmha/zk-client';

const meanings: Partial<Record<ZooKeeperErrorCode, string>> = {
  NO_NODE: 'there is no such node',
  NODE_EXISTS: 'the node exists already',
  BAD_VERSION: 'the node has another version than the one named',
  NOT_EMPTY: 'the node has children',
  NO_CHILDREN_FOR_EPHEMERALS: 'an ephemeral node cannot have children',
  NO_AUTH: 'the ACL does not allow it to this session',
  INVALID_ACL: 'the ACL is empty or names an unknown or unauthenticated identity',
  SESSION_EXPIRED: 'the session is gone; make a new client',
  CONNECTION_LOSS: 'the connection was lost before the answer came',
  CLOSED: 'the client was closed',
  ABORTED: 'the caller gave up',
  OPERATION_TIMEOUT: 'no answer came in time',
  DATA_TOO_LARGE: 'the value is larger than a node may be',
};

export function refusal(code: ZooKeeperErrorCode, path?: string, detail?: string): ZooKeeperError {
  const meaning = detail ?? meanings[code] ?? 'refused';
  return new ZooKeeperError(
    code,
    path === undefined ? `${code}: ${meaning}` : `${code} ${path}: ${meaning}`,
    {
      path,
    },
  );
}
