import type { Connection } from 'mysql2/promise';
import type { SchemaColumn, SchemaSource, TableSchema } from '../rows/model.js';

/** Answers kept; past it tables are asked for again. */
const TABLES_MAX = 10_000;

interface ColumnRow {
  readonly name: string;
  readonly dataType: string;
  readonly columnType: string;
  readonly extra: string;
  readonly collationId: number | null;
}

/**
 * What a server says about its tables *now*: for a binlog that lacks names, signedness or character sets. A table that
 * was altered since is noticed where number, names or kinds of columns differ, not otherwise.
 */
export function serverSchema(connection: Connection): SchemaSource {
  const known = new Map<string, Promise<TableSchema | undefined>>();
  return {
    lookup(schema, table) {
      const key = `${schema}\0${table}`;
      let answer = known.get(key);
      if (answer === undefined) {
        if (known.size >= TABLES_MAX) known.clear();
        answer = ask(connection, schema, table);
        known.set(key, answer);
        answer.catch(() => known.delete(key));
      }
      return answer;
    },
  };
}

async function ask(connection: Connection, schema: string, table: string): Promise<TableSchema | undefined> {
  // MariaDB lists collations that serve several character sets in the second table only.
  const collations = `(SELECT ID FROM information_schema.COLLATIONS k WHERE k.COLLATION_NAME = c.COLLATION_NAME)`;
  const [rows] = (await connection.query(
    `SELECT c.COLUMN_NAME AS name, c.DATA_TYPE AS dataType, c.COLUMN_TYPE AS columnType, c.EXTRA AS extra,
            ${collations} AS collationId
       FROM information_schema.COLUMNS c
      WHERE c.TABLE_SCHEMA = ? AND c.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION`,
    [schema, table],
  )) as unknown as [ColumnRow[], unknown];
  if (rows.length === 0) return undefined;
  const [keys] = (await connection.query(
    `SELECT COLUMN_NAME AS name FROM information_schema.KEY_COLUMN_USAGE
      WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND CONSTRAINT_NAME = 'PRIMARY' ORDER BY ORDINAL_POSITION`,
    [schema, table],
  )) as unknown as [{ name: string }[], unknown];
  return { columns: rows.map(toColumn), primaryKey: keys.map(({ name }) => name) };
}

function toColumn({ name, dataType, columnType, extra, collationId }: ColumnRow): SchemaColumn {
  const type = dataType.toLowerCase();
  const isBinary = /binary|blob/.test(type);
  return {
    name,
    dataType: type,
    unsigned: /\bunsigned\b/i.test(columnType),
    collationId: isBinary ? 63 : (collationId ?? undefined),
    values: type === 'enum' || type === 'set' ? memberNames(columnType) : undefined,
    visible: !/\bINVISIBLE\b/i.test(extra),
    generated: /\b(VIRTUAL|STORED|PERSISTENT) GENERATED\b/i.test(extra),
  };
}

/** Members in `enum('a','b''c')`: quotes are doubled, nothing else is escaped. */
function memberNames(columnType: string): string[] {
  return Array.from(columnType.matchAll(/'((?:[^']|'')*)'/g), ([, member = '']) =>
    member.replaceAll("''", "'"),
  );
}
