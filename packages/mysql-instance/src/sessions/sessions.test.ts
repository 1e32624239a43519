import { describe, expect, it } from 'vitest';
import { fakeServer, sqlError } from '../testing/fake-server.js';
import { chooseSessions } from './choose-sessions.js';
import { killSessions } from './kill-sessions.js';
import type { SessionInfo } from './session-info.js';
import { findStalledCommits } from './stalled-commits.js';

function session(id: number, changes: Partial<SessionInfo> = {}): SessionInfo {
  return {
    id,
    user: 'app',
    host: 'h',
    db: null,
    command: 'Query',
    timeS: 0,
    state: '',
    info: null,
    ...changes,
  };
}

describe('choosing whom to kill', () => {
  const sessions = [
    session(5, { user: 'system user', command: 'Connect' }),
    session(6, { user: 'event_scheduler', command: 'Daemon' }),
    session(7, { user: 'repl', command: 'Binlog Dump GTID' }),
    session(8, { user: 'app', command: 'Sleep' }),
    session(9, { user: 'monitor' }),
    session(10, { user: 'dcmha' }),
    session(11, { user: 'root' }),
  ];
  const base = { ownIds: new Set([10]), exceptUsers: new Set(['monitor']), killDumpThreads: false };

  it('leaves the server itself, replicas, excepted accounts and this program', () => {
    expect(chooseSessions(sessions, base).map(({ id }) => id)).toEqual([8, 11]);
  });

  it('takes the sessions of replicas only when told', () => {
    expect(chooseSessions(sessions, { ...base, killDumpThreads: true }).map(({ id }) => id)).toEqual([
      7, 8, 11,
    ]);
  });
});

describe('killing', () => {
  it('goes on after a session that ended by itself', async () => {
    const server = fakeServer({ answer: (sql) => (sql.endsWith(' 2') ? sqlError(1094) : undefined) });
    const { killed, denied } = await killSessions(server.op.session, [session(1), session(2), session(3)]);
    expect(killed.map(({ id }) => id)).toEqual([1, 3]);
    expect(denied).toEqual([]);
    expect(server.sent).toEqual(['KILL CONNECTION 1', 'KILL CONNECTION 2', 'KILL CONNECTION 3']);
  });

  it('names those that it must not end', async () => {
    const server = fakeServer({
      answer: (sql) => (sql.endsWith(' 1') ? sqlError(1095, 'You are not owner of thread 1') : undefined),
    });
    const { killed, denied } = await killSessions(server.op.session, [session(1), session(2)]);
    expect(killed.map(({ id }) => id)).toEqual([2]);
    expect(denied.map(({ id }) => id)).toEqual([1]);
  });

  it('reports any other refusal', async () => {
    const server = fakeServer({ answer: () => sqlError(1064, 'no') });
    await expect(killSessions(server.op.session, [session(1)])).rejects.toMatchObject({ errno: 1064 });
  });
});

describe('stalled commits', () => {
  it('tells waiting for a replica, for storage and for a lock apart', () => {
    expect(
      findStalledCommits([session(1, { state: 'waiting for handler commit', timeS: 3 })], 2_000),
    ).toMatchObject([{ reason: 'storage' }]);
    expect(
      findStalledCommits([session(1, { state: 'Waiting for global read lock', timeS: 3 })], 2_000),
    ).toMatchObject([{ reason: 'lock' }]);
    // The leader of the group commit waits for the replica, the others wait for the leader.
    expect(
      findStalledCommits(
        [
          session(1, { state: 'Waiting for semi-sync ACK from replica', timeS: 3 }),
          session(2, { state: 'waiting for handler commit', timeS: 3 }),
        ],
        2_000,
      ).map(({ reason }) => reason),
    ).toEqual(['ack', 'ack']);
  });

  it('overlooks what is young, and statements that are just long', () => {
    const sessions = [
      session(1, { state: 'waiting for handler commit', timeS: 1 }),
      session(2, { state: 'executing', timeS: 900 }),
    ];
    expect(findStalledCommits(sessions, 2_000)).toEqual([]);
  });
});
