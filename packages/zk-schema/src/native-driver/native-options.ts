import type { Acl } from '@dcmha/zk-client';

export interface NativeZooKeeperOptions {
  /** `host:port,host:port/chroot`. */
  readonly connect: string;
  /** Default 6000. */
  readonly sessionTimeoutMs?: number;
  /** Deadline of every call that names none. Default 10,000. */
  readonly requestTimeoutMs?: number;
  readonly auth?: readonly { readonly scheme: string; readonly auth: string }[];
  /** Only the open one: the library cannot create a node with another. */
  readonly defaultAcl?: readonly Acl[];
  /** Told of an exception thrown by a listener of the application. Default: a process warning. */
  readonly onListenerError?: (error: unknown) => void;
}
