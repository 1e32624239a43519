import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applied, checksums, follow, gtidExecuted, openTail } from './support/replicas.js';

let sandbox: Sandbox;
let primary: MysqlServer;
let replica: MysqlServer;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'tail-source' });
  [primary, replica] = await Promise.all([
    sandbox.startMysql({ serverId: 1, host: '127.0.0.11' }),
    sandbox.startMysql({ serverId: 2, host: '127.0.0.12' }),
  ]);
});

afterAll(async () => {
  await sandbox?.close();
});

describe('the tail of a killed primary', () => {
  test('is fetched by an ordinary replica, with the original GTIDs', async () => {
    await primary.query('CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(100))');
    await primary.query("INSERT INTO app.t (note) VALUES ('one'), ('two')");
    const sums = await checksums(primary);
    const gtids = await gtidExecuted(primary);
    await primary.kill();
    const tail = await openTail(primary);
    try {
      expect(tail.gtidExecuted).toBe(gtids);
      await follow(replica, tail);
      await applied(replica, gtids);
      expect(await checksums(replica)).toEqual(sums);
    } finally {
      await tail.close();
    }
  });
});
