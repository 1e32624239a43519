import type { Row } from '../connection/statement.js';

/** ON, 1, YES and TRUE; MariaDB 12 also has other words for kinds of read_only, all of them on. */
export function isOn(value: string | null | undefined): boolean {
  if (value === null || value === undefined) return false;
  const word = value.trim().toUpperCase();
  return !(word === '' || word === '0' || word === 'OFF' || word === 'NO' || word === 'FALSE');
}

/** 0 when missing or not a number. */
export function toNumber(value: string | null | undefined): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
}

/** Null when missing or not a number. */
export function toNumberOrNull(value: string | null | undefined): number | null {
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** Name -> value of SHOW VARIABLES and SHOW STATUS, names in lower case. */
export function nameValueMap(rows: readonly Row[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const row of rows) {
    const name = row['Variable_name'];
    if (name !== null && name !== undefined) map.set(name.toLowerCase(), row['Value'] ?? '');
  }
  return map;
}
