/* eslint-disable no-control-regex -- control characters are what is escaped here. */
const NEEDS_ESCAPE = /[\0\b\n\r\t\x1a'\\]/;
const EACH_TO_ESCAPE = /[\0\b\n\r\t\x1a'\\]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\b': '\\b',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x1a': '\\Z',
  "'": "\\'",
  '\\': '\\\\',
};

/**
 * What stands between the quotes of a string literal for a session without `NO_BACKSLASH_ESCAPES`; never contains a
 * line end (MySQL manual, "String Literals").
 */
export function escapeText(text: string): string {
  return NEEDS_ESCAPE.test(text)
    ? text.replace(EACH_TO_ESCAPE, (character) => ESCAPES[character] as string)
    : text;
}

/** A string literal; see {@link escapeText}. */
export function quoteText(text: string): string {
  return `'${escapeText(text)}'`;
}

/** An identifier in backticks. */
export function quoteIdentifier(name: string): string {
  return name.includes('`') ? `\`${name.replaceAll('`', '``')}\`` : `\`${name}\``;
}

/** `` `schema`.`table` ``. */
export function quoteTable(schema: string, table: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

/** A binary string literal, `X'00FF'`. */
export function hexLiteral(bytes: Buffer): string {
  return `X'${bytes.toString('hex').toUpperCase()}'`;
}

/** Text that is safe in a `-- ` comment: on one line, nothing that ends it. */
export function commentText(text: string, lengthMax = 2000): string {
  const line = text.replace(/[\0-\x1f\x7f\u2028\u2029]+/g, ' ').trim();
  return line.length > lengthMax ? `${line.slice(0, lengthMax)} ... (${line.length} characters)` : line;
}

/** A text literal that means the same in every sql_mode and character set of the session. */
export function utf8Literal(text: string): string {
  return `_utf8mb4 ${hexLiteral(Buffer.from(text, 'utf8'))}`;
}
