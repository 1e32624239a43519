import type { ZooKeeperErrorCode } from '@dcmha/zk-client';
import type { CommandName } from '../ensemble/command.js';

/** A request that arrived at the ensemble, for a test to decide what becomes of it. */
export interface RequestFacts {
  readonly sessionId: bigint;
  readonly op: CommandName;
  readonly path: string | undefined;
  readonly write: boolean;
}

/**
 * - `lose-request`: never carried out, the connection breaks;
 * - `lose-answer`: carried out, the connection breaks before the answer;
 * - `delay-answer`: carried out, the answer (and all after it) comes later;
 * - `refuse`: answered with this error, not carried out.
 */
export type Fault =
  | { readonly kind: 'lose-request' }
  | { readonly kind: 'lose-answer' }
  | { readonly kind: 'delay-answer'; readonly delayMs: number }
  | { readonly kind: 'refuse'; readonly code: ZooKeeperErrorCode };

export type Interceptor = (request: RequestFacts) => Fault | undefined;
