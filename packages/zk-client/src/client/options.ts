import { parseConnectString, type HostPort } from '../address/connect-string.js';
import { openAcl, type Acl } from '../api.js';
import { ZooKeeperError } from '../errors.js';
import type { TlsOptions } from './transport.js';

export interface AuthEntry {
  /** `digest` (auth is then `user:password`), or another scheme that the server has a provider for. */
  readonly scheme: string;
  readonly auth: Uint8Array | string;
}

/** Credentials for SASL DIGEST-MD5, as the server's JAAS configuration has them (`DigestLoginModule`). */
export interface SaslOptions {
  readonly mechanism: 'DIGEST-MD5';
  readonly username: string;
  readonly password: string;
  /** What the digest is made for; default `zookeeper/zk-sasl-md5`, which is what ZooKeeper servers expect. */
  readonly digestUri?: string;
}

export interface ZooKeeperClientOptions {
  /** `host:port,host:port/chroot`; names are resolved anew at each attempt, an IPv6 address stands in brackets. */
  readonly connect: string;
  /** Asked of the server, which may grant another (default 6,000; servers allow 2 to 20 of their ticks). */
  readonly sessionTimeoutMs?: number;
  /**
   * Bound on one attempt at one server: name, TCP, TLS and handshake together. Default: a sixth of the session
   * timeout, at least 250 and at most 5,000. It doubles with each round over all servers in vain, up to two thirds of
   * the session timeout.
   */
  readonly connectTimeoutMs?: number;
  /** Deadline of every call that names none, waiting for a connection included. Default 10,000. */
  readonly requestTimeoutMs?: number;
  /** How long `close()` waits for a server to end the session. Default 2,000. */
  readonly closeTimeoutMs?: number;
  /** TLS to every server, with the options of Node's `tls.connect`; `true` for its defaults. */
  readonly tls?: TlsOptions | true;
  /** Added to the session at each connection, before anything else is sent. */
  readonly auth?: readonly AuthEntry[];
  /** Proves who we are by SASL at each connection, before anything else is sent. */
  readonly sasl?: SaslOptions;
  /** ACL of nodes created without one; default open to everyone. */
  readonly defaultAcl?: readonly Acl[];
  /**
   * Largest request, in bytes of its frame; at most the server's `jute.maxbuffer`. Default 1,048,575, which is the
   * server's default. A larger one is an error of that call alone (the server would drop the connection).
   */
  readonly maxRequestBytes?: number;
  /** Largest answer accepted. Default 33,554,432. */
  readonly maxResponseBytes?: number;
  /** Requests on the wire at once; further ones wait their turn here. Default 2,000. */
  readonly maxInFlight?: number;
  /** Requests that may wait here, above which a call is refused with `OVERLOADED`. Default 100,000. */
  readonly maxWaiting?: number;
  /** Bytes of requests that may wait here, above which a call is refused with `OVERLOADED`. Default 67,108,864. */
  readonly maxWaitingBytes?: number;
  /**
   * Default false: only a server can say that the session has expired, and until then this client tries to come back
   * to it (after an outage of all servers the session lives on). True: `expired` as soon as our own clock says that
   * the servers may have expired it (`remainingMs()` is 0) and none is connected.
   */
  readonly expireByOwnClock?: boolean;
  /**
   * Taken off `remainingMs()`. Default 0. A follower passes our signs of life on to the leader every half tick: if it
   * dies just after it answered us, the leader counts from up to half a tick earlier than we do.
   */
  readonly leaseReserveMs?: number;
  /** Told of an exception thrown by a listener of the application. Default: a process warning. */
  readonly onListenerError?: (error: unknown) => void;
}

export interface ClientSettings {
  readonly hosts: readonly HostPort[];
  readonly chroot: string;
  readonly sessionTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly tls: TlsOptions | undefined;
  readonly auth: readonly AuthEntry[];
  readonly sasl: SaslOptions | undefined;
  readonly defaultAcl: readonly Acl[];
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  readonly expireByOwnClock: boolean;
  readonly leaseReserveMs: number;
  readonly onListenerError: (error: unknown) => void;
}

const maxInt = 0x7fff_ffff;

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= maxInt) return value;
  throw new ZooKeeperError(
    'BAD_ARGUMENTS',
    `option ${name} must be a whole number from 1 to ${maxInt}, not ${value}`,
  );
}

function reserve(leaseReserveMs: number, sessionTimeoutMs: number): number {
  if (leaseReserveMs >= 0 && leaseReserveMs < sessionTimeoutMs / 3) return leaseReserveMs;
  throw new ZooKeeperError(
    'BAD_ARGUMENTS',
    `option leaseReserveMs must be from 0 to less than a third of sessionTimeoutMs (${sessionTimeoutMs}), not ${leaseReserveMs}`,
  );
}

function checkedSasl(sasl: SaslOptions | undefined): SaslOptions | undefined {
  if (!sasl || (sasl.mechanism === 'DIGEST-MD5' && sasl.username && typeof sasl.password === 'string'))
    return sasl;
  throw new ZooKeeperError(
    'BAD_ARGUMENTS',
    'option sasl must be { mechanism: "DIGEST-MD5", username, password }: no other mechanism is supported',
  );
}

function warn(error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`a listener of a ZooKeeper client threw: ${detail}`, 'ZooKeeperListenerWarning');
}

/**
 * Checks the options and fills in the defaults.
 * @throws ZooKeeperError `BAD_ARGUMENTS`, naming the option.
 */
export function resolveOptions(options: ZooKeeperClientOptions): ClientSettings {
  const { hosts, chroot } = parseConnectString(options.connect);
  const sessionTimeoutMs = positive('sessionTimeoutMs', options.sessionTimeoutMs ?? 6_000);
  const sixth = Math.round(Math.min(5_000, Math.max(250, sessionTimeoutMs / 6)));
  return {
    hosts,
    chroot,
    sessionTimeoutMs,
    connectTimeoutMs: positive('connectTimeoutMs', options.connectTimeoutMs ?? sixth),
    requestTimeoutMs: positive('requestTimeoutMs', options.requestTimeoutMs ?? 10_000),
    closeTimeoutMs: positive('closeTimeoutMs', options.closeTimeoutMs ?? 2_000),
    tls: options.tls === true ? {} : options.tls,
    auth: options.auth ?? [],
    sasl: checkedSasl(options.sasl),
    defaultAcl: options.defaultAcl ?? openAcl,
    maxRequestBytes: positive('maxRequestBytes', options.maxRequestBytes ?? 1_048_575),
    maxResponseBytes: positive('maxResponseBytes', options.maxResponseBytes ?? 32 * 1024 * 1024),
    maxInFlight: positive('maxInFlight', options.maxInFlight ?? 2_000),
    maxWaiting: positive('maxWaiting', options.maxWaiting ?? 100_000),
    maxWaitingBytes: positive('maxWaitingBytes', options.maxWaitingBytes ?? 64 * 1024 * 1024),
    expireByOwnClock: options.expireByOwnClock ?? false,
    leaseReserveMs: reserve(options.leaseReserveMs ?? 0, sessionTimeoutMs),
    onListenerError: options.onListenerError ?? warn,
  };
}
