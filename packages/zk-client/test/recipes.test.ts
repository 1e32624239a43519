import { Sandbox, type ZooKeeperEnsemble, type ZooKeeperNode } from '@dcmha/sandbox';
import {
  CachedSubtree,
  Election,
  Lock,
  Membership,
  ensurePath,
  type Leader,
  type MemberInfo,
  type SubtreeChange,
  type ZooKeeperClient,
} from '@dcmha/zk-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Relay } from './relay.js';
import { connected, errorOf, eventually } from './support.js';

let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;
let relay: Relay;
/** Through the relay, so that its connection can be cut. */
let zk: ZooKeeperClient;
let other: ZooKeeperClient;
let root: string;
let count = 0;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-recipes' });
  ensemble = await sandbox.startZooKeeper();
  relay = await Relay.start(ensemble.nodes[0] as ZooKeeperNode);
});

afterAll(async () => {
  await relay.close();
  await sandbox.close();
});

beforeEach(async () => {
  relay.heal();
  zk = await connected(relay.address, { sessionTimeoutMs: 4_000 });
  other = await connected(ensemble.connectString, { sessionTimeoutMs: 4_000 });
  root = `/r${(count += 1)}`;
});

const lineLength = async (): Promise<number> => (await other.children(root)).children.length;

async function cutOff(): Promise<void> {
  relay.cut();
  await eventually('cut off', () => zk.state === 'disconnected');
}

describe('a path', () => {
  it('is made with all its ancestors, and again without harm', async () => {
    await ensurePath(zk, `${root}/a/b/c`);
    await Promise.all([ensurePath(zk, `${root}/a/b/c`), ensurePath(other, `${root}/a/x/y`)]);
    expect((await zk.children(`${root}/a`)).children.sort()).toEqual(['b', 'x']);
  });
});

describe('a lock', () => {
  it('is held by one at a time, in the order of asking, with tokens that grow', async () => {
    const order: number[] = [];
    let holders = 0;
    let lastToken = 0n;
    const contend = async (index: number): Promise<void> => {
      const hold = await new Lock(index % 2 === 0 ? zk : other, root).acquire();
      expect((holders += 1)).toBe(1);
      expect(hold.token).toBeGreaterThan(lastToken);
      lastToken = hold.token;
      order.push(index);
      await other.sync(root);
      holders -= 1;
      await hold.release();
    };
    // Held until all stand in line, one behind the other.
    const gate = await new Lock(other, root).acquire();
    const contenders: Promise<void>[] = [];
    for (let index = 0; index < 8; index += 1) {
      contenders.push(contend(index));
      await eventually('stands in line', async () => (await lineLength()) === index + 2);
    }
    await gate.release();
    await Promise.all(contenders);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await lineLength()).toBe(0);
  });

  it('wakes only the next in line when it is released', async () => {
    const hold = await new Lock(other, root).acquire();
    const waiting = Array.from({ length: 5 }, () => new Lock(zk, root).acquire());
    await eventually('all in line', async () => (await lineLength()) === 6);
    // Each watches the one before it: five watches on five nodes, not five on one.
    await eventually('all watch', () => zk.watchCount === 5);
    await hold.release();
    const next = await waiting[0];
    expect(next?.isHeld).toBe(true);
    // Four wait still, and the holder watches its own node.
    await eventually('only one woke', () => zk.watchCount === 5);
    for (const acquired of waiting) await (await acquired).release();
  });

  it('finds its own node again when the connection was lost before the answer came', async () => {
    await ensurePath(other, root);
    const acquired = new Lock(zk, root).acquire();
    relay.hold();
    await eventually('created at the server', async () => (await lineLength()) === 1);
    await cutOff();
    relay.heal();
    const hold = await acquired;
    expect(hold.isHeld).toBe(true);
    expect(await lineLength()).toBe(1);
    await hold.release();
    expect(await lineLength()).toBe(0);
  });

  it('is kept across a lost connection, and released after it', async () => {
    const hold = await new Lock(zk, root).acquire();
    await cutOff();
    expect(hold.isHeld).toBe(true);
    const released = hold.release();
    relay.heal();
    await released;
    expect(await lineLength()).toBe(0);
    expect(hold.lost.aborted).toBe(false);
  });

  it('whose wait is given up leaves the line', async () => {
    const hold = await new Lock(other, root).acquire();
    expect(await errorOf(new Lock(zk, root).acquire({ timeoutMs: 50 }))).toMatchObject({
      code: 'OPERATION_TIMEOUT',
    });
    const controller = new AbortController();
    const aborted = errorOf(new Lock(zk, root).acquire({ signal: controller.signal }));
    await eventually('in line', async () => (await lineLength()) === 2);
    controller.abort();
    expect(await aborted).toMatchObject({ code: 'ABORTED' });
    await eventually('left', async () => (await lineLength()) === 1);
    await hold.release();
  });

  it('tells its holder when it is lost', async () => {
    const deleted = await new Lock(zk, root).acquire();
    await other.delete(deleted.path);
    await eventually('deletion noticed', () => deleted.lost.aborted);
    const ended = await new Lock(zk, root).acquire();
    await zk.close();
    expect(ended.lost.aborted).toBe(true);
    expect(ended.isHeld).toBe(false);
    await ended.release();
  });
});

describe('an election', () => {
  it('has one leader, whom all can see, and a next one when it goes', async () => {
    const seen: (string | null)[] = [];
    const observation = await new Election(zk, root).observe((leader: Leader | null) =>
      seen.push(leader && leader.data.toString()),
    );
    const first = await new Election(other, root).campaign({ data: 'first' });
    await eventually('the first is seen', () => seen.at(-1) === 'first');
    const second = new Election(zk, root).campaign({ data: 'second' });
    await eventually('both stand', async () => (await lineLength()) === 2);
    await first.release();
    await eventually('the second is seen', () => seen.at(-1) === 'second');
    expect((await second).isHeld).toBe(true);
    expect(await new Election(other, root).leader()).toMatchObject({
      data: Buffer.from('second'),
      sessionId: zk.sessionId,
      token: (await second).token,
    });
    await (await second).release();
    await eventually('seen', () => seen.length === 4);
    expect(seen).toEqual([null, 'first', 'second', null]);
    await observation.close();
  });

  it('is observed across reconnections', async () => {
    const seen: (string | null)[] = [];
    const observation = await new Election(zk, root).observe((leader) =>
      seen.push(leader && leader.data.toString()),
    );
    await cutOff();
    const leadership = await new Election(other, root).campaign({ data: 'meanwhile' });
    relay.heal();
    await eventually('noticed', () => seen.at(-1) === 'meanwhile');
    await leadership.release();
    await eventually('noticed the end', () => seen.length === 3);
    expect(seen).toEqual([null, 'meanwhile', null]);
    await observation.close();
    expect(zk.watchCount).toBe(0);
  });
});

describe('membership', () => {
  it('shows who is there, with their data', async () => {
    const views: string[] = [];
    const observation = await new Membership(zk, root).observe((members: MemberInfo[]) =>
      views.push(members.map(({ name, data }) => `${name}=${data.toString()}`).join(' ')),
    );
    const a = await new Membership(other, root).join('a', '1');
    await eventually('a came', () => views.at(-1) === 'a=1');
    const b = await new Membership(zk, root).join('b', '2');
    await eventually('b came', () => views.at(-1) === 'a=1 b=2');
    await a.update('3');
    await eventually('a changed', () => views.at(-1) === 'a=3 b=2');
    await a.leave();
    await a.leave();
    await eventually('a went', () => views.at(-1) === 'b=2');
    expect(await new Membership(other, root).list()).toMatchObject([{ name: 'b', sessionId: zk.sessionId }]);
    await b.leave();
    await observation.close();
  });

  it('waits for the node of a former session, and takes over one of its own', async () => {
    const group = new Membership(zk, root);
    await new Membership(other, root).join('a', 'old');
    expect(await errorOf(group.join('a', 'new', { timeoutMs: 100 }))).toMatchObject({ code: 'NODE_EXISTS' });
    const joined = group.join('a', 'new');
    await other.close();
    await joined;
    await group.join('a', 'newer');
    expect(await group.list()).toMatchObject([{ data: Buffer.from('newer'), sessionId: zk.sessionId }]);
  });

  it('is not given up by a lost connection', async () => {
    await new Membership(zk, root).join('a', '1');
    const before = await other.exists(`${root}/a`);
    await cutOff();
    relay.heal();
    await zk.waitConnected();
    expect((await other.exists(`${root}/a`))?.czxid).toBe(before?.czxid);
  });
});

describe('a cached subtree', () => {
  /** The tree as it is, read node by node. */
  async function actual(): Promise<Record<string, string>> {
    const nodes: Record<string, string> = {};
    const read = async (path: string): Promise<void> => {
      nodes[path] = (await other.get(path)).data.toString();
      for (const name of (await other.children(path)).children) await read(`${path}/${name}`);
    };
    if (await other.exists(root)) await read(root);
    return nodes;
  }

  function cached(tree: CachedSubtree): Record<string, string> {
    return Object.fromEntries([...tree.nodes()].map(({ path, data }) => [path, data.toString()]));
  }

  async function eventuallyEqual(tree: CachedSubtree): Promise<void> {
    await eventually('the copy follows', async () => {
      const [left, right] = [cached(tree), await actual()];
      return (
        tree.isCurrent &&
        Object.keys(left).length === Object.keys(right).length &&
        Object.entries(right).every(([path, data]) => left[path] === data)
      );
    });
  }

  it('follows the tree from before its root exists', async () => {
    const changes: string[] = [];
    const tree = await CachedSubtree.open(zk, root, {
      onChange: ({ type, path }) => changes.push(`${type} ${path}`),
    });
    expect(tree.size).toBe(0);
    expect(tree.isCurrent).toBe(true);
    await other.create(root, 'root');
    await other.create(`${root}/a`, '1');
    await other.create(`${root}/a/b`, '2');
    await eventuallyEqual(tree);
    expect(tree.children(root)).toEqual(['a']);
    await other.set(`${root}/a/b`, '3');
    await eventuallyEqual(tree);
    expect(tree.get(`${root}/a/b`)).toMatchObject({ data: Buffer.from('3'), stat: { version: 1 } });
    await other.delete(`${root}/a/b`);
    await eventuallyEqual(tree);
    expect(changes).toEqual([
      `added ${root}`,
      `added ${root}/a`,
      `added ${root}/a/b`,
      `changed ${root}/a/b`,
      `removed ${root}/a/b`,
    ]);
    await tree.close();
    expect(zk.watchCount).toBe(0);
  });

  it('repairs what it missed while there was no connection, and tells it as changes', async () => {
    await ensurePath(other, `${root}/keep/deep`);
    await other.create(`${root}/change`, 'old');
    await ensurePath(other, `${root}/remove/deep`);
    const changes: SubtreeChange[] = [];
    const tree = await CachedSubtree.open(zk, root);
    tree.onChange((change) => changes.push(change));
    await cutOff();
    expect(tree.isCurrent).toBe(false);
    await other.set(`${root}/change`, 'new');
    await other.delete(`${root}/remove/deep`);
    await other.delete(`${root}/remove`);
    await ensurePath(other, `${root}/add/deep`);
    await other.delete(`${root}/keep/deep`);
    await other.create(`${root}/keep/deep`, 'again');
    relay.heal();
    await tree.waitCurrent();
    expect(cached(tree)).toEqual(await actual());
    expect(changes.map(({ type, path }) => `${type} ${path}`).sort()).toEqual(
      [
        `added ${root}/add`,
        `added ${root}/add/deep`,
        `changed ${root}/change`,
        `changed ${root}/keep/deep`,
        `removed ${root}/remove`,
        `removed ${root}/remove/deep`,
      ].sort(),
    );
    await tree.close();
  });

  it('ends up as the tree is after a storm of changes with connections lost in between', async () => {
    await other.create(root);
    const tree = await CachedSubtree.open(zk, root);
    let seed = 42;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    for (let round = 0; round < 6; round += 1) {
      const changes: Promise<unknown>[] = [];
      for (let step = 0; step < 150; step += 1) {
        const path = `${root}/${random(8)}${random(3) === 0 ? `/${random(5)}` : ''}`;
        const kind = random(4);
        const change =
          kind === 0
            ? other.delete(path)
            : kind === 1
              ? other.set(path, String(random(1_000)))
              : other.create(path, String(random(1_000)));
        changes.push(change.catch(() => undefined));
        if (step === 70 && round % 2 === 1) relay.cut();
      }
      await Promise.all(changes);
      relay.heal();
      await eventuallyEqual(tree);
    }
    await tree.close();
  });

  it('ends with the session', async () => {
    await other.create(root);
    const tree = await CachedSubtree.open(zk, root);
    await zk.close();
    expect(tree.isCurrent).toBe(false);
    expect(await errorOf(tree.waitCurrent())).toMatchObject({ code: 'CLOSED' });
    await tree.close();
  });
});
