import { quoteIdentifier } from '../quoting.js';

/**
 * A statement as the `mysql` client takes it: with its default database, and another delimiter where it contains the
 * usual one (stored programs).
 */
export function clientStatement(sql: string, schema: string): string {
  const use = schema === '' ? '' : `USE ${quoteIdentifier(schema)};\n`;
  const text = sql.replace(/[\s;]+$/, '');
  if (!text.includes(';')) return `${use}${text};\n`;
  let delimiter = '$$';
  while (text.includes(delimiter)) delimiter += '$';
  return `${use}DELIMITER ${delimiter}\n${text}${delimiter}\nDELIMITER ;\n`;
}
