import { statement } from '../connection/statement.js';
import type { Operation } from '../instance/operation.js';
import type { ChannelStatus } from '../status/instance-status.js';
import { parseChannelActivity } from '../status/parse-channel-activity.js';
import { parseChannel } from '../status/parse-channel.js';

/** The replication channels alone, in one round trip. */
export async function readChannels(op: Operation): Promise<readonly ChannelStatus[]> {
  const { showChannels, channelActivity } = op.dialect.statements;
  const statements = [statement('read channels', showChannels)];
  if (channelActivity !== null) statements.push(statement('read heartbeats', channelActivity));
  const [channels, activity] = await op.session.run(statements);
  const ages = parseChannelActivity(activity?.rows ?? []);
  return (channels?.rows ?? []).map((row) =>
    parseChannel(row, op.dialect, ages.get(row[op.dialect.channelColumns.name] ?? ''), Date.now()),
  );
}
