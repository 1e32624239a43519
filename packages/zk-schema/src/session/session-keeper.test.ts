import type { SessionChange, SessionState, ZooKeeper } from '@dcmha/zk-client';
import { describe, expect, it, vi } from 'vitest';
import { SessionKeeper } from './session-keeper.js';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Only what a keeper asks of a client. */
class FakeClient {
  state: SessionState = 'connected';
  leftMs = 1_000;
  isClosed = false;
  remainingMs = (): number => this.leftMs;
  onState =
    (_listener: (change: SessionChange) => void): (() => void) =>
    () => {};
  waitConnected = async (): Promise<void> => {};
  close = async (): Promise<void> => {
    this.isClosed = true;
  };
}

function keep(replaceAfterMs: number): { keeper: SessionKeeper; clients: FakeClient[] } {
  const clients: FakeClient[] = [];
  const keeper = new SessionKeeper({
    logger: silent,
    replaceAfterMs,
    pauseMs: 1,
    connect: () => {
      const client = new FakeClient();
      clients.push(client);
      return client as unknown as ZooKeeper;
    },
    use: async () => {},
  });
  return { keeper, clients };
}

describe('a session keeper', () => {
  it('replaces a client whose session is over and which no server takes back', async () => {
    const { keeper, clients } = keep(50);
    const first = clients[0] as FakeClient;
    first.state = 'disconnected';
    first.leftMs = 0;
    await vi.waitFor(() => expect(keeper.current).toBe(clients[1]), { timeout: 10_000 });
    expect(first.isClosed).toBe(true);
    await keeper.close();
    expect(clients).toHaveLength(2);
  });

  it('leaves a client alone while its session may live', async () => {
    const { keeper, clients } = keep(40);
    const first = clients[0] as FakeClient;
    first.state = 'disconnected';
    let looks = 0;
    first.remainingMs = () => {
      looks += 1;
      return 1;
    };
    await vi.waitFor(() => expect(looks).toBeGreaterThan(20), { timeout: 10_000 });
    expect(keeper.current).toBe(first);
    await keeper.close();
  });
});
