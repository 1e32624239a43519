import type { Identity } from '../tree/access.js';
import type { NodeEvent } from './watch-registry.js';

/** The connection of a session, as the ensemble sees it. */
export interface Connection {
  /** To be delivered to the client, in order with the answers. */
  event(type: NodeEvent, path: string): void;
  /** The ensemble hangs up (session expired, ensemble stopped). */
  hangUp(reason: string): void;
}

export interface Session {
  readonly id: bigint;
  readonly timeoutMs: number;
  identities: readonly Identity[];
  readonly ephemerals: Set<string>;
  connection: Connection | null;
  alive: boolean;
  /** Cancels the expiry that is due because nothing is heard of the client. */
  cancelExpiry: (() => void) | null;
}

/** The one-shot and lasting watches that a client still holds, told to the ensemble on a new connection. */
export interface HeldWatches {
  readonly data: Iterable<string>;
  readonly exist: Iterable<string>;
  readonly child: Iterable<string>;
  readonly persistent: Iterable<string>;
  readonly recursive: Iterable<string>;
}
