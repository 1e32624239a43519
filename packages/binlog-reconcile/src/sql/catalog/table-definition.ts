import type { SchemaColumn, TableSchema } from '../../rows/model.js';

/** A column as the server has it now. */
export interface ColumnDefinition extends SchemaColumn {
  /** `COLUMN_TYPE` of information_schema.COLUMNS. */
  readonly columnType: string;
  readonly unsigned: boolean;
  readonly visible: boolean;
  /** Computed by the server (virtual or stored): never written. */
  readonly generated: boolean;
}

/** What a foreign key of another (or the same) table does when a row of this one changes. */
export type ForeignKeyAction = 'CASCADE' | 'SET NULL' | 'SET DEFAULT' | 'RESTRICT' | 'NO ACTION';

/** A foreign key that points to a table. */
export interface ForeignKeyReference {
  readonly constraint: string;
  readonly childSchema: string;
  readonly childTable: string;
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
  /** Names of the columns of this table that it points to. */
  readonly columns: readonly string[];
}

/** A table as the server has it now: what deciding about undo, and applying, need to know. */
export interface TableDefinition extends TableSchema {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
  /** Names of the primary key's columns; `[]` = none. */
  readonly primaryKey: readonly string[];
  /** Columns that identify a row: the primary key, else a unique key without NULLs; `[]` = none. */
  readonly rowKey: readonly string[];
  readonly engine: string;
  /** Whether the engine can roll back. */
  readonly transactional: boolean;
  /** MariaDB: rows have a history that undo cannot take back. */
  readonly systemVersioned: boolean;
  readonly triggers: readonly string[];
  readonly referencedBy: readonly ForeignKeyReference[];
}

/** Tells what tables are now. Also a {@link SchemaSource} for the decoders. */
export interface TableCatalog {
  lookup(schema: string, table: string): Promise<TableDefinition | undefined>;
}
