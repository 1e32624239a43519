import type { Connection } from 'mysql2/promise';
import type { TestColumn } from './every-type.js';
import type { SeededRandom } from './seeded-random.js';

/** SQL mode in which zero dates, zero parts and the number 0 as a key can be stored. */
export const LENIENT_MODE = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';

/** A session in UTC that stores what it is given. */
export async function prepareSession(connection: Connection): Promise<void> {
  await connection.query(`SET time_zone = '+00:00', sql_mode = '${LENIENT_MODE}'`);
}

/** Rows at the edges of every type, rows of random values, and random changes of them; returns the statements run. */
export async function changeRows(
  connection: Connection,
  table: string,
  columns: readonly TestColumn[],
  random: SeededRandom,
  { rows = 12, changes = 24 }: { rows?: number; changes?: number } = {},
): Promise<void> {
  const written = columns.filter(({ generated }) => !generated);
  const names = written.map(({ name }) => name).join(',');
  const insert = (id: number, literal: (column: TestColumn) => string) =>
    connection.query(`INSERT INTO ${table} (id,${names}) VALUES (${id},${written.map(literal).join(',')})`);
  const edgeCount = Math.max(...written.map(({ edges }) => edges.length));
  let id = 1;
  for (let i = 0; i < edgeCount; i++) {
    await insert(id++, ({ edges }) => edges[i % Math.max(edges.length, 1)] ?? 'DEFAULT');
  }
  await insert(id++, ({ name }) => (name === 'hidden_c' ? '0' : 'NULL'));
  const value = (column: TestColumn) => {
    if (random.int(8) === 0) return 'NULL';
    return random.int(6) === 0 && column.edges.length > 0 ? random.pick(column.edges) : column.random(random);
  };
  for (let i = 0; i < rows; i++) await insert(id++, value);
  for (let i = 0; i < changes; i++) {
    const target = 1 + random.int(id - 1);
    if (random.int(6) === 0) {
      await connection.query(`DELETE FROM ${table} WHERE id = ${target}`);
      continue;
    }
    const changed = written.filter(() => random.int(5) === 0);
    const [first = written[0] as TestColumn] = changed;
    const list = changed.length > 0 ? changed : [first];
    await connection.query(
      `UPDATE ${table} SET ${list.map((column) => `${column.name} = ${value(column)}`).join(', ')} WHERE id >= ${target} AND id < ${target + 3}`,
    );
  }
}
