import { freePort } from '@dcmha/sandbox';
import { closedAcl } from '@dcmha/zk-schema';
import { conformanceCasesWithout } from '@dcmha/zk-schema/conformance';
import { nativeDriverGaps, openNativeZooKeeper } from '@dcmha/zk-schema/native-driver';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConformanceBench } from './support/conformance-bench.js';

let bench: ConformanceBench;

beforeAll(async () => {
  bench = await ConformanceBench.open(async (connect, options) => {
    const client = await openNativeZooKeeper({ connect, ...options });
    await client.waitConnected();
    return client;
  });
});

afterEach(() => bench.reset());
afterAll(() => bench?.close());

describe('the npm package zookeeper on a real server does what every driver does, but for its gaps', () => {
  for (const { name, run } of conformanceCasesWithout(nativeDriverGaps))
    it(name, async () => run(await bench.environment()));
});

describe('what the npm package zookeeper cannot do', () => {
  it('is refused by name, and the process lives', async () => {
    const { connect, folder } = await bench.environment();
    const zk = await connect();
    const acl = closedAcl('user:password');
    const unimplemented = {
      code: 'UNIMPLEMENTED',
      message: expect.stringContaining('use zk-client') as string,
    };
    await expect(zk.multi([{ type: 'create', path: `${folder}/a` }])).rejects.toMatchObject(unimplemented);
    await expect(zk.create(`${folder}/a`, '', { acl })).rejects.toMatchObject(unimplemented);
    await expect(zk.addWatch(folder, () => undefined, { recursive: true })).rejects.toMatchObject(
      unimplemented,
    );
    await expect(openNativeZooKeeper({ connect: '127.0.0.1:1', defaultAcl: acl })).rejects.toMatchObject(
      unimplemented,
    );
    // Asked for the ACL of a missing node the library itself ends the process with SIGSEGV.
    await expect(zk.getAcl(`${folder}/missing`)).rejects.toMatchObject(unimplemented);
    expect(await zk.exists(`${folder}/a`)).toBeNull();
  });

  it('two hosts, one of which refuses: it connects all the same', async () => {
    const dead = await freePort('127.0.0.1');
    const zk = await openNativeZooKeeper({ connect: `127.0.0.1:${dead},${bench.address}` });
    try {
      await zk.waitConnected({ timeoutMs: 15_000 });
      expect(await zk.exists('/')).not.toBeNull();
    } finally {
      await zk.close();
    }
  });
});
