import type { Connection } from 'mysql2/promise';
import { changeRows, createTables } from '../../apply/support/workload.js';
import { SeededRandom } from '../../apply/support/seeded-random.js';

/** A transaction of about this many bytes: a few rows, so that single events are longer than a packet of the protocol. */
export const LARGE_BYTES = 100_000_000;
const LARGE_ROWS = 5;

/**
 * What a primary may have had in its tail, over several binlog files with and without checksums: rows of every type, DDL,
 * a transaction of 100 MB, compressed and tagged ones, savepoints, XA, triggers and cascades.
 */
export async function writeTail(connection: Connection): Promise<void> {
  const run = (sql: string): Promise<unknown> => connection.query(sql);
  await createTables(run, 'mysql', 'app');
  await changeRows(run, 'mysql', new SeededRandom(41), 60);

  await run('CREATE TABLE large (id INT PRIMARY KEY, body LONGBLOB)');
  await run('BEGIN');
  for (let id = 1; id <= LARGE_ROWS; id++) {
    await run(
      `INSERT INTO large VALUES (${id}, REPEAT(X'${(id * 17).toString(16)}', ${LARGE_BYTES / LARGE_ROWS}))`,
    );
  }
  await run('COMMIT');

  // Events of this file have no checksum.
  await run('SET GLOBAL binlog_checksum = NONE');
  await run('CREATE TABLE plain (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(200))');
  await run('BEGIN');
  await run("INSERT INTO plain (note) VALUES ('kept')");
  await run('SAVEPOINT here');
  await run("INSERT INTO plain (note) VALUES ('taken back')");
  await run('ROLLBACK TO here');
  await run('COMMIT');
  await run('INSERT INTO large VALUES (10, REPEAT(0x41, 3000000))');
  await run('SET GLOBAL binlog_checksum = CRC32');

  await run('SET SESSION binlog_transaction_compression = ON');
  await changeRows(run, 'mysql', new SeededRandom(42), 40);
  await run('INSERT INTO large VALUES (11, RANDOM_BYTES(1000)), (12, REPEAT(0x42, 2000000))');
  await run('SET SESSION binlog_transaction_compression = OFF');

  await run('FLUSH BINARY LOGS');
  await run("SET SESSION gtid_next = 'AUTOMATIC:tail'");
  await changeRows(run, 'mysql', new SeededRandom(43), 20);
  await run('ALTER TABLE plain ADD COLUMN extra INT DEFAULT 5');
  await run("SET SESSION gtid_next = 'AUTOMATIC'");
  await run("XA START 'tail'");
  await run("INSERT INTO plain (note) VALUES ('xa')");
  await run("XA END 'tail'");
  await run("XA PREPARE 'tail'");
  await run("XA COMMIT 'tail'");
  await run('CREATE TABLE copied AS SELECT * FROM keyless');
  await run('CREATE USER tail_test');
  await run('DROP USER tail_test');
  await changeRows(run, 'mysql', new SeededRandom(44), 20);
}
