import type { MysqlServer } from '../mysql/mysql-server.js';
import { appDatabase } from '../mysql/accounts.js';
import { writesTable } from './writer.js';

const batchRows = 50_000;

/** Numbers of all writes that a server has. */
export async function writtenIds(server: MysqlServer): Promise<Set<number>> {
  const ids = new Set<number>();
  let last = 0;
  for (;;) {
    const rows = await server.query<{ id: number }[]>(
      `SELECT id FROM ${appDatabase}.${writesTable} WHERE id > ? ORDER BY id LIMIT ${batchRows}`,
      [last],
    );
    for (const { id } of rows) ids.add(id);
    if (rows.length < batchRows) return ids;
    last = rows.at(-1)!.id;
  }
}
