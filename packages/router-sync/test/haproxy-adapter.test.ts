import { join } from 'node:path';
import { Sandbox, type HaproxyServer } from '@dcmha/sandbox';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  HaproxyAdapter,
  ProxyAnswerError,
  RouteNotAppliedError,
  RuntimeSocketError,
  ServerAddressError,
  haproxyConfig,
  readBackendName,
  writeBackendName,
  type HaproxyConfigOptions,
} from '../src/index.js';
import { RuntimeSocket } from '../src/adapter/haproxy/runtime-socket.js';
import { NamedServer, connectTo, whoAnswers } from './support/named-server.js';

let sandbox: Sandbox;
let haproxy: HaproxyServer;
let a: NamedServer;
let b: NamedServer;
let c: NamedServer;
let socketPath: string;
let ports: { write: number; read: number };
let options: HaproxyConfigOptions;

const adapterOptions = () => ({
  socket: socketPath,
  writeBackend: writeBackendName('orders'),
  readBackend: readBackendName('orders'),
  timeoutMs: 10_000,
});
const runtime = (...commands: string[]): Promise<string[][]> =>
  new RuntimeSocket({ address: socketPath, timeoutMs: 10_000 }).run(commands);

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'router-sync' });
  a = await NamedServer.start('a', '127.0.0.11');
  b = await NamedServer.start('b', '127.0.0.12');
  c = await NamedServer.start('c', '127.0.0.13');
  socketPath = join(sandbox.folder, 'haproxy.sock');
  ports = { write: await sandbox.freePort(), read: await sandbox.freePort() };
  options = {
    groups: [
      {
        group: 'orders',
        writeBind: `127.0.0.1:${ports.write}`,
        readBind: `127.0.0.1:${ports.read}`,
        readSlots: 3,
      },
    ],
    socketPath,
  };
  haproxy = await sandbox.startHaproxy({ config: haproxyConfig(options) });
});

afterAll(async () => {
  await Promise.all([a, b, c].map((server) => server?.close()));
  await sandbox?.close();
});

let adapter: HaproxyAdapter;
beforeEach(() => {
  adapter = new HaproxyAdapter(adapterOptions());
});
afterEach(async () => {
  await adapter.apply({ write: null, read: [] });
  await adapter.close();
});

describe('HAProxy through its runtime socket', () => {
  it('comes up closed: no client reaches a server before a route was applied', async () => {
    expect(await whoAnswers(ports.write)).toBeNull();
    expect(await whoAnswers(ports.read)).toBeNull();
  });

  it('sends writes and reads where the route says', async () => {
    await adapter.apply({ write: a.address, read: [b.address, c.address] });
    expect(await whoAnswers(ports.write)).toBe('a');
    const readers = await Promise.all(Array.from({ length: 8 }, () => whoAnswers(ports.read)));
    expect(new Set(readers)).toEqual(new Set(['b', 'c']));
    expect(await adapter.check({ write: a.address, read: [b.address, c.address] })).toEqual([]);
  });

  it('cuts the sessions to a deposed primary, and new clients reach the new one only', async () => {
    await adapter.apply({ write: a.address, read: [] });
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectTo(ports.write)));
    expect(new Set(clients.map((client) => client.server))).toEqual(new Set(['a']));
    await adapter.apply({ write: b.address, read: [a.address] });
    await Promise.all(clients.map((client) => client.ended));
    await expect.poll(() => a.sockets.size, { timeout: 5000 }).toBe(0);
    expect(await whoAnswers(ports.write)).toBe('b');
  });

  it('never has two servers take writes while clients connect without a pause', async () => {
    await adapter.apply({ write: a.address, read: [] });
    let over = false;
    const seen: (string | null)[] = [];
    const client = async (): Promise<void> => {
      while (!over) seen.push(await whoAnswers(ports.write));
    };
    const clients = [client(), client(), client()];
    await expect.poll(() => seen.length, { timeout: 5000 }).toBeGreaterThan(10);
    await adapter.apply({ write: b.address, read: [] });
    // Nothing may be left on the old primary once `apply` has resolved, and nothing may come to it any more.
    await expect.poll(() => a.sockets.size, { timeout: 5000 }).toBe(0);
    const before = seen.length;
    await expect.poll(() => seen.length, { timeout: 5000 }).toBeGreaterThan(before + 20);
    over = true;
    await Promise.all(clients);
    expect(new Set(seen.slice(before + clients.length))).toEqual(new Set(['b']));
  });

  it('closes writes fast when there is no primary: a client is told at once', async () => {
    await adapter.apply({ write: a.address, read: [b.address] });
    const client = await connectTo(ports.write);
    await adapter.apply({ write: null, read: [b.address] });
    await client.ended;
    const startMs = performance.now();
    expect(await whoAnswers(ports.write)).toBeNull();
    expect(performance.now() - startMs).toBeLessThan(900);
    expect(await whoAnswers(ports.read)).toBe('b');
  });

  it('keeps the sessions of servers that stay in the read pool', async () => {
    await adapter.apply({ write: a.address, read: [b.address] });
    const reader = await connectTo(ports.read);
    await adapter.apply({ write: c.address, read: [a.address, b.address] });
    reader.socket.write('still here\n');
    const echo = await new Promise<string>((resolve) =>
      reader.socket.once('data', (chunk) => resolve(chunk.toString())),
    );
    expect(echo).toBe('still here\n');
    reader.socket.destroy();
  });

  it('tries another read server when one refuses', async () => {
    const gone = await NamedServer.start('gone', '127.0.0.14');
    const address = gone.address;
    await gone.close();
    await adapter.apply({ write: null, read: [address, b.address] });
    const readers = await Promise.all(Array.from({ length: 6 }, () => whoAnswers(ports.read)));
    expect(readers).toEqual(Array.from({ length: 6 }, () => 'b'));
  });

  it('resolves host names, which HAProxy does not take at run time', async () => {
    const names = new HaproxyAdapter({
      ...adapterOptions(),
      lookup: async (host) => {
        if (host === 'db-a') return '127.0.0.11';
        throw new Error('no such name');
      },
    });
    await names.apply({ write: a.address.replace('127.0.0.11', 'db-a'), read: [] });
    expect(await whoAnswers(ports.write)).toBe('a');
    await expect(names.apply({ write: 'db-x:3306', read: [] })).rejects.toThrow(ServerAddressError);
    expect(await whoAnswers(ports.write)).toBe('a');
  });

  it('notices drift and repairs it', async () => {
    const route = { write: a.address, read: [b.address] };
    await adapter.apply(route);
    const [host, port] = c.address.split(':');
    await runtime(
      `set server ${writeBackendName('orders')}/primary addr ${host} port ${port}`,
      `set server ${readBackendName('orders')}/read1 state drain`,
    );
    expect(await adapter.check(route)).toEqual([
      expect.stringContaining(c.address) as string,
      expect.stringContaining('does not send reads') as string,
    ]);
    await adapter.apply(route);
    expect(await adapter.check(route)).toEqual([]);
    expect(await whoAnswers(ports.write)).toBe('a');
    expect(await whoAnswers(ports.read)).toBe('b');
  });

  it('brings a restarted HAProxy back to the route', async () => {
    const route = { write: a.address, read: [b.address] };
    await adapter.apply(route);
    await haproxy.kill();
    await expect(adapter.check(route)).rejects.toThrow(RuntimeSocketError);
    await haproxy.start();
    expect(await whoAnswers(ports.write)).toBeNull();
    await adapter.apply(route);
    expect(await whoAnswers(ports.write)).toBe('a');
    expect(await whoAnswers(ports.read)).toBe('b');
  });

  it('opens what it can and names the servers that have no slot', async () => {
    const route = { write: a.address, read: [a.address, b.address, c.address, '127.0.0.15:3306'] };
    await expect(adapter.apply(route)).rejects.toThrow(RouteNotAppliedError);
    await expect(adapter.apply(route)).rejects.toThrow(/no slot for 127\.0\.0\.15:3306.*readSlots/);
    expect(await whoAnswers(ports.write)).toBe('a');
  });

  it('names a backend that HAProxy does not have', async () => {
    const other = new HaproxyAdapter({ ...adapterOptions(), writeBackend: 'nope' });
    await expect(other.apply({ write: null, read: [] })).rejects.toThrow(ProxyAnswerError);
    await expect(other.apply({ write: null, read: [] })).rejects.toThrow(/no backend "nope"/);
  });

  it('is quick', async () => {
    const targets = [a.address, b.address];
    const tookMs: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      await adapter.apply({ write: null, read: [] });
      const startMs = performance.now();
      await adapter.apply({ write: targets[round % 2]!, read: [c.address] });
      tookMs.push(performance.now() - startMs);
    }
    const median = tookMs.sort((x, y) => x - y)[20]!;
    expect(median).toBeLessThan(50);
  });
});

describe('HAProxy with an unfit configuration', () => {
  it('whose socket may look but not touch is told what it needs', async () => {
    const looker = join(sandbox.folder, 'looker.sock');
    const config = haproxyConfig({
      ...options,
      socketPath: looker,
      groups: [
        {
          group: 'orders',
          writeBind: `127.0.0.1:${await sandbox.freePort()}`,
          readBind: `127.0.0.1:${await sandbox.freePort()}`,
        },
      ],
    });
    await sandbox.startHaproxy({ config: config.replace('level admin', 'level operator') });
    const denied = new HaproxyAdapter({ ...adapterOptions(), socket: looker });
    await expect(denied.apply({ write: a.address, read: [] })).rejects.toThrow(/needs "level admin"/);
  });

  it('with two write slots keeps the second closed and says that it must go', async () => {
    const two = join(sandbox.folder, 'two.sock');
    const write = await sandbox.freePort();
    const config = haproxyConfig({
      ...options,
      socketPath: two,
      groups: [
        {
          group: 'orders',
          writeBind: `127.0.0.1:${write}`,
          readBind: `127.0.0.1:${await sandbox.freePort()}`,
        },
      ],
    });
    const [host, port] = b.address.split(':');
    await sandbox.startHaproxy({
      config: config.replace(/^( {4}server primary .*)$/m, `$1\n    server second ${host}:${port}`),
    });
    const unsafe = new HaproxyAdapter({ ...adapterOptions(), socket: two });
    expect(await whoAnswers(write)).toBe('b');
    await expect(unsafe.apply({ write: a.address, read: [] })).rejects.toThrow(
      /2 server slots, expected exactly one/,
    );
    const clients = await Promise.all(Array.from({ length: 6 }, () => whoAnswers(write)));
    expect(clients).toEqual(Array.from({ length: 6 }, () => 'a'));
  });

  it('that holds clients lets them through to the primary that came meanwhile', async () => {
    const hold = join(sandbox.folder, 'hold.sock');
    const write = await sandbox.freePort();
    await sandbox.startHaproxy({
      config: haproxyConfig({
        ...options,
        socketPath: hold,
        holdMs: 1000,
        groups: [
          {
            group: 'orders',
            writeBind: `127.0.0.1:${write}`,
            readBind: `127.0.0.1:${await sandbox.freePort()}`,
          },
        ],
      }),
    });
    const holding = new HaproxyAdapter({ ...adapterOptions(), socket: hold });
    const early = connectTo(write);
    await holding.apply({ write: a.address, read: [] });
    const client = await early;
    expect(client.server).toBe('a');
    client.socket.destroy();
    await holding.apply({ write: null, read: [] });
    expect(await whoAnswers(write)).toBeNull();
  });
});
