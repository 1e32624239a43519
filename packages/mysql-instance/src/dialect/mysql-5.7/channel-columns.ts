import type { ChannelColumns } from '../dialect.js';

/** SHOW SLAVE STATUS, MySQL 5.7 manual, section 13.7.5.34. */
export const channelColumns: ChannelColumns = {
  name: 'Channel_Name',
  sourceHost: 'Master_Host',
  sourcePort: 'Master_Port',
  sourceUser: 'Master_User',
  sourceUuid: 'Master_UUID',
  sourceServerId: 'Master_Server_Id',
  receiverRunning: 'Slave_IO_Running',
  applierRunning: 'Slave_SQL_Running',
  receivedGtids: 'Retrieved_Gtid_Set',
  autoPosition: 'Auto_Position',
  receiverErrno: 'Last_IO_Errno',
  receiverError: 'Last_IO_Error',
  applierErrno: 'Last_SQL_Errno',
  applierError: 'Last_SQL_Error',
  delayS: 'SQL_Delay',
  lagS: 'Seconds_Behind_Master',
  sourceLogFile: 'Master_Log_File',
  readPosition: 'Read_Master_Log_Pos',
  appliedLogFile: 'Relay_Master_Log_File',
  appliedPosition: 'Exec_Master_Log_Pos',
  heartbeatPeriodS: null,
  heartbeatsReceived: null,
};
