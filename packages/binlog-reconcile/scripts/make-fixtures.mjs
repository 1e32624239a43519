/**
 * Records small binlogs of real servers for the unit tests: `node make-fixtures.mjs` writes test/fixtures/*-binlog.bin.
 * Needs the servers of @dcmha/sandbox and a built workspace.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'mysql2/promise';
import { Sandbox } from '@dcmha/sandbox';

const folder = fileURLToPath(new URL('../test/fixtures/', import.meta.url));
mkdirSync(folder, { recursive: true });

const COMMON = `ti TINYINT, tu TINYINT UNSIGNED, si SMALLINT, su SMALLINT UNSIGNED, mi MEDIUMINT, mu MEDIUMINT UNSIGNED,
  i INT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, f FLOAT, d DOUBLE, de DECIMAL(30,10), df DECIMAL(9,9), bi BIT(17),
  e ENUM('a','b,c','it''s'), s SET('x','y z','w'), y YEAR, da DATE, t0 TIME, t3 TIME(3), t6 TIME(6), dt DATETIME,
  dt6 DATETIME(6), ts TIMESTAMP NULL, ts5 TIMESTAMP(5) NULL, c CHAR(10) CHARACTER SET utf8mb4,
  v VARCHAR(20) CHARACTER SET latin1, vl VARCHAR(300) CHARACTER SET utf8mb4, sj VARCHAR(20) CHARACTER SET sjis,
  bn BINARY(8), vb VARBINARY(20), tx TEXT CHARACTER SET utf8mb4, bl BLOB, j JSON, g GEOMETRY`;
const EDGES = `(1,-128,255,-32768,65535,-8388608,16777215,-2147483648,4294967295,-9223372036854775808,18446744073709551615,
  3.14159,-1.7976931348623157e308,-12345678901234567890.0123456789,0.000000001,b'10101010101010101','b,c','x,w',2155,
  '2024-02-29','-838:59:59','-00:00:00.001','12:34:56.789012','1000-01-01 00:00:00','9999-12-31 23:59:59.999999',
  '2038-01-19 03:14:07','1970-01-01 00:00:01.12345','žluť😀','ÿ€','long text','日本',X'6162',X'000078',
  'it''s "text"',X'ff00fe','{"a": [1, 2.5, {"b": null}], "long": "${'x'.repeat(200)}", "u": 18446744073709551615}',
  ST_GeomFromText('LINESTRING(0 0,1 1)')`;
const NULLS = (extra) => `(2${',NULL'.repeat(36 + extra)})`;

async function record(name, server, statement, work) {
  const connection = await createConnection({
    socketPath: server.socketPath,
    user: server.admin.user,
    password: server.admin.password,
    database: 'app',
    charset: 'utf8mb4',
  });
  await connection.query(`SET time_zone = '+00:00', sql_mode = ''`);
  await connection.query('FLUSH BINARY LOGS');
  const [[status]] = await connection.query(statement);
  for (const sql of work) await connection.query(sql);
  await connection.query('FLUSH BINARY LOGS');
  copyFileSync(join(server.dataDir, status.File), join(folder, `${name}-binlog.bin`));
  await connection.end();
}

const sandbox = await Sandbox.create({ name: 'fixtures' });
try {
  const mysql = await sandbox.startMysql({ serverId: 1, options: { 'binlog-row-metadata': 'FULL' } });
  const mysqlStatus = 'SHOW BINARY LOG STATUS';
  await record('mysql', mysql, mysqlStatus, [
    `CREATE TABLE every (id INT PRIMARY KEY, ${COMMON}, vec VECTOR(2), hidden INT INVISIBLE DEFAULT 7)`,
    `INSERT INTO every VALUES ${EDGES},TO_VECTOR('[1,2]')), ${NULLS(1)}`,
    `UPDATE every SET tx = REPEAT('y', 300), bu = 1 WHERE id = 1`,
    'SET SESSION binlog_row_value_options = PARTIAL_JSON',
    `UPDATE every SET j = JSON_SET(j, '$.a[1]', 'new')`,
    'SET SESSION binlog_row_value_options = DEFAULT',
    `SET SESSION gtid_next = 'AUTOMATIC:tag_1'`,
    'DELETE FROM every WHERE id = 2',
    `SET SESSION gtid_next = 'AUTOMATIC', binlog_row_image = 'MINIMAL'`,
    'UPDATE every SET i = 5',
    `SET SESSION binlog_row_image = 'FULL', binlog_transaction_compression = ON`,
    `UPDATE every SET i = 6, v = 'packed'`,
    'SET SESSION binlog_transaction_compression = OFF',
    `XA START 'x'`,
    'DELETE FROM every',
    `XA END 'x'`,
    `XA PREPARE 'x'`,
    `XA COMMIT 'x'`,
  ]);
  const mariadb = await sandbox.startMysql({
    flavor: 'mariadb',
    serverId: 2,
    options: { 'log-bin-compress-min-len': 10, 'binlog-row-metadata': 'FULL' },
  });
  await record('mariadb', mariadb, 'SHOW MASTER STATUS', [
    `CREATE TABLE every (id INT PRIMARY KEY, ${COMMON}, u UUID, i4 INET4, i6 INET6, vc VARCHAR(300) COMPRESSED)`,
    `INSERT INTO every VALUES ${EDGES},'123e4567-e89b-12d3-a456-426614174000','10.0.0.0','::1',REPEAT('abc', 90)), ${NULLS(4)}`,
    `UPDATE every SET tx = REPEAT('y', 300), bu = 1 WHERE id = 1`,
    'SET GLOBAL log_bin_compress = ON',
    `UPDATE every SET tx = REPEAT('z', 300), i = 6`,
    'DELETE FROM every',
    'SET GLOBAL log_bin_compress = OFF',
    'CREATE TABLE copied SELECT 1 AS a',
  ]);
} finally {
  await sandbox.close();
}
