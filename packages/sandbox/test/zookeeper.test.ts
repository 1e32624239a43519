import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox, waitUntil, type ZooKeeperEnsemble } from '@dcmha/sandbox';

let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zookeeper' });
  ensemble = await sandbox.startZooKeeper({ nodes: 3 });
});
afterAll(() => sandbox.close());

describe('a ZooKeeper ensemble', () => {
  it('has a leader, and the tick it was asked for', async () => {
    expect(ensemble.connectString.split(',')).toHaveLength(3);
    const leader = await ensemble.leader();
    expect(leader).toBeDefined();
    expect(await leader!.ask('conf')).toContain('tickTime=500');
  });

  it('elects another leader when the leader is killed, and takes the old one back', async () => {
    const old = (await ensemble.leader())!;
    await old.kill();
    const next = await waitUntil(() => ensemble.leader(), { timeoutMs: 30_000, everyMs: 50 });
    expect(next).toBeDefined();
    expect(next!.id).not.toBe(old.id);
    await old.start();
    expect(await old.ask('srvr')).toMatch(/^Mode: follower$/m);
  });

  it('has a node that answers nothing while it is frozen', async () => {
    const node = ensemble.nodes[0]!;
    node.freeze();
    await expect(node.ask('ruok', 200)).rejects.toThrow('no answer within 200 ms');
    node.thaw();
    expect(await waitUntil(() => node.ask('ruok').catch(() => undefined), { timeoutMs: 10_000 })).toBe(
      'imok',
    );
  });
});
