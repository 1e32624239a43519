import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConnection } from 'mysql2/promise';
import { Sandbox, type MysqlServer } from '@dcmha/sandbox';

let sandbox: Sandbox;
let server: MysqlServer;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'mariadb' });
  server = await sandbox.startMysql({ flavor: 'mariadb', serverId: 21, host: '127.0.0.21' });
});
afterAll(() => sandbox.close());

describe('a MariaDB server of a sandbox', () => {
  it('is MariaDB with an empty GTID history and a row-format binlog', async () => {
    const [row] = await server.query(
      'SELECT @@version AS version, @@gtid_current_pos AS position, @@binlog_format AS format, @@log_bin AS log_bin',
    );
    expect(row).toMatchObject({ position: '', format: 'ROW', log_bin: 1 });
    expect(row!.version).toContain('MariaDB');
  });

  it('has the accounts of the sandbox, and survives kill -9', async () => {
    const app = await createConnection(server.appConnection);
    await app.query('CREATE TABLE t (id INT PRIMARY KEY)');
    await app.query('INSERT INTO t VALUES (3)');
    await expect(app.query('CREATE DATABASE elsewhere')).rejects.toMatchObject({
      code: 'ER_DBACCESS_DENIED_ERROR',
    });
    await app.end();
    await server.kill();
    await server.start();
    expect(await server.query('SELECT id FROM app.t')).toEqual([{ id: 3 }]);
    expect(await server.query('SELECT @@gtid_current_pos AS position')).toEqual([{ position: '0-21-2' }]);
  });
});
