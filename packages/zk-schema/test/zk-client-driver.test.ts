import { ZooKeeperClient } from '@dcmha/zk-client';
import { conformanceCases } from '@dcmha/zk-schema/conformance';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { ConformanceBench } from './support/conformance-bench.js';

let bench: ConformanceBench;

beforeAll(async () => {
  bench = await ConformanceBench.open(async (connect, options) => {
    const client = new ZooKeeperClient({ connect, ...options });
    await client.waitConnected();
    return client;
  });
});

afterEach(() => bench.reset());
afterAll(() => bench?.close());

describe('zk-client on a real server does what every driver does', () => {
  for (const { name, run } of conformanceCases) it(name, async () => run(await bench.environment()));
});
