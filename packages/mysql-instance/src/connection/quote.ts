/**
 * A string literal for MySQL and MariaDB. Safe with and without NO_BACKSLASH_ESCAPES only in sessions whose sql_mode this
 * package has set (every session it opens); see "String Literals" in the MySQL manual.
 *
 * @throws RangeError on a NUL character, which no value here may hold
 */
export function quote(value: string): string {
  if (value.includes('\0')) throw new RangeError('a value for SQL must not contain a NUL character');
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/**
 * An integer or decimal literal.
 * @throws RangeError when it is not a finite number
 */
export function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`a number for SQL must be finite, got ${value}`);
  return String(value);
}
