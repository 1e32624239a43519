/** What a tail source needs to know. */
export interface TailSourceOptions {
  /** Path of the dead server's index file (`binlog.index`). Files are opened for reading only. */
  readonly index: string;
  /** Where replicas connect; port 0: a free one. */
  readonly host: string;
  readonly port?: number;
  /** What replicas log in with: one account, made for one operation. */
  readonly user: string;
  readonly password: string;
  /** Certificate and key in PEM. Without them replicas that ask for TLS are refused. */
  readonly tls?: TailSourceTls;
  /** Take connections without TLS too. Default: only where no {@link tls} is given. */
  readonly allowPlain?: boolean;
  /** `server_uuid` of the dead server (its `auto.cnf`). MySQL only. */
  readonly serverUuid?: string;
  /**
   * `gtid_purged` as the dead server had it when it lived. No file tells what was put there by hand or by a clone; without
   * it a replica that lacks one of those is not noticed.
   */
  readonly knownPurged?: string;
  readonly limits?: Partial<TailSourceLimits>;
  /** Told of logins, requests, endings. */
  readonly onEvent?: (event: TailSourceEvent) => void;
  /** Cancels {@link TailSource.open}. */
  readonly signal?: AbortSignal;
}

export interface TailSourceTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface TailSourceLimits {
  /** Connections at a time, also those that have not logged in. Default 64. */
  readonly connections: number;
  /** From connecting to being logged in. Default 10 s. */
  readonly loginTimeoutMs: number;
  /** Between the questions of one replica. Default 60 s. */
  readonly idleTimeoutMs: number;
  /** For a replica that takes nothing of what it asked for. Default 60 s. */
  readonly stallTimeoutMs: number;
  /** Longest packet before the login. Default 16 KiB. */
  readonly loginPacketBytes: number;
  /** Longest packet after it: a set of GTIDs. Default 64 MiB. */
  readonly packetBytes: number;
}

export const defaultLimits: TailSourceLimits = {
  connections: 64,
  loginTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  stallTimeoutMs: 60_000,
  loginPacketBytes: 16_384,
  packetBytes: 64 << 20,
};

/** What happened at a connection. */
export interface TailSourceEvent {
  /** `host:port` of the other side. */
  readonly peer: string;
  readonly kind: 'login' | 'dump' | 'refused' | 'closed';
  readonly detail: string;
}

/** One connection. */
export interface TailSourceReplica {
  readonly peer: string;
  readonly tls: boolean;
  readonly state: 'login' | 'asking' | 'sending' | 'idle';
  /** `server_id`; `null` until it said it. */
  readonly serverId: number | null;
  /** `server_uuid` of a MySQL replica; `null` until it said it. */
  readonly serverUuid: string | null;
  readonly file: string | null;
  readonly position: number | null;
  readonly transactionsSent: number;
  readonly bytesSent: number;
}

/** What a tail source is doing. */
export interface TailSourceStatus {
  readonly replicas: readonly TailSourceReplica[];
  /** Of all replicas, also of those that are gone. */
  readonly transactionsSent: number;
  readonly bytesSent: number;
  /** Connections ever taken. */
  readonly connectionsTaken: number;
  /** Since when nobody is connected, milliseconds; `null` while somebody is. */
  readonly unusedMs: number | null;
}
