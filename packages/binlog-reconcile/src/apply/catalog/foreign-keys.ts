import type { ForeignKeyAction, ForeignKeyReference } from '../../sql/catalog/table-definition.js';
import { utf8Literal } from '../../sql/quoting.js';
import type { SqlSession } from '../connection/sql-connection.js';

/** The foreign keys that point to a table, of whatever schema. */
export async function readReferences(
  session: SqlSession,
  flavor: 'mysql' | 'mariadb',
  schema: string,
  table: string,
): Promise<ForeignKeyReference[]> {
  const rows =
    flavor === 'mariadb'
      ? (await session.texts(mariadbQuery(schema, table))).map(fromInnodb)
      : (await session.texts(mysqlQuery(schema, table))).map(fromInformationSchema);
  const references = new Map<string, ForeignKeyReference & { columns: string[] }>();
  for (const { column, ...reference } of rows) {
    const key = `${reference.childSchema}\0${reference.childTable}\0${reference.constraint}`;
    const known = references.get(key);
    if (known !== undefined) known.columns.push(column);
    else references.set(key, { ...reference, columns: [column] });
  }
  return [...references.values()];
}

type ReferenceColumn = Omit<ForeignKeyReference, 'columns'> & { readonly column: string };

function mysqlQuery(schema: string, table: string): string {
  return (
    'SELECT k.CONSTRAINT_NAME, k.TABLE_SCHEMA, k.TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE, r.UPDATE_RULE ' +
    'FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r ' +
    'ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME ' +
    'AND r.TABLE_NAME = k.TABLE_NAME ' +
    `WHERE k.REFERENCED_TABLE_SCHEMA = ${utf8Literal(schema)} AND k.REFERENCED_TABLE_NAME = ${utf8Literal(table)} ` +
    'ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION'
  );
}

function fromInformationSchema(row: readonly (string | null)[]): ReferenceColumn {
  const [constraint, childSchema, childTable, column, onDelete, onUpdate] = row;
  return {
    constraint: constraint ?? '',
    childSchema: childSchema ?? '',
    childTable: childTable ?? '',
    onDelete: (onDelete ?? 'NO ACTION') as ForeignKeyAction,
    onUpdate: (onUpdate ?? 'NO ACTION') as ForeignKeyAction,
    column: column ?? '',
  };
}

/**
 * MariaDB opens every table and view of the server to answer the other query, and 10.11 was seen to crash over it
 * (`Create_tmp_table::cleanup_on_failure`): InnoDB's own dictionary is asked, the only engine with foreign keys.
 */
function mariadbQuery(schema: string, table: string): string {
  const fileName = (name: string) => `CAST(CONVERT(${utf8Literal(name)} USING filename) AS BINARY)`;
  const part = (from: number) =>
    `CONVERT(CAST(CAST(SUBSTRING_INDEX(f.FOR_NAME, '/', ${from}) AS BINARY) AS CHAR CHARACTER SET filename) USING utf8mb4)`;
  return (
    `SELECT SUBSTRING_INDEX(f.ID, '/', -1), ${part(1)}, ${part(-1)}, c.REF_COL_NAME, f.TYPE ` +
    'FROM information_schema.INNODB_SYS_FOREIGN f JOIN information_schema.INNODB_SYS_FOREIGN_COLS c ON c.ID = f.ID ' +
    `WHERE CAST(f.REF_NAME AS BINARY) = CONCAT(${fileName(schema)}, '/', ${fileName(table)}) ORDER BY f.ID, c.POS`
  );
}

/** Bits of `TYPE` (`dict0mem.h`). */
const DELETE_CASCADE = 1;
const DELETE_SET_NULL = 2;
const UPDATE_CASCADE = 4;
const UPDATE_SET_NULL = 8;

function fromInnodb(row: readonly (string | null)[]): ReferenceColumn {
  const [constraint, childSchema, childTable, column, type] = row;
  const bits = Number(type);
  const action = (cascade: number, setNull: number): ForeignKeyAction =>
    (bits & cascade) !== 0 ? 'CASCADE' : (bits & setNull) !== 0 ? 'SET NULL' : 'RESTRICT';
  return {
    constraint: constraint ?? '',
    childSchema: childSchema ?? '',
    childTable: childTable ?? '',
    onDelete: action(DELETE_CASCADE, DELETE_SET_NULL),
    onUpdate: action(UPDATE_CASCADE, UPDATE_SET_NULL),
    column: column ?? '',
  };
}
