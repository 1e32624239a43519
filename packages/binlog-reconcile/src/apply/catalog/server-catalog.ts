import { utf8Literal } from '../../sql/quoting.js';
import { SqlSession, type SqlConnection } from '../connection/sql-connection.js';
import { readReferences } from './foreign-keys.js';
import { memberNames } from './member-names.js';
import type { ColumnDefinition, TableCatalog, TableDefinition } from '../../sql/catalog/table-definition.js';

/** Tables that are remembered; the rarest case is a server with more tables in one run. */
const REMEMBERED_MAX = 10_000;

/**
 * The tables of a server, read from its information_schema and remembered: make a new one after DDL. Use it as the
 * `schema` of `transactions()` for binlogs that do not name their columns.
 */
export class ServerCatalog implements TableCatalog {
  readonly #session: SqlSession;
  readonly #known = new Map<string, Promise<TableDefinition | undefined>>();
  #collations: Promise<ReadonlyMap<string, number>> | undefined;
  #hiddenKeysShown: Promise<unknown> | undefined;
  #flavor: Promise<'mysql' | 'mariadb'> | undefined;

  constructor(
    connection: SqlConnection,
    options: { readonly queryTimeoutMs?: number; readonly signal?: AbortSignal } = {},
  ) {
    this.#session = new SqlSession(connection, options.queryTimeoutMs ?? 30_000, options.signal);
  }

  /** The table, or undefined when the server has none of this name. */
  lookup(schema: string, table: string): Promise<TableDefinition | undefined> {
    const key = `${schema}\0${table}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      if (this.#known.size >= REMEMBERED_MAX) this.#known.clear();
      known = this.#read(schema, table);
      known.catch(() => this.#known.delete(key));
      this.#known.set(key, known);
    }
    return known;
  }

  async #read(schema: string, table: string): Promise<TableDefinition | undefined> {
    // Without it MySQL may leave generated invisible primary keys out; other servers do not know it.
    this.#hiddenKeysShown ??= this.#session.runIfKnown(
      'SET SESSION show_gipk_in_create_table_and_information_schema = ON',
    );
    await this.#hiddenKeysShown;
    const here = `TABLE_SCHEMA = ${utf8Literal(schema)} AND TABLE_NAME = ${utf8Literal(table)}`;
    const [about] = await this.#session.texts(
      `SELECT t.TABLE_TYPE, t.ENGINE, e.TRANSACTIONS FROM information_schema.TABLES t ` +
        `LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE t.${here.replace(' AND ', ' AND t.')}`,
    );
    if (about === undefined) return undefined;
    const systemVersioned = about[0] === 'SYSTEM VERSIONED';
    const columns = withPeriod(await this.#columns(here), systemVersioned);
    const keys = await this.#uniqueKeys(here);
    const primaryKey = keys.get('PRIMARY') ?? [];
    const flavor = await (this.#flavor ??= this.#readFlavor());
    const triggers = await this.#session.texts(
      `SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ${utf8Literal(schema)} ` +
        `AND EVENT_OBJECT_TABLE = ${utf8Literal(table)} ORDER BY 1`,
    );
    return {
      schema,
      table,
      columns,
      primaryKey,
      rowKey: primaryKey.length > 0 ? primaryKey : ([...keys.values()][0] ?? []),
      engine: about[1] ?? '',
      transactional: about[2] === 'YES',
      systemVersioned,
      triggers: triggers.map(([name]) => name ?? ''),
      referencedBy: await readReferences(this.#session, flavor, schema, table),
    };
  }

  async #columns(here: string): Promise<ColumnDefinition[]> {
    const ids = await (this.#collations ??= this.#readCollations());
    const rows = await this.#session.texts(
      'SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, COLLATION_NAME, EXTRA, GENERATION_EXPRESSION ' +
        `FROM information_schema.COLUMNS WHERE ${here} ORDER BY ORDINAL_POSITION`,
    );
    return rows.map(([name, dataType, columnType, collation, extra, generation]) => ({
      name: name ?? '',
      dataType: (dataType ?? '').toLowerCase(),
      columnType: columnType ?? '',
      unsigned: /\bunsigned\b/i.test(columnType ?? ''),
      collationId: collation === null || collation === undefined ? undefined : ids.get(collation),
      values: memberNames(columnType ?? ''),
      visible: !/\bINVISIBLE\b/i.test(extra ?? ''),
      generated: (generation ?? '') !== '' || /\b(VIRTUAL|STORED|PERSISTENT) GENERATED\b/i.test(extra ?? ''),
    }));
  }

  /** Unique keys whose columns are whole and never NULL, `PRIMARY` first. */
  async #uniqueKeys(here: string): Promise<Map<string, string[]>> {
    const rows = await this.#session.texts(
      'SELECT INDEX_NAME, COLUMN_NAME, SUB_PART, NULLABLE FROM information_schema.STATISTICS ' +
        `WHERE ${here} AND NON_UNIQUE = 0 ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX`,
    );
    const keys = new Map<string, string[]>();
    const unfit = new Set<string>();
    for (const [index, column, prefix, nullable] of rows) {
      const name = index ?? '';
      // A primary key over a prefix identifies rows as well; COLUMN_NAME is NULL for a key over an expression.
      if (column === null || column === undefined) unfit.add(name);
      else if (name !== 'PRIMARY' && (prefix !== null || nullable === 'YES')) unfit.add(name);
      keys.set(name, [...(keys.get(name) ?? []), column ?? '']);
    }
    for (const name of unfit) keys.delete(name);
    return keys;
  }

  async #readFlavor(): Promise<'mysql' | 'mariadb'> {
    const [row] = await this.#session.texts('SELECT @@version');
    return /mariadb/i.test(row?.[0] ?? '') ? 'mariadb' : 'mysql';
  }

  async #readCollations(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#session.texts('SELECT COLLATION_NAME, ID FROM information_schema.COLLATIONS');
    const ids = new Map<string, number>();
    for (const [name, id] of rows) if (name && id) ids.set(name, Number(id));
    // MariaDB's collations that fit several character sets have a full name and an id for each.
    const full = await this.#session
      .texts(
        'SELECT FULL_COLLATION_NAME, ID FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE ID IS NOT NULL',
      )
      .catch(() => []);
    for (const [name, id] of full) if (name && id) ids.set(name, Number(id));
    return ids;
  }
}

/** System-versioned tables of MariaDB have two columns more in the binlog, unless their definition names them. */
function withPeriod(
  columns: readonly ColumnDefinition[],
  systemVersioned: boolean,
): readonly ColumnDefinition[] {
  if (!systemVersioned || columns.some(({ name }) => name === 'row_end')) return columns;
  const period = ['row_start', 'row_end'].map((name) => ({
    name,
    dataType: 'timestamp',
    columnType: 'timestamp(6)',
    unsigned: false,
    visible: false,
    generated: true,
  }));
  return [...columns, ...period];
}
