import { statement, type ResultSet, type Statement } from '../connection/statement.js';
import type { Dialect } from '../dialect/dialect.js';
import { isOn } from '../status/parse-values.js';

/** Reads whether the server is closed; `isClosed` and `isOpen` read its result. */
export function readWriteState(dialect: Dialect): Statement {
  const { readOnly, superReadOnly } = dialect.variables.snapshot;
  return statement('read back', `SELECT ${readOnly} AS readOnly, ${superReadOnly} AS superReadOnly`);
}

/** Closed for everybody, as far as the flavor can. */
export function isClosed(dialect: Dialect, set: ResultSet | undefined): boolean {
  const row = set?.rows[0];
  return isOn(row?.['readOnly']) && (!dialect.features.closesPrivileged || isOn(row?.['superReadOnly']));
}

/** Open for everybody. Between the two there is a server that closes. */
export function isOpen(set: ResultSet | undefined): boolean {
  const row = set?.rows[0];
  return row !== undefined && !isOn(row['readOnly']) && !isOn(row['superReadOnly']);
}
