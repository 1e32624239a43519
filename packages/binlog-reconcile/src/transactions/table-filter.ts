/** A test for `db.table` and `db.*` entries; without entries every table passes. */
export function tableFilter(
  tables: readonly string[] | ((schema: string, table: string) => boolean) | undefined,
): (schema: string, table: string) => boolean {
  if (tables === undefined) return () => true;
  if (typeof tables === 'function') return tables;
  const schemas = new Set<string>();
  const names = new Set<string>();
  for (const entry of tables) {
    const dot = entry.indexOf('.');
    if (dot < 1 || dot === entry.length - 1) {
      throw new TypeError(
        `"${entry}" names no table: write schema.table, or schema.* for all tables of a schema`,
      );
    }
    if (entry.slice(dot + 1) === '*') schemas.add(entry.slice(0, dot));
    else names.add(entry);
  }
  return (schema, table) => schemas.has(schema) || names.has(`${schema}.${table}`);
}
