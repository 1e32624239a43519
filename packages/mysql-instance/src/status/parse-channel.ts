import type { Row } from '../connection/statement.js';
import type { Dialect } from '../dialect/dialect.js';
import { compactGtids } from '../dialect/fill-template.js';
import type {
  BinlogPosition,
  ChannelStatus,
  ReceiverState,
  ReplicationErrorInfo,
} from './instance-status.js';
import type { ChannelActivity } from './parse-channel-activity.js';
import { isOn, toNumber, toNumberOrNull } from './parse-values.js';

/** One row of the statement that shows the channels. `now`: the server's clock, ms since 1970. */
export function parseChannel(
  row: Row,
  dialect: Dialect,
  activity: ChannelActivity | undefined,
  now: number,
): ChannelStatus {
  const columns = dialect.channelColumns;
  const text = (column: string | null): string => (column === null ? '' : (row[column] ?? ''));
  const lagS = toNumberOrNull(row[columns.lagS]);
  const periodS = columns.heartbeatPeriodS === null ? null : toNumberOrNull(row[columns.heartbeatPeriodS]);
  const heartbeats =
    columns.heartbeatsReceived === null ? null : toNumberOrNull(row[columns.heartbeatsReceived]);
  const heartbeatAgeMs = activity?.heartbeatAgeMs ?? null;
  return {
    name: text(columns.name),
    sourceHost: text(columns.sourceHost),
    sourcePort: toNumber(row[columns.sourcePort]),
    sourceUser: text(columns.sourceUser),
    sourceUuid: text(columns.sourceUuid),
    sourceServerId: toNumber(row[columns.sourceServerId]),
    receiver: receiverState(text(columns.receiverRunning)),
    applier: isOn(row[columns.applierRunning]) ? 'running' : 'stopped',
    receivedGtids: compactGtids(text(columns.receivedGtids)),
    autoPosition: isOn(row[columns.autoPosition]),
    lastReceiverError: errorInfo(row[columns.receiverErrno], text(columns.receiverError)),
    lastApplierError: errorInfo(row[columns.applierErrno], text(columns.applierError)),
    heartbeatPeriodMs: activity?.heartbeatPeriodMs ?? (periodS === null ? null : Math.round(periodS * 1000)),
    heartbeatsReceived: activity?.heartbeats ?? heartbeats,
    lastHeartbeat: heartbeatAgeMs === null ? null : now - heartbeatAgeMs,
    lastReceivedAgeMs: activity?.receivedAgeMs ?? null,
    delayMs: toNumber(row[columns.delayS]) * 1000,
    lagMs: lagS === null ? null : lagS * 1000,
    readPosition: position(text(columns.sourceLogFile), row[columns.readPosition]),
    appliedPosition: position(text(columns.appliedLogFile), row[columns.appliedPosition]),
  };
}

/** `Yes`, `No`, `Connecting`; older servers and MariaDB also say `Preparing`. */
function receiverState(word: string): ReceiverState {
  if (/^yes$/i.test(word)) return 'running';
  return /^(connecting|preparing)$/i.test(word) ? 'connecting' : 'stopped';
}

function errorInfo(errno: string | null | undefined, message: string): ReplicationErrorInfo | null {
  const number = toNumber(errno);
  return number === 0 && message === '' ? null : { errno: number, message };
}

function position(file: string, offset: string | null | undefined): BinlogPosition | null {
  return file === '' ? null : { file, position: toNumber(offset) };
}
