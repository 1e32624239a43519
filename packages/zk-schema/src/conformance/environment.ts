import type { Acl, ZooKeeper } from '@dcmha/zk-client';

export interface ConnectOptions {
  /** Default 6000. */
  readonly sessionTimeoutMs?: number;
  readonly auth?: readonly { readonly scheme: string; readonly auth: string }[];
  readonly defaultAcl?: readonly Acl[];
}

/** What a case runs in. */
export interface ConformanceEnvironment {
  /** A folder that exists, is empty, and is this case's alone. */
  readonly folder: string;
  /** A new session, connected. Whoever runs the case closes it afterwards. */
  readonly connect: (options?: ConnectOptions) => Promise<ZooKeeper>;
  /** Breaks the connection of every client; none can come back before the function returned is called. */
  readonly cut: () => Promise<() => Promise<void>>;
  /** Resolves once the condition holds; rejects, naming it, after a few seconds. */
  readonly until: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
}
