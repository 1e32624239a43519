import type { EventPlace } from '../../events/errors.js';
import { charsetOfCollation } from '../charset/collations.js';
import { SchemaMismatchError } from '../errors.js';
import type { Column, ColumnKind, SchemaColumn, TableSchema } from '../model.js';
import { kindOf, ParsedTableMap } from './table-map.js';

/**
 * The table with what the binlog left out taken from the caller's definition. What the binlog says itself wins.
 * @throws SchemaMismatchError when number, names or kinds of columns differ
 */
export function withSchema(table: ParsedTableMap, schema: TableSchema, place: EventPlace): ParsedTableMap {
  const fullName = `${table.schema}.${table.table}`;
  if (schema.columns.length !== table.columns.length) {
    throw new SchemaMismatchError(
      fullName,
      `${schema.columns.length} columns instead of ${table.columns.length}; the table was altered since`,
      place,
    );
  }
  const key =
    table.primaryKey ??
    schema.primaryKey?.map((name) => {
      const column = schema.columns.findIndex((known) => known.name === name);
      if (column === -1) throw new SchemaMismatchError(fullName, `its key names a column ${name}`, place);
      return { column, prefixLength: 0 };
    });
  const columns = table.columns.map((column, index) => {
    const known = schema.columns[index] as SchemaColumn;
    if (column.name !== undefined && column.name.toLowerCase() !== known.name.toLowerCase()) {
      throw new SchemaMismatchError(
        fullName,
        `column ${index + 1} is ${column.name} there, ${known.name} here`,
        place,
      );
    }
    const merged = mergeColumn(
      column,
      known,
      key?.some((part) => part.column === index),
    );
    if (!accepts(merged.kind, known.dataType)) {
      throw new SchemaMismatchError(
        fullName,
        `column ${known.name} holds ${merged.kind} values there and is ${known.dataType} here`,
        place,
      );
    }
    return merged;
  });
  return new ParsedTableMap(table.tableId, table.flags, table.schema, table.table, columns, key, true);
}

const MARIADB_STRINGS: ReadonlySet<string> = new Set(['inet4', 'inet6', 'uuid']);

function mergeColumn(column: Column, known: SchemaColumn, primaryKey: boolean | undefined): Column {
  const isString = column.kind === 'bytes' || column.kind === 'text' || column.kind === 'binary';
  const collationId =
    column.collationId ??
    known.collationId ??
    (isString && /binary|blob/.test(known.dataType) ? 63 : undefined);
  const charset = collationId === undefined ? undefined : charsetOfCollation(collationId);
  const kind = MARIADB_STRINGS.has(known.dataType)
    ? (known.dataType as ColumnKind)
    : kindOf(column.type, charset);
  return {
    ...column,
    kind,
    collationId,
    charset,
    name: column.name ?? known.name,
    unsigned: column.unsigned ?? known.unsigned,
    values: column.values ?? known.values,
    visible: column.visible ?? known.visible,
    generated: known.generated,
    primaryKey: column.primaryKey ?? primaryKey,
  };
}

const DATA_TYPES: Readonly<Record<ColumnKind, RegExp>> = {
  integer: /int$|^bool|^serial/,
  float: /^float/,
  double: /^(double|real|float)/,
  decimal: /^(decimal|numeric)/,
  bit: /^bit/,
  year: /^year/,
  date: /^date$/,
  time: /^time$/,
  datetime: /^datetime/,
  timestamp: /^timestamp/,
  enum: /^enum/,
  set: /^set/,
  text: /char|text|^json|^string/,
  binary: /binary|blob|char|text|^inet|^uuid/,
  bytes: /./,
  json: /^json/,
  geometry: /geom|point|linestring|polygon/,
  vector: /^vector/,
  inet4: /^inet4/,
  inet6: /^inet6/,
  uuid: /^uuid/,
};

function accepts(kind: ColumnKind, dataType: string): boolean {
  return DATA_TYPES[kind].test(dataType.toLowerCase());
}
