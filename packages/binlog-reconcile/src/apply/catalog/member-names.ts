const ESCAPED: Readonly<Record<string, string>> = {
  '0': '\0',
  n: '\n',
  r: '\r',
  Z: '\x1a',
  t: '\t',
  b: '\b',
};

/**
 * The members in a `COLUMN_TYPE` like `enum('a','b''c')` or `set(...)`. The server doubles quotes and writes control
 * characters and backslashes with a backslash.
 */
export function memberNames(columnType: string): string[] | undefined {
  const list = /^(?:enum|set)\s*\(([^]*)\)$/i.exec(columnType)?.[1];
  if (list === undefined) return undefined;
  const names: string[] = [];
  for (const [, body] of list.matchAll(/'((?:[^'\\]|''|\\[^])*)'/g)) {
    names.push(
      (body ?? '').replace(/''|\\([^])/g, (match, escaped: string | undefined) =>
        escaped === undefined ? "'" : (ESCAPED[escaped] ?? escaped),
      ),
    );
  }
  return names;
}
