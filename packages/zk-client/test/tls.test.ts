import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Sandbox, freePort } from '@dcmha/sandbox';
import { Permission } from '@dcmha/zk-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, connected, errorOf } from './support.js';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/tls/${name}`, import.meta.url));
const passphrase = 'changeit';
const ca = await readFile(fixture('ca.pem'));
const cert = await readFile(fixture('client-cert.pem'));
const key = await readFile(fixture('client-key.pem'));
const pfx = await readFile(fixture('client.p12'));

let sandbox: Sandbox;
let port: number;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-tls' });
  port = await freePort('127.0.0.1');
  await sandbox.startZooKeeper({
    config: { secureClientPort: port },
    jvmOptions: [
      '-Dzookeeper.serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory',
      `-Dzookeeper.ssl.keyStore.location=${fixture('server.p12')}`,
      `-Dzookeeper.ssl.keyStore.password=${passphrase}`,
      `-Dzookeeper.ssl.trustStore.location=${fixture('trust.p12')}`,
      `-Dzookeeper.ssl.trustStore.password=${passphrase}`,
      '-Dzookeeper.ssl.clientAuth=need',
    ],
  });
});

afterAll(async () => {
  await sandbox.close();
});

describe('TLS', () => {
  it('with a client certificate, which is the identity of the session', async () => {
    const tls = { ca, pfx, passphrase };
    const zk = await connected(`127.0.0.1:${port}`, { tls });
    const path = '/private';
    await zk.create(path, 'x', { acl: [{ permissions: Permission.all, scheme: 'auth', id: '' }] });
    expect((await zk.getAcl(path)).acl).toEqual([
      { permissions: Permission.all, scheme: 'x509', id: 'CN=client' },
    ]);
    const large = Buffer.alloc(900_000, 7);
    await zk.set(path, large);
    expect((await zk.get(path)).data.equals(large)).toBe(true);
  });

  it('checks the name in the certificate of the server', async () => {
    const tls = { ca, pfx, passphrase };
    expect((await connected(`localhost:${port}`, { tls: { ca, cert, key } })).state).toBe('connected');
    const misnamed = client(`127.0.0.1:${port}`, { tls: { ...tls, servername: 'zookeeper.example' } });
    const error = await errorOf(misnamed.waitConnected({ timeoutMs: 2_000 }));
    expect(error.message).toMatch(/altnames/);
  });

  it.each([
    ['an authority that is not trusted', { ca: [], cert, key }, /self-signed|unable to/],
    ['no certificate of its own', { ca }, /bad certificate|certificate required/],
  ])('is refused with %s, and the reason is told', async (_, tls, reason) => {
    const zk = client(`127.0.0.1:${port}`, { tls });
    const error = await errorOf(zk.waitConnected({ timeoutMs: 2_000 }));
    expect(error).toMatchObject({ code: 'OPERATION_TIMEOUT' });
    expect(error.message).toMatch(reason);
  });

  it('spoken to by a client without it ends in an error', async () => {
    const zk = client(`127.0.0.1:${port}`);
    expect(await errorOf(zk.waitConnected({ timeoutMs: 2_000 }))).toMatchObject({
      code: 'OPERATION_TIMEOUT',
    });
  });
});
