import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { Sandbox } from '@dcmha/sandbox';

/** Numbers in [0, 1) from a seed (mulberry32), so that every run makes the same rows. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TABLES = `
CREATE TABLE account (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, owner VARCHAR(60) NOT NULL, email VARCHAR(120) NOT NULL,
  country CHAR(2) NOT NULL, kind ENUM('private','business','internal') NOT NULL, flags SET('new','vip','blocked','beta'),
  balance DECIMAL(14,2) NOT NULL, score DOUBLE, rating FLOAT, logins INT UNSIGNED NOT NULL, active TINYINT NOT NULL,
  born DATE, created DATETIME(6) NOT NULL, changed TIMESTAMP NOT NULL, note VARCHAR(400), token BINARY(16) NOT NULL);
CREATE TABLE purchase (
  id BIGINT AUTO_INCREMENT PRIMARY KEY, account_id BIGINT UNSIGNED NOT NULL, state TINYINT UNSIGNED NOT NULL,
  amount DECIMAL(12,4) NOT NULL, currency CHAR(3) NOT NULL, weight_g MEDIUMINT, placed DATETIME NOT NULL,
  sent TIMESTAMP(3) NULL, slot TIME, year_of YEAR, address TEXT NOT NULL, payload BLOB, comment VARCHAR(200));
CREATE TABLE audit (
  id BIGINT AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP(6) NOT NULL, actor INT NOT NULL, action VARCHAR(30) NOT NULL,
  detail JSON NOT NULL, message TEXT NOT NULL)`;

const WORDS =
  'river stone quiet market lantern orchard winter signal copper harbour meadow timber violet anchor summit garden'.split(
    ' ',
  );

/** Statements of one transaction. */
function transaction(next, n) {
  const int = (max) => Math.floor(next() * max);
  const words = (count) => Array.from({ length: count }, () => WORDS[int(WORDS.length)]).join(' ');
  const two = (number) => `${number}`.padStart(2, '0');
  const date = () => `${1950 + int(70)}-${two(1 + int(12))}-${two(1 + int(28))}`;
  const time = () => `${two(int(24))}:${two(int(60))}:${two(int(60))}`;
  const kind = n % 10;
  const many = (count, row) => Array.from({ length: count }, row).join(',');
  if (kind < 4) {
    return [
      `INSERT INTO purchase VALUES ${many(
        30,
        () =>
          `(NULL,${1 + int(50000)},${int(9)},${(next() * 5000).toFixed(4)},'EUR',${int(90000)},'2024-03-${two(1 + int(28))} ${time()}',` +
          `'2024-04-${two(1 + int(28))} ${time()}.${100 + int(900)}','${time()}',${2000 + int(30)},'${words(14)}',X'${'5a'.repeat(20 + int(80))}','${words(4)}')`,
      )}`,
    ];
  }
  if (kind < 6) {
    return [
      `INSERT INTO account VALUES ${many(
        30,
        () =>
          `(NULL,'${words(3)}','${WORDS[int(16)]}${int(1e6)}@example.org','${['DE', 'FR', 'CZ', 'US'][int(4)]}',${1 + int(3)},${int(16)},` +
          `${((next() - 0.2) * 1e6).toFixed(2)},${next() * 1000},${(next() * 5).toFixed(1)},${int(1e6)},${int(2)},'${date()}','${date()} ${time()}.123456',` +
          `'2024-05-01 ${time()}','${words(20)}',X'${int(2 ** 31)
            .toString(16)
            .padStart(32, '0')}')`,
      )}`,
    ];
  }
  if (kind < 8) {
    const from = 1 + int(Math.max(1, n * 6 - 40));
    return [
      `UPDATE account SET balance = balance + ${int(100)}.50, logins = logins + 1, changed = '2024-06-01 ${time()}' WHERE id BETWEEN ${from} AND ${from + 14}`,
    ];
  }
  if (kind === 8) {
    return [
      `INSERT INTO audit VALUES ${many(
        30,
        () =>
          `(NULL,'2024-06-02 ${time()}.654321',${int(1000)},'${WORDS[int(16)]}','{"before":{"state":${int(9)},"total":${(next() * 100).toFixed(2)}},"tags":["${WORDS[int(16)]}","${WORDS[int(16)]}"],"ok":true}','${words(18)}')`,
      )}`,
    ];
  }
  const from = 1 + int(Math.max(1, n * 12 - 40));
  return [`DELETE FROM purchase WHERE id BETWEEN ${from} AND ${from + 19}`];
}

/** Writes a binlog of at least `bytes` bytes to `file` with a real MySQL server. */
async function makeBinlog(file, bytes, progress = () => {}) {
  const sandbox = await Sandbox.create({ name: 'bench-binlog' });
  try {
    const server = await sandbox.startMysql({
      serverId: 1,
      options: {
        'sync-binlog': 0,
        'innodb-flush-log-at-trx-commit': 0,
        'max-binlog-size': '1G',
        'innodb-buffer-pool-size': '256M',
        'binlog-row-metadata': 'FULL',
      },
    });
    const connection = await createConnection({
      socketPath: server.socketPath,
      user: server.admin.user,
      password: server.admin.password,
      database: 'app',
      timezone: 'Z',
    });
    for (const table of TABLES.split(';')) await connection.query(table);
    await connection.query('FLUSH BINARY LOGS');
    const [[{ File: name }]] = await connection.query('SHOW BINARY LOG STATUS');
    const next = random(7);
    for (let n = 0; ; n++) {
      for (const statement of transaction(next, n)) await connection.query(statement);
      if (n % 500 === 0) {
        const [[{ Position: position }]] = await connection.query('SHOW BINARY LOG STATUS');
        progress(Number(position) / bytes);
        if (Number(position) >= bytes) break;
      }
    }
    await connection.query('FLUSH BINARY LOGS');
    await connection.end();
    copyFileSync(join(server.dataDir, name), file);
  } finally {
    await sandbox.close();
  }
}

/** The binlog of `mb` megabytes in a cache folder; a MySQL server writes it when it is not there yet. */
export async function benchFile(folder, mb) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `binlog-${mb}mb.000001`);
  if (existsSync(file)) return file;
  process.stderr.write(`a MySQL server writes ${mb} MB of binlog\n`);
  const draft = `${file}.${process.pid}`;
  await makeBinlog(draft, mb * 1e6, (part) =>
    process.stderr.write(`\r${Math.min(100, Math.round(part * 100))} %  `),
  );
  process.stderr.write('\n');
  renameSync(draft, file);
  return file;
}
