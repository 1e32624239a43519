import type { StatementTexts } from '../dialect.js';

export const statements: StatementTexts = {
  channelClause: ' FOR CHANNEL {name}',
  showChannels: 'SHOW REPLICA STATUS',
  channelActivity: `SELECT s.CHANNEL_NAME AS channel, c.HEARTBEAT_INTERVAL AS heartbeatPeriodS,
    s.COUNT_RECEIVED_HEARTBEATS AS heartbeats,
    TIMESTAMPDIFF(MICROSECOND, s.LAST_HEARTBEAT_TIMESTAMP, NOW(6)) AS heartbeatAgeUs,
    TIMESTAMPDIFF(MICROSECOND, s.LAST_QUEUED_TRANSACTION_END_QUEUE_TIMESTAMP, NOW(6)) AS queuedAgeUs,
    TIMESTAMPDIFF(MICROSECOND, s.QUEUEING_TRANSACTION_START_QUEUE_TIMESTAMP, NOW(6)) AS queueingAgeUs
    FROM performance_schema.replication_connection_status s
    LEFT JOIN performance_schema.replication_connection_configuration c USING (CHANNEL_NAME)`,
  startReceiver: 'START REPLICA IO_THREAD{channel}',
  stopReceiver: 'STOP REPLICA IO_THREAD{channel}',
  startApplier: 'START REPLICA SQL_THREAD{channel}',
  stopApplier: 'STOP REPLICA SQL_THREAD{channel}',
  startBoth: 'START REPLICA{channel}',
  stopBoth: 'STOP REPLICA{channel}',
  resetChannel: 'RESET REPLICA ALL{channel}',
  changeSource: 'CHANGE REPLICATION SOURCE TO {options}{channel}',
  beforeFirstChange: null,
  isApplied: 'SELECT GTID_SUBSET({set}, @@GLOBAL.gtid_executed) AS applied',
  waitApplied: 'SELECT WAIT_FOR_EXECUTED_GTID_SET({set}, {timeoutS}) = 0 AS applied',
  binlogStatus: 'SHOW BINARY LOG STATUS',
  rotateBinlog: 'FLUSH LOCAL BINARY LOGS',
  resetGtids: 'RESET BINARY LOGS AND GTIDS',
  setGtidPurged: 'SET GLOBAL gtid_purged = {set}',
  close: 'SET GLOBAL super_read_only = ON',
  // Turning read_only off turns super_read_only off with it.
  open: 'SET GLOBAL read_only = OFF',
  persistClosed: 'SET PERSIST_ONLY super_read_only = ON',
  persistClosedByFile: 'super_read_only = ON',
  sessionInit:
    "SET SESSION sql_mode = '', autocommit = 1, wait_timeout = 86400, lock_wait_timeout = 5, max_execution_time = 0, time_zone = '+00:00'",
};
