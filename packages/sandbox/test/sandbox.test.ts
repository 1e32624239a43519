import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { createConnection } from 'mysql2/promise';
import {
  BadOptionError,
  identify,
  isAlive,
  PortTakenError,
  Sandbox,
  ServerDiedError,
  waitUntil,
  type MysqlServer,
} from '@dcmha/sandbox';

let sandbox: Sandbox;
let server: MysqlServer;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'self-test' });
  server = await sandbox.startMysql({ serverId: 11, host: '127.0.0.11', options: { sync_binlog: 0 } });
});
afterAll(() => sandbox.close());

describe('a MySQL server of a sandbox', () => {
  it('is MySQL >= 8.4 with GTIDs on, no transaction in its history, and the options it was given', async () => {
    const [row] = await server.query(
      'SELECT @@version AS version, @@gtid_mode AS gtid, @@global.gtid_executed AS executed, @@server_id AS id,' +
        ' @@sync_binlog AS sync, @@binlog_format AS format, @@performance_schema AS p_s, @@bind_address AS bind',
    );
    expect(row).toMatchObject({
      gtid: 'ON',
      executed: '',
      id: 11,
      sync: 0,
      format: 'ROW',
      p_s: 1,
      bind: '127.0.0.11',
    });
    expect(String(row!.version).startsWith(server.version)).toBe(true);
  });

  it('lets the application write to its database and nowhere else', async () => {
    const app = await createConnection(server.appConnection);
    try {
      await app.query('CREATE TABLE t (id INT PRIMARY KEY)');
      await app.query('INSERT INTO t VALUES (1)');
      await expect(app.query('CREATE DATABASE elsewhere')).rejects.toMatchObject({
        code: 'ER_DBACCESS_DENIED_ERROR',
      });
      await expect(app.query('SET GLOBAL read_only = OFF')).rejects.toThrow(/SUPER|SYSTEM_VARIABLES_ADMIN/);
    } finally {
      await app.end();
    }
  });

  it('has committed data after kill -9 and a new start on the same port', async () => {
    await server.query('CREATE TABLE IF NOT EXISTS app.kept (id INT PRIMARY KEY)');
    await server.query('REPLACE INTO app.kept VALUES (7)');
    const { pid, port } = server;
    await server.kill();
    expect(server.running).toBe(false);
    expect(identify(pid)).toBeUndefined();
    await server.start({ options: { 'max-connections': 77 } });
    expect(server.pid).not.toBe(pid);
    expect(server.port).toBe(port);
    expect(await server.query('SELECT id, @@max_connections AS c FROM app.kept')).toEqual([{ id: 7, c: 77 }]);
  });

  it('answers nothing while frozen and goes on when thawed', async () => {
    const connection = await server.connect();
    try {
      server.freeze();
      let answered = false;
      const answer = connection.query('SELECT 1').then(() => (answered = true));
      const early = await Promise.race([
        answer,
        new Promise((resolve) => setTimeout(() => resolve('none'), 200)),
      ]);
      expect(early).toBe('none');
      expect(answered).toBe(false);
      server.thaw();
      await answer;
      expect(answered).toBe(true);
    } finally {
      connection.destroy();
    }
  });

  it('cannot be started twice', async () => {
    await expect(server.start()).rejects.toBeInstanceOf(BadOptionError);
  });

  it('has a UUID of its own beside another copy of the same template', async () => {
    const other = await sandbox.startMysql({ serverId: 12, host: '127.0.0.12' });
    const uuid = async (of: MysqlServer) => (await of.query('SELECT @@server_uuid AS uuid'))[0]!.uuid;
    expect(await uuid(other)).not.toBe(await uuid(server));
    await other.stop();
    expect(other.running).toBe(false);
  });
});

describe('a server that cannot start', () => {
  it('says which option it refused, with the end of its log', async () => {
    const failure = await sandbox
      .startMysql({ serverId: 13, options: { 'no-such-option': 1 } })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServerDiedError);
    expect((failure as ServerDiedError).logTail).toContain('no-such-option');
  });

  it('says that its port is taken', async () => {
    const blocker = createServer();
    const port = await sandbox.freePort('127.0.0.14');
    await new Promise<void>((resolve) => blocker.listen(port, '127.0.0.14', resolve));
    try {
      const failure = await sandbox
        .startMysql({ serverId: 14, host: '127.0.0.14', port })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PortTakenError);
      expect(failure).toMatchObject({ host: '127.0.0.14', port, code: 'PORT_TAKEN' });
    } finally {
      await new Promise((resolve) => blocker.close(resolve));
    }
  });
});

describe('closing', () => {
  it('ends every server and removes the folder', async () => {
    const own = await Sandbox.create({ name: 'closing' });
    const { nodes } = await own.startZooKeeper();
    const zk = identify(nodes[0]!.pid)!;
    await own.close();
    expect(isAlive(zk)).toBe(false);
    expect(existsSync(own.folder)).toBe(false);
    await expect(own.startZooKeeper()).rejects.toMatchObject({ code: 'CLOSED' });
    await own.close();
  });

  it('ends a frozen server too', async () => {
    const own = await Sandbox.create({ name: 'frozen' });
    const { nodes } = await own.startZooKeeper();
    const zk = identify(nodes[0]!.pid)!;
    nodes[0]!.freeze();
    await own.close();
    expect(await waitUntil(() => (isAlive(zk) ? undefined : true), { timeoutMs: 5_000 })).toBe(true);
  });
});
