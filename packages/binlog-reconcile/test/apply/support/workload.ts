import { everyType, randomValue } from './every-type.js';
import type { SeededRandom } from './seeded-random.js';

/** Runs one statement. */
export type Run = (sql: string) => Promise<unknown>;

/** The tables that the workload changes. */
export const TABLES = [
  'every', 'keyless', 'composite', 'textkey', 'derived', 'audited', 'audit', 'parent', 'child', 'hidden',
] as const; // prettier-ignore

/** Tables with every type, without key, with composite, text and hidden keys, generated columns, triggers, cascades. */
export async function createTables(run: Run, flavor: 'mysql' | 'mariadb', schema: string): Promise<void> {
  const columns = Object.entries(everyType(flavor)).map(([name, { definition }]) => `${name} ${definition}`);
  await run(`DROP DATABASE IF EXISTS ${schema}`);
  await run(`CREATE DATABASE ${schema} CHARACTER SET utf8mb4`);
  await run(`USE ${schema}`);
  await run(`CREATE TABLE every (id INT PRIMARY KEY, ${columns.join(', ')})`);
  await run('CREATE TABLE keyless (a INT, b VARCHAR(20), f FLOAT, d DOUBLE, x BLOB, n DECIMAL(10,3))');
  await run('CREATE TABLE composite (b BINARY(4), a DECIMAL(10,2), v TEXT, PRIMARY KEY (a, b))');
  await run(
    'CREATE TABLE textkey (k VARCHAR(30) CHARACTER SET utf8mb4 PRIMARY KEY, v INT, UNIQUE KEY u (v))',
  );
  await run(
    'CREATE TABLE derived (id INT PRIMARY KEY, v INT, doubled INT GENERATED ALWAYS AS (v * 2) VIRTUAL, ' +
      'tripled INT GENERATED ALWAYS AS (v * 3) STORED, secret INT INVISIBLE DEFAULT 7)',
  );
  await run('CREATE TABLE audited (id INT PRIMARY KEY, v INT)');
  await run('CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(40))');
  for (const event of ['INSERT', 'UPDATE', 'DELETE']) {
    await run(
      `CREATE TRIGGER on_${event.toLowerCase()} AFTER ${event} ON audited FOR EACH ROW ` +
        `INSERT INTO audit (what) VALUES ('${event}')`,
    );
  }
  await run('CREATE TABLE parent (id INT PRIMARY KEY, v INT)');
  await run(
    'CREATE TABLE child (id INT PRIMARY KEY, parent_id INT, FOREIGN KEY (parent_id) REFERENCES parent (id) ' +
      `${flavor === 'mysql' ? 'ON DELETE CASCADE ON UPDATE CASCADE' : ''})`,
  );
  if (flavor === 'mysql') await run('SET SESSION sql_generate_invisible_primary_key = ON');
  await run('CREATE TABLE hidden (v INT, t TEXT)');
  if (flavor === 'mysql') await run('SET SESSION sql_generate_invisible_primary_key = OFF');
}

/** Makes the same random changes for the same seed. Statements that a constraint refuses are left out. */
export async function changeRows(
  run: Run,
  flavor: 'mysql' | 'mariadb',
  random: SeededRandom,
  transactionCount: number,
): Promise<void> {
  await run(
    "SET SESSION time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 1",
  );
  for (let t = 0; t < transactionCount; t++) {
    await run('BEGIN');
    for (let s = random.int(6) + 1; s > 0; s--) {
      try {
        await run(statement(flavor, random));
      } catch (error) {
        if (!REFUSED.has((error as { errno?: number }).errno ?? 0)) throw error;
      }
    }
    await run(random.int(12) === 0 ? 'ROLLBACK' : 'COMMIT');
  }
}

/** Duplicate keys and missing parents. */
const REFUSED = new Set([1062, 1451, 1452]);

function statement(flavor: 'mysql' | 'mariadb', random: SeededRandom): string {
  switch (random.int(flavor === 'mysql' ? 12 : 11)) {
    case 0:
    case 1:
    case 2:
      return everyStatement(flavor, random);
    case 3:
      return random.pick([
        `INSERT INTO keyless VALUES (${random.int(3)}, 'Abc', 0.1, 1e-7, X'00', 1.5), (${random.int(3)}, 'abc', 0.1, 0.1, NULL, NULL)`,
        `INSERT INTO keyless VALUES (1, 'abc', 16777217, 2.5, X'0102', -0.001), (1, 'abc', 16777217, 2.5, X'0102', -0.001)`,
        `UPDATE keyless SET b = 'ABC', f = f + 1 WHERE a = ${random.int(3)} LIMIT 2`,
        `DELETE FROM keyless WHERE a = ${random.int(3)} LIMIT 2`,
      ]);
    case 4:
      return random.pick([
        `REPLACE INTO composite VALUES (X'0${random.int(9)}00', ${random.int(5)}.50, 'v${random.int(100)}')`,
        `UPDATE composite SET a = a + 1 ORDER BY a DESC, b DESC LIMIT 3`,
        `DELETE FROM composite WHERE a > ${random.int(8)} LIMIT 2`,
      ]);
    case 5:
      return random.pick([
        `INSERT INTO textkey VALUES (${random.pick(["'a'", "'ä ö'", "'it''s'", "'🐬'", "'b '"])}, ${random.int(50)})`,
        `UPDATE textkey SET k = CONCAT(k, '+'), v = v + 100 WHERE CHAR_LENGTH(k) < 20 ORDER BY k DESC LIMIT 2`,
        `DELETE FROM textkey ORDER BY k LIMIT 1`,
      ]);
    case 6:
      return random.pick([
        `INSERT INTO derived (id, v, secret) VALUES (${random.int(30)}, ${random.int(100)}, ${random.int(5)})`,
        `INSERT INTO derived (id, v) VALUES (${random.int(30)}, NULL)`,
        `UPDATE derived SET v = v + 1, secret = secret + 1 WHERE id > ${random.int(30)}`,
        `DELETE FROM derived WHERE id = ${random.int(30)}`,
      ]);
    case 7:
      return random.pick([
        `INSERT INTO audited VALUES (${random.int(20)}, 1), (${random.int(20) + 20}, 2)`,
        `UPDATE audited SET v = v + 1 WHERE id < ${random.int(40)}`,
        `DELETE FROM audited WHERE id > ${random.int(40)}`,
      ]);
    case 8:
    case 9:
      return random.pick([
        `INSERT INTO parent VALUES (${random.int(10)}, ${random.int(9)})`,
        `INSERT INTO child VALUES (${random.int(40)}, ${random.int(10)})`,
        `UPDATE parent SET v = v + 1 WHERE id = ${random.int(10)}`,
        `UPDATE parent SET id = id + 100 WHERE id = ${random.int(10)}`,
        `UPDATE child SET id = id + 100 WHERE id = ${random.int(40)}`,
        `DELETE FROM parent WHERE id = ${random.int(10)}`,
      ]);
    case 10:
      return random.pick([
        `INSERT INTO hidden VALUES (${random.int(5)}, 'x'), (${random.int(5)}, 'x')`,
        `UPDATE hidden SET t = 'y' WHERE v = ${random.int(5)}`,
        `DELETE FROM hidden WHERE v = ${random.int(5)} LIMIT 1`,
      ]);
    default:
      return random.pick([
        `UPDATE every SET c_json = JSON_SET(c_json, '$.a[0]', ${random.int(9)}) WHERE id = ${random.int(40)}`,
        `UPDATE every SET c_json = JSON_REMOVE(c_json, '$.t') WHERE id = ${random.int(40)}`,
        `UPDATE every SET c_json = JSON_REPLACE(c_json, '$.a', 'short') WHERE id > ${random.int(40)}`,
      ]);
  }
}

function everyStatement(flavor: 'mysql' | 'mariadb', random: SeededRandom): string {
  const columns = Object.entries(everyType(flavor));
  const id = random.int(40);
  switch (random.int(4)) {
    case 0:
      return `DELETE FROM every WHERE id = ${id}`;
    case 1: {
      const some = columns.filter(() => random.int(6) === 0);
      const set = some.map(([name, column]) => `${name} = ${randomValue(column, random)}`);
      return `UPDATE every SET ${['id = id', ...set].join(', ')} WHERE id BETWEEN ${id} AND ${id + 5}`;
    }
    default: {
      const values = columns.map(([, column]) => randomValue(column, random));
      return `REPLACE INTO every VALUES (${[id, ...values].join(', ')})`;
    }
  }
}
