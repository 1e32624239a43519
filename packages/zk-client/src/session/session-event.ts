import type { ConnectResponse } from '../protocol/handshake.js';

export type SessionEvent =
  | { readonly type: 'start' }
  /** The connection that was asked for is open (TLS included). */
  | { readonly type: 'transport-open' }
  | { readonly type: 'handshake'; readonly response: ConnectResponse }
  /** The exchange that `authenticate` asked for has succeeded. */
  | { readonly type: 'authenticated' }
  | { readonly type: 'transport-lost'; readonly reason: string }
  /** The time `wakeAtMs` has come (or passed). */
  | { readonly type: 'timer' }
  /** Close the session, and give up on the server's answer at the deadline. */
  | { readonly type: 'close'; readonly deadlineMs: number }
  | { readonly type: 'close-answered' }
  /** The server refuses the credentials this client is configured with: trying again is of no use. */
  | { readonly type: 'auth-refused'; readonly reason: string };
