import type { InstanceAddress } from '../address/instance-address.js';
import type { ResultSet } from '../connection/statement.js';
import type { Dialect, SnapshotColumn } from '../dialect/dialect.js';
import { compactGtids } from '../dialect/fill-template.js';
import { parseVersion } from '../dialect/version.js';
import type { InstanceStatus } from './instance-status.js';
import { parseChannelActivity } from './parse-channel-activity.js';
import { parseChannel } from './parse-channel.js';
import { findSemisync, parseSemisync } from './parse-semisync.js';
import { isOn, nameValueMap, toNumber } from './parse-values.js';

/** Puts the results of `statusStatements` together. Pure. */
export function parseStatus(
  address: InstanceAddress,
  dialect: Dialect,
  sets: readonly ResultSet[],
): InstanceStatus {
  const [snapshotSet, variableSet, counterSet, channelSet, activitySet] = sets;
  const snapshot = snapshotSet?.rows[0] ?? {};
  const variables = nameValueMap(variableSet?.rows ?? []);
  const counters = nameValueMap(counterSet?.rows ?? []);
  const value = (column: SnapshotColumn): string => {
    for (const [name, target] of Object.entries(dialect.variables.optional)) {
      const found = target === column ? variables.get(name) : undefined;
      if (found !== undefined) return found;
    }
    return snapshot[column] ?? '';
  };
  const now = Math.round(toNumber(value('now')) * 1000);
  const activity = parseChannelActivity(activitySet?.rows ?? []);
  const readOnly = isOn(value('readOnly'));
  const superReadOnly = isOn(value('superReadOnly'));
  return {
    address,
    version: parseVersion(value('version'), value('versionComment')),
    dialect: dialect.name,
    serverUuid: value('serverUuid'),
    serverId: toNumber(value('serverId')),
    readOnly,
    superReadOnly,
    // While SET super_read_only waits for running commits, super_read_only already reads 1 and read_only still 0.
    closed: dialect.features.closesPrivileged ? readOnly && superReadOnly : readOnly,
    gtidMode: value('gtidMode').toUpperCase(),
    gtidExecuted: compactGtids(value('gtidExecuted')),
    gtidPurged: compactGtids(value('gtidPurged')),
    logBin: isOn(value('logBin')),
    logReplicaUpdates: isOn(value('logReplicaUpdates')),
    binlogFormat: value('binlogFormat').toUpperCase(),
    binlogRowImage: value('binlogRowImage').toUpperCase(),
    channels: (channelSet?.rows ?? []).map((row) =>
      parseChannel(row, dialect, activity.get(row[dialect.channelColumns.name] ?? ''), now),
    ),
    semisync: parseSemisync(findSemisync(dialect.variables.semisync, variables), variables, counters),
    durability: {
      syncBinlog: toNumber(value('syncBinlog')),
      flushLogAtTrxCommit: toNumber(value('flushLogAtTrxCommit')),
    },
    connections: {
      current: toNumber(counters.get('threads_connected')),
      max: toNumber(value('maxConnections')),
    },
    uptimeS: toNumber(counters.get('uptime')),
    now,
  };
}
