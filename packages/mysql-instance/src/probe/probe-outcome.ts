import type { InstanceAddress } from '../address/instance-address.js';
import type { InstanceErrorCode } from '../errors/instance-error.js';

/**
 * - `alive`: it answered;
 * - `saturated`: alive, no connection free;
 * - `denied`: alive, refused our login (or we its certificate);
 * - `refused`: the host answers, no server behind the port;
 * - `unreachable`: no TCP connection (host or network gone);
 * - `hung`: TCP connects, nothing answers;
 * - `starting`: it says that it starts or stops.
 */
export type ProbeVerdict = 'alive' | 'saturated' | 'denied' | 'refused' | 'unreachable' | 'hung' | 'starting';

export interface ProbeOutcome {
  readonly verdict: ProbeVerdict;
  /** True for `alive`, `saturated` and `denied`. */
  readonly alive: boolean;
  readonly address: InstanceAddress;
  readonly elapsedMs: number;
  /** Every attempt that was made, in the order it ended. */
  readonly evidence: readonly ProbeEvidence[];
}

export interface ProbeEvidence {
  /** The connection held since before, or one made for the probe. */
  readonly via: 'held' | 'fresh';
  readonly verdict: ProbeVerdict;
  readonly elapsedMs: number;
  /** One sentence. */
  readonly detail: string;
  readonly code?: InstanceErrorCode;
  readonly errno?: number;
}
