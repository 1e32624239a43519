import type { Acl, ZooKeeper } from '@dcmha/zk-client';
import type { Clock } from '../clock/index.js';
import type { Logger } from '../logging/index.js';
import type { Layout } from '../path/index.js';

/** What all parts of a store share. */
export interface StoreContext {
  readonly zk: ZooKeeper;
  readonly layout: Layout;
  /** For every node that is created; undefined: the default of the client. */
  readonly acl: readonly Acl[] | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}
