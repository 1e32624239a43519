import type { InstanceAddress } from '../address/instance-address.js';
import type { DialectName, SemisyncNames } from '../dialect/dialect.js';
import type { ServerVersion } from '../dialect/version.js';

/** What one server said about itself at one moment. Plain data: can be kept, compared and put into JSON. */
export interface InstanceStatus {
  readonly address: InstanceAddress;
  readonly version: ServerVersion;
  readonly dialect: DialectName;
  /** Empty on MariaDB servers without `server_uid`. */
  readonly serverUuid: string;
  readonly serverId: number;
  readonly readOnly: boolean;
  /** Always false on MariaDB, which has no such setting. */
  readonly superReadOnly: boolean;
  /** Closed for writes as far as the flavor can: super_read_only on MySQL, read_only on MariaDB. */
  readonly closed: boolean;
  /** `ON`, `OFF`, `ON_PERMISSIVE` or `OFF_PERMISSIVE`; always `ON` on MariaDB. */
  readonly gtidMode: string;
  /** GTID set (MySQL) or GTID position (MariaDB), without white space. */
  readonly gtidExecuted: string;
  readonly gtidPurged: string;
  readonly logBin: boolean;
  readonly logReplicaUpdates: boolean;
  /** `ROW`, `STATEMENT` or `MIXED`. */
  readonly binlogFormat: string;
  /** `FULL`, `MINIMAL` or `NOBLOB` (MariaDB also `FULL_NODUP`). */
  readonly binlogRowImage: string;
  /** Replication channels, empty on a server that replicates from nobody. */
  readonly channels: readonly ChannelStatus[];
  readonly semisync: SemisyncStatus;
  readonly durability: DurabilityStatus;
  readonly connections: { readonly current: number; readonly max: number };
  readonly uptimeS: number;
  /** The server's clock, milliseconds since 1970. */
  readonly now: number;
}

export type ReceiverState = 'running' | 'connecting' | 'stopped';

export interface ReplicationErrorInfo {
  readonly errno: number;
  readonly message: string;
}

export interface BinlogPosition {
  readonly file: string;
  readonly position: number;
}

export interface ChannelStatus {
  /** Empty: the default channel. */
  readonly name: string;
  readonly sourceHost: string;
  readonly sourcePort: number;
  readonly sourceUser: string;
  /** UUID of the source seen last, empty when never connected; always empty on MariaDB. */
  readonly sourceUuid: string;
  readonly sourceServerId: number;
  readonly receiver: ReceiverState;
  readonly applier: 'running' | 'stopped';
  /** GTIDs in the relay log (MySQL: `Retrieved_Gtid_Set`; MariaDB: `Gtid_IO_Pos`), without white space. */
  readonly receivedGtids: string;
  readonly autoPosition: boolean;
  readonly lastReceiverError: ReplicationErrorInfo | null;
  readonly lastApplierError: ReplicationErrorInfo | null;
  /** Null where unknown. 0: heartbeats off. */
  readonly heartbeatPeriodMs: number | null;
  readonly heartbeatsReceived: number | null;
  /** When the last heartbeat came, by the replica's clock (ms since 1970); null when never or unknown. */
  readonly lastHeartbeat: number | null;
  /** Time since anything (heartbeat or transaction) came from the source; null when never or unknown. */
  readonly lastReceivedAgeMs: number | null;
  /** Delay on purpose (`SOURCE_DELAY`). */
  readonly delayMs: number;
  /** How far the applier is behind, in steps of 1 s; null when the server does not know (receiver or applier stopped). */
  readonly lagMs: number | null;
  /** How far the source's binlog was read. */
  readonly readPosition: BinlogPosition | null;
  /** How far it was applied. */
  readonly appliedPosition: BinlogPosition | null;
}

export interface SemisyncStatus {
  /** Whether the source side is there (plugin installed or built in). */
  readonly sourcePlugin: boolean;
  readonly replicaPlugin: boolean;
  readonly sourceEnabled: boolean;
  readonly replicaEnabled: boolean;
  /** Replicas connected that acknowledge. */
  readonly ackers: number;
  /** Acknowledgements that a commit waits for; 0 without the plugin. */
  readonly waitForAckers: number;
  /** After this time the source goes on without acknowledgement; null without the plugin. */
  readonly timeoutMs: number | null;
  /** `AFTER_SYNC` or `AFTER_COMMIT`, empty without the plugin. */
  readonly waitPoint: string;
  /** Whether commits wait for acknowledgements now (false: fell back to async, or off). */
  readonly sourceStatus: boolean;
  /** Sessions waiting for an acknowledgement now. */
  readonly waitingSessions: number;
  readonly generation: SemisyncNames['generation'] | null;
}

export interface DurabilityStatus {
  readonly syncBinlog: number;
  readonly flushLogAtTrxCommit: number;
}
