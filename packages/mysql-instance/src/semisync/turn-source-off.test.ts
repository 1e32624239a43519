import { describe, expect, it } from 'vitest';
import { fakeServer, sqlError } from '../testing/fake-server.js';
import { turnSourceOff } from './turn-source-off.js';

const OFF = 'SET GLOBAL rpl_semi_sync_source_enabled = OFF';
const session = { User: 'repl', Host: 'h', db: null, Time: '1', State: '', Info: null };
const sessions = [
  { ...session, Id: '6', Command: 'Query' },
  { ...session, Id: '7', Command: 'Binlog Dump GTID' },
  { ...session, Id: '8', Command: 'Binlog Dump GTID' },
];
const list = (sql: string): typeof sessions | undefined =>
  sql === 'SHOW PROCESSLIST' ? sessions : undefined;

describe('turning the source side of semi-sync off', () => {
  it('needs no second connection where no replica is served', async () => {
    const fake = fakeServer({ openHelper: () => Promise.reject(new Error('must not be asked')) });
    await turnSourceOff(fake.op);
    expect(fake.changes()).toEqual([OFF]);
  });

  it('ends sessions of replicas only until the server goes on', async () => {
    let woken = (): void => undefined;
    const fake = fakeServer({
      answer: (sql) => {
        if (sql === 'KILL CONNECTION 7') woken();
        return sql === OFF ? new Promise((resolve) => (woken = () => resolve(undefined))) : list(sql);
      },
    });
    await turnSourceOff(fake.op);
    expect(fake.changes()).toEqual([OFF, 'helper: KILL CONNECTION 7']);
  });

  it('leaves replicas alone when it is quick', async () => {
    const fake = fakeServer({ answer: list });
    await turnSourceOff(fake.op);
    expect(fake.changes()).toEqual([OFF]);
  });

  it('just takes longer when there is no second connection', async () => {
    const fake = fakeServer({
      openHelper: () => Promise.reject(sqlError(1040)),
      answer: (sql) =>
        sql === OFF ? new Promise((resolve) => setTimeout(() => resolve(undefined), 30)) : list(sql),
    });
    await turnSourceOff(fake.op);
    expect(fake.changes()).toEqual([OFF]);
  });

  it('reports its failure', async () => {
    const fake = fakeServer({
      answer: (sql) =>
        sql === OFF ? new Promise((_, reject) => setTimeout(() => reject(sqlError(1193)), 30)) : list(sql),
    });
    await expect(turnSourceOff(fake.op)).rejects.toMatchObject({ errno: 1193 });
  });

  it('has nothing to do where semi-sync is not installed', async () => {
    const fake = fakeServer({ semisync: undefined });
    await turnSourceOff(fake.op);
    expect(fake.sent).toEqual([]);
  });
});
