import type { StatementTexts } from '../dialect.js';
import { statements as newer } from '../mysql-8.4/statements.js';

/** MySQL 5.7 manual, sections 13.4.2 (replica statements) and 25.12.11 (replication tables). */
export const statements: StatementTexts = {
  ...newer,
  showChannels: 'SHOW SLAVE STATUS',
  channelActivity: `SELECT s.CHANNEL_NAME AS channel, c.HEARTBEAT_INTERVAL AS heartbeatPeriodS,
    s.COUNT_RECEIVED_HEARTBEATS AS heartbeats,
    TIMESTAMPDIFF(MICROSECOND, s.LAST_HEARTBEAT_TIMESTAMP, NOW(6)) AS heartbeatAgeUs,
    NULL AS queuedAgeUs, NULL AS queueingAgeUs
    FROM performance_schema.replication_connection_status s
    LEFT JOIN performance_schema.replication_connection_configuration c USING (CHANNEL_NAME)`,
  startReceiver: 'START SLAVE IO_THREAD{channel}',
  stopReceiver: 'STOP SLAVE IO_THREAD{channel}',
  startApplier: 'START SLAVE SQL_THREAD{channel}',
  stopApplier: 'STOP SLAVE SQL_THREAD{channel}',
  startBoth: 'START SLAVE{channel}',
  stopBoth: 'STOP SLAVE{channel}',
  resetChannel: 'RESET SLAVE ALL{channel}',
  changeSource: 'CHANGE MASTER TO {options}{channel}',
  binlogStatus: 'SHOW MASTER STATUS',
  resetGtids: 'RESET MASTER',
  persistClosed: null,
};
