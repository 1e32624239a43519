import type { JsonNode } from '../../rows/json/json-node.js';
import { hexLiteral, quoteText } from '../quoting.js';

/**
 * An SQL expression that gives exactly this JSON document. Text alone loses the types that MySQL's documents have
 * beyond JSON (decimals, dates, times, binary strings): the document is written with nulls in their places, and
 * JSON_SET puts them in, which keeps their types. `undefined` when SQL has no expression for a value (bits, BLOBs and
 * geometry inside a document, text that is not valid UTF-8).
 *
 * Two types are not told apart, because SQL text has no way that a reader would bear: an unsigned integer that fits a
 * signed one, and a timestamp beside a datetime.
 */
export function jsonLiteral(root: JsonNode): string | undefined {
  const special = specialExpression(root);
  if (special === null) return undefined;
  if (special !== undefined) return `CAST(${special} AS JSON)`;
  const replacements: [path: string, expression: string][] = [];
  const text = skeleton(root, '$', replacements);
  if (text === undefined) return undefined;
  const literal = quoteText(text);
  if (replacements.length === 0) return literal;
  const pairs = replacements.map(([path, expression]) => `, ${quoteText(path)}, ${expression}`).join('');
  return `JSON_SET(CAST(${literal} AS JSON)${pairs})`;
}

function skeleton(node: JsonNode, path: string, replacements: [string, string][]): string | undefined {
  switch (node.type) {
    case 'null':
      return 'null';
    case 'boolean':
      return node.value ? 'true' : 'false';
    case 'integer':
      return node.value.toString();
    case 'double':
      return doubleText(node.value);
    case 'string':
      return isValidText(node) ? JSON.stringify(node.text) : undefined;
    case 'array': {
      const items = node.items.map((item, i) => skeleton(item, `${path}[${i}]`, replacements));
      return items.includes(undefined) ? undefined : `[${items.join(', ')}]`;
    }
    case 'object': {
      const entries = node.entries.map(([key, value]) => {
        const text = skeleton(value, `${path}.${JSON.stringify(key)}`, replacements);
        return text === undefined ? undefined : `${JSON.stringify(key)}: ${text}`;
      });
      return entries.includes(undefined) ? undefined : `{${entries.join(', ')}}`;
    }
    default: {
      const expression = specialExpression(node);
      if (typeof expression !== 'string') return undefined;
      replacements.push([path, expression]);
      return 'null';
    }
  }
}

/** The expression of a value that JSON text has no type for; null when there is none, undefined when JSON has one. */
function specialExpression(node: JsonNode): string | null | undefined {
  switch (node.type) {
    case 'decimal':
      return `CAST(${node.text} AS DECIMAL(${Math.max(node.precision, 1)},${node.scale}))`;
    case 'date':
      return `CAST(${quoteText(node.text)} AS DATE)`;
    case 'time':
      return `CAST(${quoteText(node.text)} AS TIME(6))`;
    case 'datetime':
    case 'timestamp':
      return `CAST(${quoteText(node.text)} AS DATETIME(6))`;
    case 'opaque':
      // VARCHAR (15) is the type that a binary string literal gets; other types come only out of columns.
      return node.fieldType === 15 ? hexLiteral(node.bytes) : null;
    default:
      return undefined;
  }
}

/** As the server prints a double: always with a sign that it is none of the integers. */
function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function isValidText(node: Extract<JsonNode, { type: 'string' }>): boolean {
  return node.text !== '' || node.bytes.length === 0;
}
