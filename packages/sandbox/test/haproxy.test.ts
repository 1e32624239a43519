import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, createServer, type Server } from 'node:net';
import { BadOptionError, identify, PortTakenError, Sandbox } from '@dcmha/sandbox';

let sandbox: Sandbox;
let backend: Server;
let backendPort: number;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'haproxy' });
  backend = createServer((socket) => socket.end('hello'));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  backendPort = (backend.address() as { port: number }).port;
});
afterAll(async () => {
  await sandbox.close();
  await new Promise((resolve) => backend.close(resolve));
});

const config = (port: number, backendsPort: number) => `
global
  stats socket ${sandbox.folder}/runtime-${port}.sock mode 600 level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s
listen through
  bind 127.0.0.1:${port}
  server one 127.0.0.1:${backendsPort}
`;

function readAll(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer within 5 s')));
    socket.on('data', (data) => (text += data.toString()));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}

describe('an HAProxy of a sandbox', () => {
  it('serves as its configuration says, also after a reload by another process', async () => {
    const port = await sandbox.freePort();
    const proxy = await sandbox.startHaproxy({ config: config(port, backendPort) });
    expect(await readAll(port)).toBe('hello');
    const before = proxy.pid;
    await proxy.reload();
    expect(proxy.pid).not.toBe(before);
    expect(identify(before)).toBeUndefined();
    expect(await readAll(port)).toBe('hello');
    await proxy.kill();
    await expect(readAll(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.start();
    expect(await readAll(port)).toBe('hello');
  });

  it('is not started with a configuration that it refuses', async () => {
    const failure = await sandbox
      .startHaproxy({ config: 'global\n  nonsense yes\n' })
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(BadOptionError);
    expect((failure as Error).message).toContain('nonsense');
  });

  it('says that a port of its frontends is taken', async () => {
    const failure = await sandbox
      .startHaproxy({ config: config(backendPort, backendPort) })
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(PortTakenError);
    expect(failure).toMatchObject({ port: backendPort });
  });
});
