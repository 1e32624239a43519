import type { InstanceAddress } from '../address/instance-address.js';
import type { ChannelStatus } from '../status/instance-status.js';
import type { FollowOptions, FollowPath } from './follow-options.js';

export interface FollowFacts {
  readonly channel: ChannelStatus | undefined;
  readonly source: InstanceAddress;
  readonly options: Required<Pick<FollowOptions, 'heartbeatPeriodMs' | 'semisyncReplica'>> &
    Pick<FollowOptions, 'user'>;
  /** Replica side of semi-sync now; undefined: not installed. */
  readonly semisyncReplicaNow: boolean | undefined;
  /** The dialect can change the source while the applier runs. */
  readonly changeWhileApplying: boolean;
}

/** The least that makes the channel follow the source. Pure. */
export function planFollow(facts: FollowFacts): FollowPath {
  const { channel, source, options, semisyncReplicaNow, changeWhileApplying } = facts;
  if (channel === undefined || !channel.autoPosition) return 'full';
  const same =
    channel.sourceHost === source.host &&
    channel.sourcePort === source.port &&
    channel.sourceUser === options.user &&
    (channel.heartbeatPeriodMs === null || channel.heartbeatPeriodMs === options.heartbeatPeriodMs);
  // An error may come from an outdated password, which cannot be read back: tell it again.
  const healthy = channel.lastReceiverError === null || channel.receiver === 'running';
  // The receiver takes the replica side of semi-sync up only when it connects.
  const semisyncStays = semisyncReplicaNow === undefined || semisyncReplicaNow === options.semisyncReplica;
  if (!same || !healthy || !semisyncStays) return changeWhileApplying ? 'receiver' : 'full';
  if (channel.receiver === 'stopped' || channel.applier === 'stopped') return 'threads';
  return 'already';
}
