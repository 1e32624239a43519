import { describe, expect, it } from 'vitest';
import type { Row } from '../connection/statement.js';
import { fakeServer, sqlError, type FakeServer } from '../testing/fake-server.js';
import { mariadb } from '../dialect/mariadb/index.js';
import type { SessionInfo } from '../sessions/session-info.js';
import { fence } from './fence.js';
import { barrierOf, mayReleaseSemisync } from './may-release.js';

const CLOSE = 'SET GLOBAL super_read_only = ON';
const RELEASE = 'helper: SET GLOBAL rpl_semi_sync_source_enabled = OFF';

function line(id: number, user: string, state = '', command = 'Query'): Row {
  return {
    Id: String(id),
    User: user,
    Host: 'h',
    db: null,
    Command: command,
    Time: '1',
    State: state,
    Info: null,
  };
}

/** A server whose closing statement waits until `untilSent` was sent. */
function stuckServer(untilSent: string, processlist: () => readonly Row[]): FakeServer {
  let release = (): void => undefined;
  const released = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  return fakeServer({
    answer: (sql) => {
      if (sql === untilSent) release();
      if (sql === CLOSE) return released;
      if (sql === 'SHOW PROCESSLIST') return processlist();
      if (sql.includes('@@GLOBAL.super_read_only')) return [{ readOnly: '1', superReadOnly: '1' }];
      return undefined;
    },
  });
}

const closedAnswer = (sql: string): Row[] | undefined =>
  sql.includes('AS superReadOnly') ? [{ readOnly: '1', superReadOnly: '1' }] : undefined;

describe('fencing', () => {
  it('closes first, reads back, then ends the clients; no second connection when nothing is in the way', async () => {
    const server = fakeServer({
      openHelper: () => Promise.reject(new Error('must not be asked')),
      answer: (sql) =>
        sql === 'SHOW PROCESSLIST'
          ? [line(900, 'dcmha'), line(3, 'app'), line(4, 'repl', '', 'Binlog Dump GTID')]
          : closedAnswer(sql),
    });
    const result = await fence(server.op);
    expect(server.changes()).toEqual(['SET SESSION lock_wait_timeout = 2', CLOSE, 'KILL CONNECTION 3']);
    expect(result).toMatchObject({ closed: true, semisyncReleased: false });
    expect(result.killed.map(({ id }) => id)).toEqual([3]);
  });

  it('leaves clients alone when told so', async () => {
    const server = fakeServer({ answer: closedAnswer });
    expect((await fence(server.op, { killClients: false })).killed).toEqual([]);
    expect(server.changes()).toEqual(['SET SESSION lock_wait_timeout = 2', CLOSE]);
  });

  it('kills through a second connection what keeps the closing statement waiting', async () => {
    const server = stuckServer('KILL CONNECTION 7', () => [
      line(900, 'dcmha', 'Waiting for global read lock'),
      line(7, 'app', 'updating'),
    ]);
    const result = await fence(server.op);
    expect(result.killed.map(({ id }) => id)).toEqual([7]);
    expect(server.sent).toContain('helper: KILL CONNECTION 7');
    expect(result.semisyncReleased).toBe(false);
  });

  it('lets commits go that wait for an acknowledgement, once no client is left to hear of them', async () => {
    const server = stuckServer('SET GLOBAL rpl_semi_sync_source_enabled = OFF', () => [
      line(900, 'dcmha', 'Waiting for global read lock'),
      line(901, 'dcmha'),
      line(7, 'app', 'Waiting for semi-sync ACK from replica'),
      line(8, 'monitor', 'waiting for handler commit'),
    ]);
    const result = await fence(server.op, { exceptUsers: ['monitor'] });
    expect(result.semisyncReleased).toBe(true);
    const sent = server.sent;
    expect(sent.indexOf('helper: KILL CONNECTION 7')).toBeLessThan(sent.indexOf(RELEASE));
    // Excepted accounts are ended, too: otherwise they would be told that their commit is safe.
    expect(sent.indexOf('helper: KILL CONNECTION 8')).toBeLessThan(sent.indexOf(RELEASE));
  });

  it('kills between two attempts when no second connection is to be had', async () => {
    let attempts = 0;
    const server = fakeServer({
      openHelper: () => Promise.reject(sqlError(1040, 'Too many connections')),
      answer: (sql) => {
        if (sql === CLOSE) {
          attempts += 1;
          return attempts === 1 ? sqlError(1205, 'Lock wait timeout exceeded') : undefined;
        }
        return sql === 'SHOW PROCESSLIST' ? [line(7, 'app')] : closedAnswer(sql);
      },
    });
    const result = await fence(server.op);
    expect(attempts).toBe(2);
    expect(result.killed.map(({ id }) => id)).toEqual([7]);
  });

  it('says so when it does not get closed in time', async () => {
    const server = fakeServer({
      timeoutMs: 30,
      answer: (sql) => {
        if (sql === CLOSE) return new Promise((_, reject) => setTimeout(() => reject(sqlError(1205)), 10));
        return undefined;
      },
    });
    await expect(fence(server.op, { killClients: false })).rejects.toMatchObject({ code: 'READ_BACK' });
  });

  it('does not believe a statement that succeeded without effect', async () => {
    const server = fakeServer({
      answer: (sql) =>
        sql.includes('AS superReadOnly') ? [{ readOnly: '1', superReadOnly: '0' }] : undefined,
    });
    await expect(fence(server.op)).rejects.toMatchObject({ code: 'READ_BACK', address: server.op.address });
  });

  it('MariaDB has read_only only', async () => {
    const server = fakeServer({
      dialect: mariadb,
      answer: (sql) =>
        sql.includes('AS superReadOnly') ? [{ readOnly: '1', superReadOnly: '0' }] : undefined,
    });
    await fence(server.op);
    expect(server.changes()).toContain('SET GLOBAL read_only = ON');
  });
});

describe('when waiting commits may be let go', () => {
  const waiting = info(7, 'Waiting for semi-sync ACK from replica');
  const facts = { ownIds: new Set([900, 901]), killedIds: new Set([7]), barrierId: 20 };

  function info(id: number, state = '', user = 'app', command = 'Query'): SessionInfo {
    return { id, user, host: '', db: null, command, timeS: 0, state, info: null };
  }

  it('not before the closing statement is seen waiting, which holds back new writes', () => {
    expect(mayReleaseSemisync({ ...facts, sessions: [waiting], barrierId: undefined })).toBe(false);
  });

  it('not while a session that may have begun a write is alive', () => {
    expect(mayReleaseSemisync({ ...facts, sessions: [waiting, info(12, '', 'app', 'Sleep')] })).toBe(false);
  });

  it('when only killed ones, newer ones, replicas and the server itself are left', () => {
    const sessions = [
      waiting,
      info(21),
      info(3, '', 'repl', 'Binlog Dump GTID'),
      info(4, '', 'system user'),
      info(900),
    ];
    expect(mayReleaseSemisync({ ...facts, sessions })).toBe(true);
  });

  it('not when no commit waits for an acknowledgement', () => {
    expect(mayReleaseSemisync({ ...facts, sessions: [info(7, 'waiting for handler commit')] })).toBe(false);
  });

  it('the barrier is the newest session when the closing statement is first seen waiting', () => {
    expect(barrierOf([info(900, 'Waiting for global read lock'), info(20)], 900)).toBe(900);
    expect(barrierOf([info(15, 'Waiting for commit lock'), info(20)], 15)).toBe(20);
    expect(barrierOf([info(900, 'starting'), info(20)], 900)).toBeUndefined();
  });
});
