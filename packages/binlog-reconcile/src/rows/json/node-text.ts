import type { JsonNode } from './json-node.js';
import { base64Text, jsonDoubleText, quote } from './print.js';

/** Text of a JSON tree as the server prints it. */
export function jsonNodeText(node: JsonNode): string {
  switch (node.type) {
    case 'null':
      return 'null';
    case 'boolean':
    case 'integer':
      return `${node.value}`;
    case 'double':
      return jsonDoubleText(node.value);
    case 'string':
      return quote(node.text);
    case 'decimal':
      return node.text;
    case 'date':
    case 'time':
    case 'datetime':
    case 'timestamp':
      return `"${node.text}"`;
    case 'opaque':
      return `"${base64Text(node.fieldType, node.bytes)}"`;
    case 'array':
      return `[${node.items.map(jsonNodeText).join(', ')}]`;
    case 'object':
      return `{${node.entries.map(([key, value]) => `${quote(key)}: ${jsonNodeText(value)}`).join(', ')}}`;
  }
}
