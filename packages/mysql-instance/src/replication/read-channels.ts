import type { ResultSet } from '../connection/statement.js';
import { statement, type Statement } from '../connection/statement.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Operation } from '../instance/operation.js';
import type { ChannelStatus } from '../status/instance-status.js';
import { parseChannel } from '../status/parse-channel.js';

/** The replication channels alone, without heartbeats: cheap enough for the middle of a failover. */
export async function readChannels(op: Operation): Promise<readonly ChannelStatus[]> {
  const [set] = await op.session.run([readChannelsStatement(op.dialect)]);
  return channelsOf(op.dialect, set);
}

export function readChannelsStatement(dialect: Dialect): Statement {
  return statement('read channels', dialect.statements.showChannels);
}

export function channelsOf(dialect: Dialect, set: ResultSet | undefined): readonly ChannelStatus[] {
  return (set?.rows ?? []).map((row) => parseChannel(row, dialect, undefined, 0));
}
