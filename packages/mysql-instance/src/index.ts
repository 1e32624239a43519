export { formatAddress, type InstanceAddress } from './address/instance-address.js';
export type { CloneOptions, CloneOutcome, CloneProgress } from './clone/clone-from.js';
export type { InstanceTlsOptions } from './connection/connection-options.js';
export { numeral, quote } from './connection/quote.js';
export {
  statement,
  type ResultSet,
  type Row,
  type SqlRunner,
  type Statement,
} from './connection/statement.js';
export { chooseDialect } from './dialect/choose-dialect.js';
export type { Dialect, DialectName } from './dialect/dialect.js';
export { compareVersion, parseVersion, type Flavor, type ServerVersion } from './dialect/version.js';
export { InstanceError, isInstanceError, type InstanceErrorCode } from './errors/instance-error.js';
export type { FenceOptions, FenceResult } from './fence/fence-options.js';
export type { CallOptions, MysqlInstanceOptions } from './instance/instance-options.js';
export { MysqlInstance } from './instance/mysql-instance.js';
export type { ProbeEvidence, ProbeOutcome, ProbeVerdict } from './probe/probe-outcome.js';
export type { Durability } from './replication/durability.js';
export type { FollowOptions, FollowPath, FollowResult } from './replication/follow-options.js';
export type { PrepareSourceOptions, PromoteOptions, PromoteResult } from './replication/promote.js';
export type { ReplicaSettings } from './replication/replica-settings.js';
export type { ChannelOptions } from './replication/threads.js';
export type { ApplyProgress, WaitAppliedOptions } from './replication/wait-applied.js';
export type { SemisyncSourceSettings } from './semisync/semisync-statements.js';
export type { SemisyncRoles } from './semisync/set-semisync.js';
export type { KillResult } from './sessions/kill-sessions.js';
export type { KillClientsOptions } from './sessions/kill-clients.js';
export { findStalledCommits, type StalledCommit, type StallReason } from './sessions/stalled-commits.js';
export type { LongTransaction } from './sessions/long-transactions.js';
export type { SessionInfo } from './sessions/session-info.js';
export type {
  BinlogPosition,
  ChannelStatus,
  DurabilityStatus,
  InstanceStatus,
  ReceiverState,
  ReplicationErrorInfo,
  SemisyncStatus,
} from './status/instance-status.js';
