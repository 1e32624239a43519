import type { InstanceAddress } from '../address/instance-address.js';
import type { Durability } from './durability.js';

export interface FollowOptions {
  /** Account of the replication connection. */
  readonly user: string;
  readonly password: string;
  /** How often an idle source tells that it lives. Default 200 ms (servers' own default: 30 to 60 s). */
  readonly heartbeatPeriodMs?: number;
  /** Pause between attempts to connect, whole seconds. Default 1. Attempts never end. */
  readonly connectRetryS?: number;
  /** TLS to the source. Default false. */
  readonly ssl?: boolean;
  /** Ask the source for its RSA key (caching_sha2_password without TLS). Default: when `ssl` is false. */
  readonly getSourcePublicKey?: boolean;
  /** Acknowledge transactions to a semi-sync source. */
  readonly semisyncReplica: boolean;
  readonly durability: Durability;
  /** Missing or empty: the default channel. */
  readonly channel?: string;
  /**
   * Go on although received transactions would be thrown away before they are applied. Default false: `PRECONDITION`.
   * (Only where the applier cannot run meanwhile: it stopped with an error, or the server is MariaDB.)
   */
  readonly discardUnapplied?: boolean;
}

/**
 * What it took: `already` nothing; `threads` only stopped threads were started; `receiver` the receiver was pointed
 * elsewhere while the applier went on; `full` replication was stopped and set up anew.
 */
export type FollowPath = 'already' | 'threads' | 'receiver' | 'full';

export interface FollowResult {
  readonly source: InstanceAddress;
  readonly path: FollowPath;
  readonly elapsedMs: number;
}
