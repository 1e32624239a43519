import type { StatementTexts } from '../dialect.js';
import { statements as mysql } from '../mysql-5.7/statements.js';

/**
 * MariaDB Knowledge Base: replication statements take the connection name right after the verb and object; a GTID
 * position is the last GTID of each domain; `MASTER_GTID_WAIT` answers -1 when the time is over.
 */
export const statements: StatementTexts = {
  ...mysql,
  channelClause: ' {name}',
  showChannels: 'SHOW ALL SLAVES STATUS',
  channelActivity: null,
  startReceiver: 'START SLAVE{channel} IO_THREAD',
  stopReceiver: 'STOP SLAVE{channel} IO_THREAD',
  startApplier: 'START SLAVE{channel} SQL_THREAD',
  stopApplier: 'STOP SLAVE{channel} SQL_THREAD',
  resetChannel: 'RESET SLAVE{channel} ALL',
  changeSource: 'CHANGE MASTER{channel} TO {options}',
  // What this server wrote itself as a primary becomes its replication position.
  beforeFirstChange: 'SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_current_pos',
  isApplied: 'SELECT MASTER_GTID_WAIT({set}, 0) = 0 AS applied',
  waitApplied: 'SELECT MASTER_GTID_WAIT({set}, {timeoutS}) = 0 AS applied',
  setGtidPurged: 'SET GLOBAL gtid_slave_pos = {set}',
  close: 'SET GLOBAL read_only = ON',
  persistClosed: null,
  persistClosedByFile: 'read_only = ON',
  sessionInit:
    "SET SESSION sql_mode = '', autocommit = 1, wait_timeout = 86400, lock_wait_timeout = 5, max_statement_time = 0, time_zone = '+00:00'",
};
