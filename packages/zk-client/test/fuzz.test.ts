import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Sandbox, type ZooKeeperEnsemble, type ZooKeeperNode } from '@dcmha/sandbox';
import { ZooKeeperError, type ZooKeeperClient } from '@dcmha/zk-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Relay, type Tamper } from './relay.js';
import { client, connected, eventually } from './support.js';

/** A small generator with a seed (Lehmer), so that a failure can be run again. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) % 2_147_483_647 || 1;
  }

  below(bound: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return this.#state % bound;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** Length, xid, zxid and error of an answer. */
const headerBytes = 4 + 16;

/** Ways in which what a server says can be wrong. The chunk begins with a frame, and is changed in place or replaced. */
const damages: Record<string, (chunk: Buffer, random: Random) => Buffer> = {
  'a frame that ends too early': (chunk, random) => {
    const kept = Buffer.from(chunk.subarray(0, 4 + random.below(Math.max(1, chunk.length - 4))));
    kept.writeInt32BE(kept.length - 4, 0);
    return kept;
  },
  'a length that is negative': (chunk, random) => {
    chunk.writeInt32BE(-1 - random.below(1_000_000), 0);
    return chunk;
  },
  'a length that is enormous': (chunk, random) => {
    chunk.writeInt32BE(0x7fff_ffff - random.below(1_000_000), 0);
    return chunk;
  },
  'a length that is a little wrong': (chunk, random) => {
    chunk.writeInt32BE(chunk.readInt32BE(0) + (random.below(2) === 0 ? -1 : 1) * (1 + random.below(8)), 0);
    return chunk;
  },
  'an answer to another request': (chunk, random) => {
    chunk.writeInt32BE(random.below(0x7fff_ffff), 4);
    return chunk;
  },
  // Of the first frame only: a transaction id in the header of a later one, changed and well-formed, cannot be told from
  // a right one, and no server takes back a session that claims to have seen the future.
  'flipped bits in the body': (chunk, random) => {
    const end = Math.min(chunk.length, 4 + chunk.readInt32BE(0));
    for (let flips = 1 + random.below(4); flips > 0 && end > headerBytes; flips -= 1) {
      const at = headerBytes + random.below(end - headerBytes);
      chunk[at] = (chunk[at] as number) ^ (1 << random.below(8));
    }
    return chunk;
  },
  'bytes lost in the middle': (chunk, random) => {
    const at = random.below(chunk.length);
    return Buffer.concat([chunk.subarray(0, at), chunk.subarray(at + 1 + random.below(16))]);
  },
  'bytes too many in the middle': (chunk, random) => {
    const at = random.below(chunk.length);
    return Buffer.concat([chunk.subarray(0, at), random.bytes(1 + random.below(16)), chunk.subarray(at)]);
  },
  'noise instead of an answer': (chunk, random) => random.bytes(1 + random.below(200)),
  'an unknown error number': (chunk, random) => {
    if (chunk.length >= headerBytes) chunk.writeInt32BE(-2_000 - random.below(1_000), 16);
    return chunk;
  },
};

let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;
let relay: Relay;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-fuzz' });
  ensemble = await sandbox.startZooKeeper();
  relay = await Relay.start(ensemble.nodes[0] as ZooKeeperNode);
  const setUp = await connected(ensemble.connectString);
  await setUp.create('/fuzz', 'x'.repeat(50));
  for (let index = 0; index < 20; index += 1) await setUp.create(`/fuzz/${index}`, String(index));
});

afterAll(async () => {
  await relay.close();
  await sandbox.close();
});

/** One of everything that is answered with a body. */
function requests(zk: ZooKeeperClient): Promise<unknown>[] {
  const options = { timeoutMs: 5_000 };
  return [
    zk.get('/fuzz', { ...options, watch: () => undefined }),
    zk.children('/fuzz', options),
    zk.exists('/fuzz/1', options),
    zk.getAcl('/fuzz', options),
    zk.set('/fuzz/1', 'y', options),
    zk.multi(
      [
        { type: 'check', path: '/fuzz', version: 0 },
        { type: 'set', path: '/fuzz/2', data: 'z' },
      ],
      options,
    ),
    zk.multiRead(
      [
        { type: 'get', path: '/fuzz/3' },
        { type: 'children', path: '/fuzz' },
      ],
      options,
    ),
    zk.create('/fuzz/s-', '', { ...options, mode: 'ephemeral-sequential' }),
    zk.sync('/fuzz', options),
  ];
}

describe('damaged data from the server', () => {
  it.each(Object.keys(damages))('%s ends in an error and a new connection', async (name) => {
    const damage = damages[name] as (chunk: Buffer, random: Random) => Buffer;
    for (let seed = 1; seed <= 8; seed += 1) {
      const random = new Random(seed);
      relay.heal();
      const zk = await connected(relay.address, {
        sessionTimeoutMs: 1_000,
        maxInFlight: 1 + random.below(4),
      });
      let untouched = random.below(6);
      const tamper: Tamper = (chunk) => (untouched-- > 0 ? chunk : damage(Buffer.from(chunk), random));
      relay.tamper(tamper);
      const settled = await Promise.allSettled(requests(zk));
      relay.heal();
      for (const outcome of settled) {
        if (outcome.status === 'rejected')
          expect(outcome.reason, `seed ${seed}`).toBeInstanceOf(ZooKeeperError);
      }
      await eventually(
        `seed ${seed}: found a server again`,
        () => zk.state === 'connected' || zk.state === 'expired',
      );
      if (zk.state === 'connected') {
        const { data } = await zk.get('/fuzz/5');
        expect(data.toString(), `seed ${seed}`).toBe('5');
      }
      await zk.close();
    }
  });

  it('in the handshake makes it try again, without haste', async () => {
    const random = new Random(7);
    let accepted = 0;
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      accepted += 1;
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(random.bytes(1 + random.below(60))));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const zk = client(`127.0.0.1:${port}`, { sessionTimeoutMs: 1_000, connectTimeoutMs: 100 });
    await eventually('tried often', () => accepted >= 5);
    expect(accepted).toBeLessThan(200);
    await zk.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('an event of an unknown kind, or an answer to nothing, ends the connection and not the session', async () => {
    relay.heal();
    const zk = await connected(relay.address);
    const { sessionId } = zk;
    const reasons: string[] = [];
    zk.onState(({ state, reason }) => {
      if (state === 'disconnected') reasons.push(reason ?? '');
    });
    const send = async (words: number[], body: string): Promise<void> => {
      const frame = Buffer.alloc(4 + words.length * 4 + Buffer.byteLength(body));
      frame.writeInt32BE(frame.length - 4, 0);
      words.forEach((word, index) => frame.writeInt32BE(word, 4 + index * 4));
      frame.write(body, 4 + words.length * 4);
      const before = reasons.length;
      relay.inject(frame);
      await eventually('connection ended', () => reasons.length > before);
      await zk.waitConnected();
    };
    await send([-1, -1, -1, 0, 77, 3, 5], '/fuzz');
    await send([99, 0, 1, 0], '');
    await send([-2, 0, 1, 0], '');
    await send([-8, 0, 1, 0], '');
    await send([-1, -1, -1, 0, 1, 3, 500], '/fuzz');
    expect(reasons.join('\n')).toMatch(
      /unknown type 77[^]*none is expected[^]*ping[^]*not asked for[^]*too early/,
    );
    expect(zk.sessionId).toBe(sessionId);
  });
});
