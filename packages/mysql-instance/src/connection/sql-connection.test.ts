import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Deadline } from '../deadline/deadline.js';
import type { ConnectionOptions } from './connection-options.js';
import { SqlConnection } from './sql-connection.js';

const servers: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A TCP server that does to every connection what the test says. */
async function listen(onConnection: (socket: Socket) => void): Promise<ConnectionOptions> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: { host: '127.0.0.1', port }, user: 'dcmha', password: 'pass-word', attributes: {} };
}

/** An error packet of the MySQL protocol, as a server sends it instead of a greeting. */
function errorPacket(errno: number, text: string): Buffer {
  const body = Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([body.length & 0xff, body.length >> 8, 0, 0]), body]);
}

describe('opening a connection', () => {
  it('ends with HUNG against a server that accepts and never greets', async () => {
    const options = await listen(() => undefined);
    await expect(SqlConnection.open(options, new Deadline(50))).rejects.toMatchObject({
      code: 'HUNG',
      problem: 'TCP connected, but no greeting within 50 ms',
    });
  });

  it('ends with HUNG against a server that begins to greet and stops', async () => {
    const options = await listen((socket) => socket.write(Buffer.from([0x4a, 0x00])));
    await expect(SqlConnection.open(options, new Deadline(50))).rejects.toMatchObject({ code: 'HUNG' });
  });

  it('ends with REFUSED when the connection is closed before a greeting', async () => {
    const options = await listen((socket) => socket.destroy());
    await expect(SqlConnection.open(options, new Deadline(2_000))).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('ends with REFUSED when nothing listens', async () => {
    const options = await listen(() => undefined);
    const { server } = servers.pop()!;
    await new Promise((resolve) => server.close(resolve));
    await expect(SqlConnection.open(options, new Deadline(2_000))).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('tells a server without a free connection from a dead one', async () => {
    const options = await listen((socket) => socket.end(errorPacket(1040, 'Too many connections')));
    await expect(SqlConnection.open(options, new Deadline(2_000))).rejects.toMatchObject({
      code: 'TOO_MANY_CONNECTIONS',
      errno: 1040,
    });
  });

  it('can be cancelled', async () => {
    const options = await listen(() => undefined);
    const stop = new AbortController();
    const opening = SqlConnection.open(options, new Deadline(5_000, stop.signal));
    stop.abort();
    await expect(opening).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('ends with CLOSED when its owner destroys it meanwhile', async () => {
    const options = await listen(() => undefined);
    const opening = SqlConnection.open(options, new Deadline(5_000), {
      onCreated: (connection) => setImmediate(() => connection.destroy()),
    });
    await expect(opening).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('has no password in its errors', async () => {
    const options = await listen((socket) => socket.end(errorPacket(1045, 'Access denied (pass-word)')));
    const error: Error = await SqlConnection.open(options, new Deadline(2_000)).then(
      () => new Error('it opened'),
      (reason: Error) => reason,
    );
    expect(error.message).toContain('Access denied (***)');
  });
});
