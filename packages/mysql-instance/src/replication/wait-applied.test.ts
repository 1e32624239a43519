import { describe, expect, it } from 'vitest';
import { fakeServer, replicaRow } from '../testing/fake-server.js';
import { waitForGtid, waitForRelayLogApplied, type ApplyProgress } from './wait-applied.js';

describe('waiting until everything received is applied', () => {
  it('needs one question and no second connection when it is so already', async () => {
    const fake = fakeServer({
      openHelper: () => Promise.reject(new Error('must not be asked')),
      answer: (sql) =>
        sql === 'SHOW REPLICA STATUS'
          ? [replicaRow()]
          : sql.includes('AS applied')
            ? [{ applied: '1' }]
            : undefined,
    });
    expect(await waitForRelayLogApplied(fake.op)).toBe(true);
  });

  it('waits beside the held connection and tells how far it is', async () => {
    let slices = 0;
    const progress: ApplyProgress[] = [];
    const fake = fakeServer({
      answer: (sql, session) => {
        if (sql.includes('AS gtids')) return [{ gtids: 'a:1-5' }];
        if (session === 'held') return [{ applied: '0' }];
        return [{ applied: (slices += 1) === 3 ? '1' : '0' }];
      },
    });
    expect(await waitForGtid(fake.op, 'a:1-9', (one) => progress.push(one))).toBe(true);
    expect(progress).toMatchObject([
      { wanted: 'a:1-9', executed: 'a:1-5' },
      { wanted: 'a:1-9', executed: 'a:1-5' },
    ]);
  });

  it('answers false, and does not throw, when the time is over', async () => {
    const fake = fakeServer({
      timeoutMs: 60,
      answer: (_sql, session) =>
        session === 'held'
          ? [{ applied: '0' }]
          : new Promise((resolve) => setTimeout(() => resolve([{ applied: '0' }]), 20)),
    });
    expect(await waitForGtid(fake.op, 'a:1-9')).toBe(false);
  });

  it('says so when the applier is stopped: waiting would never end', async () => {
    const row = replicaRow({
      Replica_SQL_Running: 'No',
      Last_SQL_Errno: '1062',
      Last_SQL_Error: 'Duplicate entry',
    });
    const fake = fakeServer({
      answer: (sql) =>
        sql === 'SHOW REPLICA STATUS' ? [row] : sql.includes('AS applied') ? [{ applied: '0' }] : undefined,
    });
    await expect(waitForRelayLogApplied(fake.op)).rejects.toMatchObject({
      code: 'PRECONDITION',
      problem: expect.stringContaining('1062: Duplicate entry') as string,
    });
  });

  it('has nothing to do on a server without channels', async () => {
    expect(await waitForRelayLogApplied(fakeServer().op)).toBe(true);
  });
});
