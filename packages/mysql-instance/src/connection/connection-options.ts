import type { InstanceAddress } from '../address/instance-address.js';

/** TLS to the server. `rejectUnauthorized` defaults to true. */
export interface InstanceTlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Refuse a server whose certificate no known authority signed. Default true. */
  readonly rejectUnauthorized?: boolean;
  /** Refuse a server whose certificate names another host. Default false. */
  readonly verifyIdentity?: boolean;
}

/** What is needed to log in. */
export interface ConnectionOptions {
  readonly address: InstanceAddress;
  readonly user: string;
  readonly password: string;
  readonly tls?: InstanceTlsOptions;
  /** Seen by the server as connection attributes (`performance_schema.session_connect_attrs`). */
  readonly attributes: Readonly<Record<string, string>>;
}
