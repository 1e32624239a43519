import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sandbox, type ZooKeeperEnsemble } from '@dcmha/sandbox';
import { Permission } from '@dcmha/zk-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Relay } from './relay.js';
import { client, connected, errorOf, eventually } from './support.js';

let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zk-sasl-'));
  const jaas = join(folder, 'jaas.conf');
  await writeFile(
    jaas,
    'Server { org.apache.zookeeper.server.auth.DigestLoginModule required user_alice="se\\"cret" user_bob="pässwörd"; };\n',
  );
  sandbox = await Sandbox.create({ name: 'zk-sasl' });
  ensemble = await sandbox.startZooKeeper({
    config: { 'authProvider.1': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider' },
    jvmOptions: [`-Djava.security.auth.login.config=${jaas}`, '-Dfile.encoding=UTF-8'],
  });
});

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

describe('SASL DIGEST-MD5', () => {
  it('proves who the client is, at each connection', async () => {
    const relay = await Relay.start(ensemble.nodes[0] as { host: string; port: number });
    const sasl = { mechanism: 'DIGEST-MD5', username: 'alice', password: 'se"cret' } as const;
    const zk = await connected(relay.address, { sasl });
    await zk.create('/alice', 'x', { acl: [{ permissions: Permission.all, scheme: 'sasl', id: 'alice' }] });
    expect((await zk.get('/alice')).data.toString()).toBe('x');
    relay.cut();
    await eventually('cut off', () => zk.state === 'disconnected');
    relay.heal();
    await zk.set('/alice', 'y');
    const stranger = await connected(ensemble.connectString);
    expect(await errorOf(stranger.get('/alice'))).toMatchObject({ code: 'NO_AUTH' });
    await zk.close();
    await relay.close();
  });

  it('takes passwords beyond ASCII', async () => {
    const sasl = { mechanism: 'DIGEST-MD5', username: 'bob', password: 'pässwörd' } as const;
    const zk = await connected(ensemble.connectString, { sasl });
    expect(await zk.exists('/')).not.toBeNull();
  });

  it.each([
    ['alice', 'wrong'],
    ['nobody', 'secret'],
  ])('of %s with the password %j ends the client with an error', async (username, password) => {
    const zk = client(ensemble.connectString, { sasl: { mechanism: 'DIGEST-MD5', username, password } });
    const call = errorOf(zk.get('/'));
    await eventually('closed', () => zk.state === 'closed');
    expect(await call).toMatchObject({ code: 'AUTH_FAILED' });
    expect((await call).message).toContain(username);
    expect((await call).message).not.toContain(password);
  });

  it('is the only mechanism there is', () => {
    const sasl = { mechanism: 'GSSAPI' as 'DIGEST-MD5', username: 'x', password: 'y' };
    expect(() => client(ensemble.connectString, { sasl })).toThrow(/no other mechanism/);
  });
});
