/**
 * What any ZooKeeper driver of dcmha offers. `ZooKeeperClient` of this package is the reference; an in-memory driver
 * and one over the npm package `zookeeper` implement the same interface, and one conformance suite runs against all.
 */

/** Fields of a znode's stat structure (ZooKeeper programmer's guide, "ZooKeeper Stat Structure"). */
export interface Stat {
  /** Transaction id of the change that created the node. */
  readonly czxid: bigint;
  /** Transaction id of the last change of the node's data. */
  readonly mzxid: bigint;
  /** Transaction id of the last change of the node's children. */
  readonly pzxid: bigint;
  /** Creation time by the server's clock, milliseconds since the epoch. */
  readonly ctimeMs: number;
  /** Time of the last change of the data by the server's clock, milliseconds since the epoch. */
  readonly mtimeMs: number;
  /** How often the data changed: what a conditional write names. */
  readonly version: number;
  /** How often the children changed. */
  readonly cversion: number;
  /** How often the ACL changed. */
  readonly aversion: number;
  /** Session that owns an ephemeral node, else `0n`. */
  readonly ephemeralOwner: bigint;
  /** Bytes of data. */
  readonly dataLength: number;
  readonly numChildren: number;
}

export interface Acl {
  /** Bits of `Permission`. */
  readonly permissions: number;
  /** `world`, `auth`, `digest`, `ip`, `x509`, `sasl`. */
  readonly scheme: string;
  readonly id: string;
}

export type CreateMode =
  | 'persistent'
  | 'ephemeral'
  | 'persistent-sequential'
  | 'ephemeral-sequential'
  | 'container'
  | 'persistent-with-ttl'
  | 'persistent-sequential-with-ttl';

export interface CallOptions {
  /** Gives up waiting; a write that was already sent may still happen (the error says so). */
  readonly signal?: AbortSignal;
  /** Gives up waiting after so many milliseconds; default from the client's options. */
  readonly timeoutMs?: number;
}

export interface CreateOptions extends CallOptions {
  /** Default `persistent`. */
  readonly mode?: CreateMode;
  /** Default: the client's default ACL (open unless configured). */
  readonly acl?: readonly Acl[];
  /** For the modes with TTL. */
  readonly ttlMs?: number;
}

export interface VersionOptions extends CallOptions {
  /** The write happens only while the node has this version; without it, whatever the version. */
  readonly version?: number;
}

export type WatchEventType =
  | 'created'
  | 'deleted'
  | 'data-changed'
  | 'children-changed'
  /** The server no longer keeps this watch (removed, session expired or closed): nothing more will come. */
  | 'watch-lost';

export interface WatchEvent {
  readonly type: WatchEventType;
  readonly path: string;
}

export type WatchListener = (event: WatchEvent) => void;

export interface WatchOptions extends CallOptions {
  /** Called once for the next change (a one-shot watch). Survives reconnects within the session. */
  readonly watch?: WatchListener;
}

/**
 * A persistent watch: events come until it is removed or the session ends. Servers do not make up for what changed
 * while no connection was there: read again after each change of state to `connected` (or use `CachedSubtree`).
 */
export interface PersistentWatch {
  readonly path: string;
  remove(options?: CallOptions): Promise<void>;
}

export type Op =
  | {
      readonly type: 'create';
      readonly path: string;
      readonly data?: Uint8Array | string;
      readonly mode?: CreateMode;
      readonly acl?: readonly Acl[];
      readonly ttlMs?: number;
    }
  | { readonly type: 'delete'; readonly path: string; readonly version?: number }
  | {
      readonly type: 'set';
      readonly path: string;
      readonly data: Uint8Array | string;
      readonly version?: number;
    }
  | { readonly type: 'check'; readonly path: string; readonly version: number };

export type OpResult =
  | { readonly type: 'create'; readonly path: string; readonly stat?: Stat }
  | { readonly type: 'delete' }
  | { readonly type: 'set'; readonly stat: Stat }
  | { readonly type: 'check' };

/**
 * - `connecting`: no session yet;
 * - `connected`: session alive on a server;
 * - `disconnected`: session may be alive, no server at the moment; reconnecting;
 * - `expired`: the session is gone (the server said so, or our own clock says it must be): its ephemeral nodes are
 *   deleted or will be; this client never recovers, make a new one;
 * - `closed`: closed by us.
 */
export type SessionState = 'connecting' | 'connected' | 'disconnected' | 'expired' | 'closed';

export interface SessionChange {
  readonly state: SessionState;
  readonly previous: SessionState;
  /** Why, in words, where there is a reason. */
  readonly reason?: string;
}

/**
 * A ZooKeeper session. Paths are absolute (`/a/b`). Every method rejects with a `ZooKeeperError` that carries `code`
 * and `path`; a request whose connection was lost rejects with code `CONNECTION_LOSS` and `maybeApplied` true when
 * the server may have carried out the write.
 */
export interface ZooKeeper {
  readonly state: SessionState;
  /** `0n` before the first connection. */
  readonly sessionId: bigint;
  /** Negotiated with the server, milliseconds; the requested one before the first connection. */
  readonly sessionTimeoutMs: number;
  /**
   * Milliseconds until the session can be expired at the server, by our own monotonic clock, counted from the moment
   * the last answered request or ping was *sent*: what is 0 here may already be deleted there. 0 once expired, and
   * before the first connection.
   */
  remainingMs(): number;
  /** Resolves once connected; rejects on expiry, close, or the deadline. */
  waitConnected(options?: CallOptions): Promise<void>;
  onState(listener: (change: SessionChange) => void): () => void;

  create(
    path: string,
    data?: Uint8Array | string,
    options?: CreateOptions,
  ): Promise<{ path: string; stat: Stat }>;
  delete(path: string, options?: VersionOptions): Promise<void>;
  /** `null` when there is no such node (a watch is set all the same and fires on creation). */
  exists(path: string, options?: WatchOptions): Promise<Stat | null>;
  get(path: string, options?: WatchOptions): Promise<{ data: Buffer; stat: Stat }>;
  set(path: string, data: Uint8Array | string, options?: VersionOptions): Promise<Stat>;
  /** Names (not paths) of the children, in no particular order. */
  children(path: string, options?: WatchOptions): Promise<{ children: string[]; stat: Stat }>;
  /** After it, reads on this session see everything committed before it was called. */
  sync(path: string, options?: CallOptions): Promise<void>;
  /** All or nothing. On refusal rejects with `MultiError`, whose `index` names the operation that failed. */
  multi(ops: readonly Op[], options?: CallOptions): Promise<OpResult[]>;
  getAcl(path: string, options?: CallOptions): Promise<{ acl: Acl[]; stat: Stat }>;
  setAcl(path: string, acl: readonly Acl[], options?: VersionOptions): Promise<Stat>;
  addAuth(scheme: string, auth: Uint8Array | string, options?: CallOptions): Promise<void>;
  /** Persistent watch on a node (and with `recursive`, on everything below; then no `children-changed` events). */
  addWatch(
    path: string,
    listener: WatchListener,
    options?: CallOptions & { readonly recursive?: boolean },
  ): Promise<PersistentWatch>;
  /** Ends the session (its ephemeral nodes are deleted) and releases every timer and socket. Never rejects. */
  close(options?: CallOptions): Promise<void>;
}

export const Permission = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;

export const openAcl: readonly Acl[] = [{ permissions: Permission.all, scheme: 'world', id: 'anyone' }];

export type ZooKeeperErrorCode =
  | 'NO_NODE'
  | 'NODE_EXISTS'
  | 'BAD_VERSION'
  | 'NOT_EMPTY'
  | 'NO_CHILDREN_FOR_EPHEMERALS'
  | 'NO_AUTH'
  | 'AUTH_FAILED'
  | 'INVALID_ACL'
  | 'BAD_ARGUMENTS'
  | 'UNIMPLEMENTED'
  | 'SESSION_EXPIRED'
  | 'SESSION_MOVED'
  | 'NOT_READONLY'
  | 'CONNECTION_LOSS'
  | 'OPERATION_TIMEOUT'
  | 'ABORTED'
  | 'CLOSED'
  | 'DATA_TOO_LARGE'
  | 'OVERLOADED'
  | 'RUNTIME_INCONSISTENCY'
  | 'DATA_INCONSISTENCY'
  | 'MARSHALLING'
  | 'NO_WATCHER'
  | 'QUOTA_EXCEEDED'
  | 'SYSTEM';
