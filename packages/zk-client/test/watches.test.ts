import { Sandbox, type ZooKeeperEnsemble } from '@dcmha/sandbox';
import type { ZooKeeperClient } from '@dcmha/zk-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connected, eventually, recorder } from './support.js';
import { Relay } from './relay.js';

let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;
let relay: Relay;
/** Watches, through a relay whose connections can be cut. */
let zk: ZooKeeperClient;
/** Makes changes. */
let other: ZooKeeperClient;
let root: string;
let count = 0;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-watches' });
  ensemble = await sandbox.startZooKeeper();
  relay = await Relay.start(ensemble.nodes[0] as { host: string; port: number });
});

afterAll(async () => {
  await relay.close();
  await sandbox.close();
});

beforeEach(async () => {
  relay.heal();
  zk = await connected(relay.address);
  other = await connected(ensemble.connectString);
  root = `/w${(count += 1)}`;
  await other.create(root);
});

/** Everything that the server had sent before now has been delivered. */
const settle = (): Promise<void> => zk.sync(root);

describe('a one-shot watch', () => {
  it('fires once, for the next change only', async () => {
    const { seen, listener } = recorder();
    await zk.get(root, { watch: listener });
    await other.set(root, '1');
    await other.set(root, '2');
    await settle();
    expect(seen).toEqual([`data-changed ${root}`]);
    expect(zk.watchCount).toBe(0);
  });

  it('on a missing node fires when it is created', async () => {
    const { seen, listener } = recorder();
    expect(await zk.exists(`${root}/a`, { watch: listener })).toBeNull();
    await other.create(`${root}/a`);
    await settle();
    expect(seen).toEqual([`created ${root}/a`]);
  });

  it('on children fires for a child that comes or goes, not for its data', async () => {
    await other.create(`${root}/a`);
    const { seen, listener } = recorder();
    await zk.children(root, { watch: listener });
    await other.set(`${root}/a`, 'x');
    await settle();
    expect(seen).toEqual([]);
    await other.delete(`${root}/a`);
    await settle();
    expect(seen).toEqual([`children-changed ${root}`]);
  });

  it('is told once of a deletion that both its data and its child watch see', async () => {
    const { seen, listener } = recorder();
    await zk.get(root, { watch: listener });
    await zk.children(root, { watch: listener });
    await other.delete(root);
    await eventually('deletion seen', () => seen.length > 0);
    await other.create(root);
    await settle();
    expect(seen).toEqual([`deleted ${root}`]);
  });

  it('is not set by a read that fails', async () => {
    const { listener } = recorder();
    await expect(zk.get(`${root}/none`, { watch: listener })).rejects.toMatchObject({ code: 'NO_NODE' });
    expect(zk.watchCount).toBe(0);
  });

  it('fires after a reconnection for what changed meanwhile, and stays for what did not', async () => {
    await other.create(`${root}/changed`);
    await other.create(`${root}/same`);
    await other.create(`${root}/deleted`);
    const { seen, listener } = recorder();
    await zk.get(`${root}/changed`, { watch: listener });
    await zk.get(`${root}/same`, { watch: listener });
    await zk.get(`${root}/deleted`, { watch: listener });
    await zk.exists(`${root}/created`, { watch: listener });
    await zk.children(root, { watch: listener });
    relay.cut();
    await eventually('cut off', () => zk.state === 'disconnected');
    await other.set(`${root}/changed`, 'x');
    await other.delete(`${root}/deleted`);
    await other.create(`${root}/created`);
    relay.heal();
    await zk.waitConnected();
    await settle();
    expect(seen.sort()).toEqual(
      [
        `children-changed ${root}`,
        `created ${root}/created`,
        `data-changed ${root}/changed`,
        `deleted ${root}/deleted`,
      ].sort(),
    );
    await other.set(`${root}/same`, 'x');
    await settle();
    expect(seen.at(-1)).toBe(`data-changed ${root}/same`);
  });

  it('registered ten thousand times with one listener on one node is one watch', async () => {
    const { seen, listener } = recorder();
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 500 }, () => zk.get(root, { watch: listener })));
    }
    expect(zk.watchCount).toBe(1);
    await other.set(root, 'x');
    await settle();
    expect(seen).toHaveLength(1);
  });
});

describe('a persistent watch', () => {
  it('fires for every change until it is removed', async () => {
    const { seen, listener } = recorder();
    const watch = await zk.addWatch(root, listener);
    await other.set(root, '1');
    await other.set(root, '2');
    await other.create(`${root}/a`);
    await other.create(`${root}/a/b`);
    await settle();
    const expected = [`data-changed ${root}`, `data-changed ${root}`, `children-changed ${root}`];
    expect(seen).toEqual(expected);
    await watch.remove();
    await other.set(root, '3');
    await settle();
    expect(seen).toEqual(expected);
    expect(zk.watchCount).toBe(0);
    await watch.remove();
  });

  it('that is recursive fires for everything below, and not for lists of children', async () => {
    const { seen, listener } = recorder();
    await zk.addWatch(root, listener, { recursive: true });
    await other.create(`${root}/a`);
    await other.create(`${root}/a/b`);
    await other.set(`${root}/a/b`, 'x');
    await other.delete(`${root}/a/b`);
    await settle();
    expect(seen).toEqual([
      `created ${root}/a`,
      `created ${root}/a/b`,
      `data-changed ${root}/a/b`,
      `deleted ${root}/a/b`,
    ]);
  });

  it('survives one-shot watches on the same node', async () => {
    const persistent = recorder();
    const oneShot = recorder();
    const child = recorder();
    await zk.addWatch(root, persistent.listener);
    await zk.get(root, { watch: oneShot.listener });
    await zk.children(root, { watch: child.listener });
    for (const value of ['1', '2', '3']) await other.set(root, value);
    await other.create(`${root}/a`);
    await other.create(`${root}/b`);
    await settle();
    expect(oneShot.seen).toEqual([`data-changed ${root}`]);
    expect(child.seen).toEqual([`children-changed ${root}`]);
    expect(persistent.seen).toHaveLength(5);
  });

  it('leaves one-shot watches on the same node behind when it is removed', async () => {
    const persistent = recorder();
    const oneShot = recorder();
    const watch = await zk.addWatch(root, persistent.listener, { recursive: true });
    await zk.get(root, { watch: oneShot.listener });
    await zk.exists(`${root}/a`, { watch: oneShot.listener });
    await watch.remove();
    await other.set(root, '1');
    await other.create(`${root}/a`);
    await settle();
    expect(persistent.seen).toEqual([]);
    expect(oneShot.seen).toEqual([`data-changed ${root}`, `created ${root}/a`]);
  });

  it('and a recursive one on the same node both get their events, and each can be removed', async () => {
    const plain = recorder();
    const recursive = recorder();
    const watch = await zk.addWatch(root, recursive.listener, { recursive: true });
    await zk.addWatch(root, plain.listener);
    await other.create(`${root}/a`);
    await other.set(root, '1');
    await settle();
    expect(plain.seen).toEqual([`children-changed ${root}`, `data-changed ${root}`]);
    expect(recursive.seen).toEqual([`created ${root}/a`, `data-changed ${root}`]);
    await watch.remove();
    await other.set(root, '2');
    await other.delete(`${root}/a`);
    await settle();
    expect(plain.seen.slice(2)).toEqual([`data-changed ${root}`, `children-changed ${root}`]);
    expect(recursive.seen).toHaveLength(2);
  });

  it('is set again on a new connection', async () => {
    const { seen, listener } = recorder();
    await zk.addWatch(root, listener, { recursive: true });
    relay.cut();
    await eventually('cut off', () => zk.state === 'disconnected');
    relay.heal();
    await zk.waitConnected();
    await settle();
    await other.create(`${root}/a`);
    await settle();
    expect(seen).toEqual([`created ${root}/a`]);
  });

  it('tells when it is lost with the session', async () => {
    const { seen, listener } = recorder();
    await zk.addWatch(root, listener);
    await zk.exists(`${root}/a`, { watch: listener });
    await zk.close();
    expect(seen.sort()).toEqual([`watch-lost ${root}`, `watch-lost ${root}/a`]);
  });

  it('whose listener throws does not disturb others', async () => {
    const errors: unknown[] = [];
    const fragile = await connected(ensemble.connectString, {
      onListenerError: (error) => errors.push(error),
    });
    const { seen, listener } = recorder();
    await fragile.addWatch(root, () => {
      throw new Error('listener broke');
    });
    await fragile.addWatch(root, listener);
    await other.set(root, 'x');
    await fragile.sync(root);
    expect(seen).toEqual([`data-changed ${root}`]);
    expect(errors).toHaveLength(1);
  });
});

describe('a server without persistent watches', () => {
  beforeEach(() => {
    // Request type 106 is addWatch; 9999 is none, and is answered as old servers answer what they do not know.
    relay.replaceRequestType(106, 9999);
  });

  it('is made up for by one-shot watches', async () => {
    await other.create(`${root}/there`);
    const { seen, listener } = recorder();
    const watch = await zk.addWatch(root, listener);
    await other.set(root, '1');
    await eventually('change seen', () => seen.length === 1);
    await other.set(root, '2');
    await eventually('second change seen', () => seen.length === 2);
    await other.create(`${root}/a`);
    await eventually('child seen', () => seen.length === 3);
    expect(seen).toEqual([`data-changed ${root}`, `data-changed ${root}`, `children-changed ${root}`]);
    await watch.remove();
    await other.set(root, '3');
    await settle();
    expect(seen).toHaveLength(3);
  });

  it('is made up for in subtrees too, across reconnections', async () => {
    await other.create(`${root}/a`);
    const { seen, listener } = recorder();
    await zk.addWatch(root, listener, { recursive: true });
    await other.create(`${root}/a/b`);
    await eventually('creation seen', () => seen.includes(`created ${root}/a/b`));
    relay.cut();
    await eventually('cut off', () => zk.state === 'disconnected');
    await other.set(`${root}/a/b`, 'x');
    await other.create(`${root}/c`);
    relay.heal();
    await eventually('both seen', () => seen.length === 3);
    await other.delete(`${root}/a/b`);
    await other.delete(`${root}/a`);
    await eventually('deletions seen', () => seen.length === 5);
    expect(seen.sort()).toEqual(
      [
        `created ${root}/a/b`,
        `created ${root}/c`,
        `data-changed ${root}/a/b`,
        `deleted ${root}/a`,
        `deleted ${root}/a/b`,
      ].sort(),
    );
  });
});
