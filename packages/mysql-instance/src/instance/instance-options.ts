import type { InstanceAddress } from '../address/instance-address.js';
import type { InstanceTlsOptions } from '../connection/connection-options.js';
import type { InstanceError } from '../errors/instance-error.js';

export interface MysqlInstanceOptions {
  readonly address: InstanceAddress;
  readonly user: string;
  readonly password: string;
  /** TLS to the server; missing: none. */
  readonly ssl?: InstanceTlsOptions;
  /** Time for TCP, greeting and login. Default 1,000. */
  readonly connectTimeoutMs?: number;
  /** Time for a whole call, waiting for its turn included, when the call names none. Default 5,000. */
  readonly queryTimeoutMs?: number;
  /** Shown by the server as `program_name`. Default `dcmha`. */
  readonly applicationName?: string;
  /** Further connection attributes. */
  readonly connectionAttributes?: Readonly<Record<string, string>>;
  /** Calls that may wait for their turn. Default 64. */
  readonly queueLimit?: number;
  /** Told when the held connection ends by itself: the first sign of a process that died. Must not throw. */
  readonly onConnectionLost?: (error: InstanceError) => void;
}

/** How long one call may take, and how to cancel it. */
export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}
