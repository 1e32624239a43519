import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createConnection } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventType } from '../events/event-type.js';
import { GtidSet } from '../gtid/gtid-set.js';
import { fileSource } from '../reading/file-source.js';
import { serverSource, type ServerSourceOptions } from '../reading/server-source.js';
import type { EventSource } from '../reading/source.js';
import { fixture, seeded } from '../testing/fixtures.js';
import { TailSource } from './tail-source.js';
import type { TailSourceEvent, TailSourceOptions } from './tail-source-options.js';
import { crashed, FixtureFolder } from './testing/fixture-folder.js';
import { recorded } from './testing/recorded.js';

const account = { user: 'tail', password: 'made-for-one-operation' };
const host = '127.0.0.1';

let folder: FixtureFolder;
let tail: TailSource | undefined;
let events: TailSourceEvent[];

async function open(options: Partial<TailSourceOptions> = {}): Promise<TailSource> {
  tail = await TailSource.open({
    index: folder.index,
    host,
    ...account,
    serverUuid: '3e11fa47-71ca-11e1-9e33-c80aa9429562',
    onEvent: (event) => events.push(event),
    ...options,
  });
  return tail;
}

beforeEach(async () => {
  events = [];
  folder = await FixtureFolder.make({ 'binlog.000001': crashed('mysql') });
});

afterEach(async () => {
  await tail?.close();
  tail = undefined;
  await folder.remove();
});

const reading = ({ port }: TailSource, options: Partial<ServerSourceOptions> = {}): EventSource =>
  serverSource({ connection: { host, port, ...account }, gtids: GtidSet.empty, stopAtEnd: true, ...options });

/** Type, place and body of every event that is in a file. */
async function bodies(source: EventSource): Promise<string[]> {
  const found: string[] = [];
  for await (const { events } of source.batches()) {
    for (const { type, logPos, flags, body } of events) {
      if ((flags & 0x20) !== 0 || type === EventType.FormatDescription || type === EventType.Heartbeat)
        continue;
      if (type === EventType.HeartbeatV2 || type === EventType.Rotate) continue;
      found.push(`${type} ${logPos} ${body.toString('hex')}`);
    }
  }
  return found;
}

async function talk(port: number): Promise<Socket> {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything that the other side sends until it closes the connection. */
async function untilClosed(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(parts);
}

describe('a tail source', () => {
  it('sends every event as it is in the file', async () => {
    await open();
    const stored = await bodies(fileSource({ index: folder.index }));
    expect(stored.length).toBeGreaterThan(20);
    expect(await bodies(reading(tail as TailSource))).toEqual(stored);
    expect(tail?.status()).toMatchObject({ transactionsSent: 9 });
  });

  it('leaves out what the replica has, and everything before a position that it names', async () => {
    const source = await open();
    const executed = GtidSet.parse(source.gtidExecuted);
    expect(await bodies(reading(source, { gtids: executed }))).toHaveLength(1);
    expect(source.status().transactionsSent).toBe(0);
    const position = { file: 'binlog.000001', position: 7_009 };
    const all = await bodies(fileSource({ index: folder.index }));
    const from = await bodies(reading(source, { gtids: undefined, from: position }));
    expect(all.slice(-from.length)).toEqual(from);
    const between = { ...position, position: 7_010 };
    await expect(bodies(reading(source, { gtids: undefined, from: between }))).rejects.toThrow(
      /no event (begins at position 7010|is \d+ bytes long)/,
    );
    await expect(
      bodies(reading(source, { gtids: undefined, from: { ...position, file: 'binlog.000009' } })),
    ).rejects.toThrow(/Could not find first log file name/);
  });

  it('tells who logs in with a wrong password or name, or twice too many', async () => {
    const { port } = await open({ limits: { connections: 2 } });
    const login = (change: object): Promise<unknown> =>
      createConnection({ host, port, ...account, ...change });
    await expect(login({ password: 'another password' })).rejects.toThrow(/Access denied/);
    await expect(login({ user: 'root' })).rejects.toThrow(/Access denied/);
    const sockets = await Promise.all([talk(port), talk(port)]);
    await expect(login({})).rejects.toThrow(/Too many connections/);
    for (const socket of sockets) socket.destroy();
    expect(events.filter(({ kind }) => kind === 'refused')).toHaveLength(2);
  });

  it('asks for TLS where plain connections are not allowed', async () => {
    const { port } = await open({ allowPlain: false });
    await expect(createConnection({ host, port, ...account })).rejects.toThrow(/insecure transport/);
  });

  it('answers a client of mysql_native_password, and one that knows neither plugin', async () => {
    const { port } = await open();
    for (const authPlugin of ['mysql_native_password', 'sha256_password']) {
      const socket = await talk(port);
      const [greeting] = (await once(socket, 'data')) as [Buffer];
      expect(greeting.toString('latin1')).toContain('caching_sha2_password');
      const login = Buffer.concat([
        recorded.mysql.login.subarray(0, 32),
        Buffer.from(`tail\0\0${authPlugin}\0`),
      ]);
      login.writeUInt32LE(0x28_8200, 0);
      const header = Buffer.from([login.length, 0, 0, 1]);
      socket.write(Buffer.concat([header, login]));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer[4]).toBe(0xfe);
      expect(answer.toString('latin1')).toContain(
        authPlugin === 'sha256_password' ? 'caching_sha2_password' : authPlugin,
      );
      socket.destroy();
    }
  });

  it('gives a connection up that does not log in, or says nothing more', async () => {
    const { port } = await open({ limits: { loginTimeoutMs: 100, idleTimeoutMs: 100 } });
    await untilClosed(await talk(port));
    const connection = await createConnection({ host, port, ...account });
    connection.on('error', () => undefined);
    const { stream } = (connection as unknown as { connection: { stream: Socket } }).connection;
    if (!stream.closed) await once(stream, 'close');
    expect(events.map(({ kind }) => kind)).toEqual(['closed', 'login', 'closed']);
  });

  it('says how long it was not used, and ends all connections when it is closed', async () => {
    const source = await open();
    expect(source.status()).toMatchObject({ connectionsTaken: 0, replicas: [] });
    expect(source.status().unusedMs).toBeGreaterThanOrEqual(0);
    const socket = await talk(source.port);
    await once(socket, 'data');
    expect(source.status()).toMatchObject({
      connectionsTaken: 1,
      unusedMs: null,
      replicas: [{ state: 'login' }],
    });
    const ended = untilClosed(socket);
    await source.close();
    await ended;
    tail = undefined;
  });

  it('needs a server UUID, a user and a password', async () => {
    await expect(open({ serverUuid: undefined })).rejects.toThrow(/serverUuid/);
    await expect(open({ password: '' })).rejects.toThrow(/password/);
  });

  it('is refused for damage in the middle of a file: the replica stops before it', async () => {
    const bytes = crashed('mysql');
    bytes[2_000] = (bytes[2_000] as number) ^ 1;
    // The end of the last file is looked at closely when it is opened, other files are not.
    await folder.write({ 'binlog.000001': bytes, 'binlog.000002': fixture('mysql') });
    const from = { file: 'binlog.000001', position: 4 };
    const found = reading(await open(), { gtids: undefined, from });
    await expect(bodies(found)).rejects.toThrow(/checksum of the event at 1\d\d\d is wrong/);
  });

  it('survives whatever is sent to it', async () => {
    const source = await open({ limits: { loginTimeoutMs: 2_000, idleTimeoutMs: 300 } });
    const random = seeded(97);
    const { login, registration, dumpGtid } = recorded.mysql;
    for (let round = 0; round < 150; round++) {
      const socket = await talk(source.port);
      const ended = untilClosed(socket);
      const base = [login, registration, dumpGtid, randomBytes(random(300) + 1)][random(4)] as Buffer;
      const payload = Buffer.from(base.subarray(0, 1 + random(base.length)));
      for (let changes = random(4); changes > 0; changes--) payload[random(payload.length)] = random(256);
      const header = Buffer.alloc(4);
      // Most lengths are right, so that the payload is looked at.
      header.writeUIntLE(random(5) === 0 ? random(0xff_ffff) : payload.length, 0, 3);
      header[3] = random(3);
      socket.write(Buffer.concat([header, payload]));
      if (random(2) === 0) socket.write(randomBytes(random(200)));
      socket.end();
      await ended;
    }
    // Behind a login, too.
    for (let round = 0; round < 60; round++) {
      const connection = await createConnection({ host, port: source.port, ...account });
      connection.on('error', () => undefined);
      const { stream } = (connection as unknown as { connection: { stream: Socket } }).connection;
      const ended = untilClosed(stream);
      const base = [dumpGtid, registration, recorded.mariadb.dump, Buffer.from('\x03SELECT @@x, (')][
        random(4)
      ] as Buffer;
      const payload = Buffer.concat([base.subarray(0, 1 + random(base.length)), randomBytes(random(40))]);
      for (let changes = random(3); changes > 0; changes--) payload[random(payload.length)] = random(256);
      const header = Buffer.alloc(4);
      header.writeUIntLE(payload.length, 0, 3);
      stream.write(Buffer.concat([header, payload]));
      stream.end();
      await ended;
    }
    expect(source.status().replicas).toEqual([]);
    expect(await bodies(reading(source))).not.toHaveLength(0);
  });
});
