import type { ChannelColumns } from '../dialect.js';
import { channelColumns as mysql } from '../mysql-5.7/channel-columns.js';

/** SHOW ALL SLAVES STATUS, MariaDB Knowledge Base. */
export const channelColumns: ChannelColumns = {
  ...mysql,
  name: 'Connection_name',
  sourceUuid: null,
  receivedGtids: 'Gtid_IO_Pos',
  autoPosition: 'Using_Gtid',
  heartbeatPeriodS: 'Slave_heartbeat_period',
  heartbeatsReceived: 'Slave_received_heartbeats',
};
