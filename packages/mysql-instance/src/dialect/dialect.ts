import type { Flavor } from './version.js';

/**
 * How one family of servers is spoken to, as data: no code, only words. One folder per family, the same files in each:
 * `statements.ts`, `variables.ts`, `channel-columns.ts`, `features.ts`, put together by `index.ts`.
 */
export interface Dialect {
  readonly name: DialectName;
  readonly flavor: Flavor;
  readonly statements: StatementTexts;
  readonly variables: VariableNames;
  readonly channelColumns: ChannelColumns;
  readonly features: DialectFeatures;
}

export type DialectName = 'mysql-8.4' | 'mysql-8.0' | 'mysql-8.0-early' | 'mysql-5.7' | 'mariadb';

/**
 * SQL texts. `{channel}` stands for the channel's clause (nothing for the default channel), `{options}` for the options of
 * CHANGE, `{set}` for a quoted GTID set, `{timeoutS}` for seconds with fraction, `{name}` for a quoted channel name.
 */
export interface StatementTexts {
  readonly channelClause: string;
  readonly showChannels: string;
  /** Heartbeats and receive times of every channel, null where there is no such table. See `parse-channel-activity.ts`. */
  readonly channelActivity: string | null;
  readonly startReceiver: string;
  readonly stopReceiver: string;
  readonly startApplier: string;
  readonly stopApplier: string;
  readonly startBoth: string;
  readonly stopBoth: string;
  readonly resetChannel: string;
  readonly changeSource: string;
  /** Sent before CHANGE by a server that was a primary until now; null where nothing is needed. */
  readonly beforeFirstChange: string | null;
  /** Answers `applied`: 1 when all of `{set}` is executed here. */
  readonly isApplied: string;
  /** Answers `applied`: 1 when all of `{set}` is executed here within `{timeoutS}`. */
  readonly waitApplied: string;
  /** Answers the file being written and its size, columns `File` and `Position`. */
  readonly binlogStatus: string;
  readonly rotateBinlog: string;
  readonly resetGtids: string;
  readonly setGtidPurged: string;
  /** Closes the server for writes, as far as the flavor can. */
  readonly close: string;
  readonly open: string;
  /** Makes the server come up closed after a restart; null where it can only be written into the configuration file. */
  readonly persistClosed: string | null;
  /** What a person has to write into the configuration file when `persistClosed` is null or refused. */
  readonly persistClosedByFile: string;
  /** Settings of every session of ours. */
  readonly sessionInit: string;
}

/** Names of what `status` reads with one SELECT. An expression must exist on every server of the family. */
export interface VariableNames {
  /** Column of the snapshot -> SQL expression. */
  readonly snapshot: Readonly<Record<SnapshotColumn, string>>;
  /** Variables that only some servers of the family have, read by SHOW GLOBAL VARIABLES: name -> snapshot column. */
  readonly optional: Readonly<Record<string, SnapshotColumn>>;
  readonly syncBinlog: string;
  readonly flushLogAtTrxCommit: string;
  /** Sets of semi-sync names that a server of the family can have; the first one present is used. */
  readonly semisync: readonly SemisyncNames[];
}

export type SnapshotColumn =
  | 'version'
  | 'versionComment'
  | 'serverUuid'
  | 'serverId'
  | 'readOnly'
  | 'superReadOnly'
  | 'gtidMode'
  | 'gtidExecuted'
  | 'gtidPurged'
  | 'logBin'
  | 'logReplicaUpdates'
  | 'binlogFormat'
  | 'binlogRowImage'
  | 'syncBinlog'
  | 'flushLogAtTrxCommit'
  | 'maxConnections'
  | 'now';

/** Names of the variables and status counters of one generation of semi-sync. */
export interface SemisyncNames {
  readonly generation: 'source-replica' | 'master-slave';
  readonly sourceEnabled: string;
  readonly sourceTimeoutMs: string;
  /** Null where the source always waits for one. */
  readonly waitForAckers: string | null;
  readonly waitPoint: string;
  readonly waitNoReplica: string;
  readonly replicaEnabled: string;
  readonly statusClients: string;
  readonly statusSource: string;
  readonly statusReplica: string;
  readonly statusWaitSessions: string;
  /** What installs it, for messages. */
  readonly install: { readonly source: string; readonly replica: string } | null;
}

/** Column names of the statement that shows the channels. */
export interface ChannelColumns {
  readonly name: string;
  readonly sourceHost: string;
  readonly sourcePort: string;
  readonly sourceUser: string;
  readonly sourceUuid: string | null;
  readonly sourceServerId: string;
  readonly receiverRunning: string;
  readonly applierRunning: string;
  readonly receivedGtids: string;
  readonly autoPosition: string;
  readonly receiverErrno: string;
  readonly receiverError: string;
  readonly applierErrno: string;
  readonly applierError: string;
  readonly delayS: string;
  readonly lagS: string;
  readonly sourceLogFile: string;
  readonly readPosition: string;
  readonly appliedLogFile: string;
  readonly appliedPosition: string;
  /** Null where the heartbeat period is only in `channelActivity`. */
  readonly heartbeatPeriodS: string | null;
  readonly heartbeatsReceived: string | null;
}

/** Options of CHANGE, and what else differs but is not a name. */
export interface DialectFeatures {
  readonly changeOptions: ChangeOptionNames;
  /** Value of the auto position option, such as `1` or `slave_pos`. */
  readonly autoPositionOn: string;
  /** True where source options can be changed while the applier runs, which keeps received relay log. */
  readonly changeWhileApplying: boolean;
  /** True where closing the server also stops privileged accounts. */
  readonly closesPrivileged: boolean;
  /** True where the clone plugin can be installed. */
  readonly clone: boolean;
}

/** Null: the family has no such option and does without. */
export interface ChangeOptionNames {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly password: string;
  readonly autoPosition: string;
  readonly ssl: string;
  readonly getSourcePublicKey: string | null;
  readonly heartbeatPeriodS: string;
  readonly connectRetryS: string;
  readonly retryCount: string | null;
}
