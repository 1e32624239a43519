import type { ZooKeeper } from '@dcmha/zk-client';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { conformanceCases } from '../conformance/index.js';
import type { ConformanceEnvironment } from '../conformance/index.js';
import { MemoryZooKeeper } from './index.js';
import type { MemoryClient } from './index.js';

let ensemble: MemoryZooKeeper;
let clients: MemoryClient[];

beforeEach(() => {
  ensemble = new MemoryZooKeeper();
  clients = [];
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
});

async function connect(options: Parameters<ConformanceEnvironment['connect']>[0] = {}): Promise<ZooKeeper> {
  const client = ensemble.connect(options);
  clients.push(client);
  await client.waitConnected();
  return client;
}

async function environment(): Promise<ConformanceEnvironment> {
  await (await connect()).create('/case');
  return {
    folder: '/case',
    connect,
    cut: async () => {
      for (const client of clients) client.cut();
      return async () => {
        for (const client of clients) client.heal();
      };
    },
    until: async (what, condition) => {
      for (let attempt = 0; attempt < 1000; attempt += 1) {
        if (await condition()) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error(`never came true: ${what}`);
    },
  };
}

describe('the in-memory driver does what every driver does', () => {
  for (const { name, run } of conformanceCases) it(name, async () => run(await environment()));
});
