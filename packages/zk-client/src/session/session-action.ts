import type { HostPort } from '../address/connect-string.js';
import type { SessionState } from '../api.js';
import type { ConnectRequest } from '../protocol/handshake.js';

/** What the shell has to do, in this order, after the machine has taken an event. */
export type SessionAction =
  /** Open a connection; `attempt` counts up per host, so that a name with several addresses is tried at each in turn. */
  | { readonly type: 'connect'; readonly host: HostPort; readonly attempt: number }
  | { readonly type: 'send-handshake'; readonly request: ConnectRequest }
  /** Prove who we are by SASL before anything else is sent; then tell `authenticated`. */
  | { readonly type: 'authenticate' }
  /** The session is attached: send auth and watches, then what waits. */
  | { readonly type: 'attached' }
  | { readonly type: 'send-ping' }
  | { readonly type: 'send-close' }
  /**
   * Throw the connection away. When it carried the session, fail what was sent on it and what waits behind that:
   * what was made before a loss must not be sent after it.
   */
  | { readonly type: 'disconnect'; readonly reason: string; readonly wasAttached: boolean }
  | {
      readonly type: 'change';
      readonly state: SessionState;
      readonly previous: SessionState;
      readonly reason: string | undefined;
    }
  /** By our own clock the server may have expired the session from now on. */
  | { readonly type: 'lease-ended' };
