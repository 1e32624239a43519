import { describe, expect, it } from 'vitest';
import { mysql84 } from '../dialect/mysql-8.4/index.js';
import type { ChannelStatus } from '../status/instance-status.js';
import { parseChannel } from '../status/parse-channel.js';
import { replicaRow } from '../testing/fake-server.js';
import { planFollow, type FollowFacts } from './plan-follow.js';

const running: ChannelStatus = {
  ...parseChannel(replicaRow(), mysql84, undefined, 0),
  heartbeatPeriodMs: 200,
};
const facts: FollowFacts = {
  channel: running,
  source: { host: '127.0.0.12', port: 3306 },
  options: { user: 'repl', heartbeatPeriodMs: 200, semisyncReplica: true },
  semisyncReplicaNow: true,
  changeWhileApplying: true,
};
const error = { errno: 1045, message: 'Access denied' };

describe('the least that makes a channel follow', () => {
  it.each<[string, Partial<FollowFacts>, string]>([
    ['nothing, when it follows already', {}, 'already'],
    ['starting what is stopped', { channel: { ...running, applier: 'stopped' } }, 'threads'],
    ['starting what is stopped', { channel: { ...running, receiver: 'stopped' } }, 'threads'],
    ['pointing the receiver elsewhere', { source: { host: '127.0.0.13', port: 3306 } }, 'receiver'],
    ['pointing the receiver to another port', { source: { host: '127.0.0.12', port: 3307 } }, 'receiver'],
    ['telling another account', { options: { ...facts.options, user: 'tail' } }, 'receiver'],
    [
      'telling another heartbeat period',
      { options: { ...facts.options, heartbeatPeriodMs: 500 } },
      'receiver',
    ],
    [
      'telling the password again after an error',
      { channel: { ...running, receiver: 'connecting', lastReceiverError: error } },
      'receiver',
    ],
    ['nothing, when the error is over', { channel: { ...running, lastReceiverError: error } }, 'already'],
    ['connecting again for semi-sync', { semisyncReplicaNow: false }, 'receiver'],
    ['nothing for semi-sync that is not installed', { semisyncReplicaNow: undefined }, 'already'],
    ['all, on a server without the channel', { channel: undefined }, 'full'],
    ['all, without auto position', { channel: { ...running, autoPosition: false } }, 'full'],
    [
      'all, where the applier has to stop for it',
      { source: { host: 'x', port: 1 }, changeWhileApplying: false },
      'full',
    ],
  ])('%s', (_name, changes, path) => {
    expect(planFollow({ ...facts, ...changes })).toBe(path);
  });
});
