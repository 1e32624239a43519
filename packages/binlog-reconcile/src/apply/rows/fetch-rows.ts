import type { RowImage } from '../../rows/model.js';
import type { SqlSession } from '../connection/sql-connection.js';
import type { ServerRow, TableAccess } from './table-access.js';

/** Keys that one statement asks for. */
const KEYS_PER_QUERY_MAX = 400;
/** Characters of one such statement. */
const QUERY_LENGTH_MAX = 256 * 1024;

/**
 * The server's rows with the keys of these images, by key (see {@link TableAccess.keyOf}); locked if wanted. Rows that
 * the server finds equal, but that are not (`'a'` and `'A'` under a case-insensitive collation), come under their own
 * key.
 */
export async function fetchByKeys(
  session: SqlSession,
  access: TableAccess,
  images: readonly RowImage[],
  lock: boolean,
): Promise<Map<string, ServerRow>> {
  const found = new Map<string, ServerRow>();
  for (let from = 0; from < images.length;) {
    const { sql, count } = queryFor(access, images, from, lock);
    for (const row of await session.rows(sql)) found.set(access.keyOfRow(row), row);
    from += count;
  }
  return found;
}

/** How many of the server's rows are like this image; locked if wanted. */
export async function countLike(
  session: SqlSession,
  access: TableAccess,
  image: RowImage,
  lock: boolean,
): Promise<number> {
  const content = access.contentOf(image);
  const rows = await session.rows(access.selectByContent(image, lock));
  return rows.filter((row) => access.contentOfRow(row) === content).length;
}

/** As many keys as fit one statement, at least one. */
function queryFor(
  access: TableAccess,
  images: readonly RowImage[],
  from: number,
  lock: boolean,
): { sql: string; count: number } {
  let count = Math.min(KEYS_PER_QUERY_MAX, images.length - from);
  for (;;) {
    const sql = access.selectByKeys(images.slice(from, from + count), lock);
    if (sql.length <= QUERY_LENGTH_MAX || count === 1) return { sql, count };
    count = Math.max(1, Math.floor(count / 2));
  }
}
