import { ByteCursor } from '../../events/byte-cursor.js';
import { DecodeError } from '../../events/decode-error.js';
import type { JsonDiff, JsonNode } from './json-node.js';
import { parseJsonBinary } from './parse.js';
import { parseJsonPath, type JsonPathLeg } from './path.js';

const OPERATIONS = ['replace', 'insert', 'remove'] as const;

/**
 * The differences that a PARTIAL_UPDATE_ROWS event holds for a JSON column: each operation (1), path (length, text) and,
 * unless it removes, value (length, binary JSON).
 * @throws DecodeError
 */
export function parseJsonDiffs(buffer: Buffer, start: number, end: number): JsonDiff[] {
  const cursor = new ByteCursor(buffer, start, end);
  const diffs: JsonDiff[] = [];
  while (cursor.remaining > 0) {
    const operation = OPERATIONS[cursor.u8()];
    if (operation === undefined) throw new DecodeError('an unknown operation in a JSON difference');
    const path = cursor.utf8(cursor.lengthEncoded());
    const value = operation === 'remove' ? undefined : parseJsonBinary(cursor.bytes(cursor.lengthEncoded()));
    diffs.push({ operation, path, value });
  }
  return diffs;
}

/**
 * The document with the differences applied, one after the other.
 * @throws DecodeError when one does not fit: the document is not the one that they were made from
 */
export function applyJsonDiffs(document: JsonNode, diffs: readonly JsonDiff[]): JsonNode {
  return diffs.reduce((node, diff) => change(node, parseJsonPath(diff.path), 0, diff), document);
}

function change(node: JsonNode, legs: readonly JsonPathLeg[], at: number, diff: JsonDiff): JsonNode {
  const leg = legs[at];
  if (leg === undefined) {
    if (diff.operation === 'replace' && diff.value !== undefined) return diff.value;
    throw misfit(diff);
  }
  const last = at === legs.length - 1;
  if (typeof leg === 'number') {
    // A value that is no array counts as an array of itself.
    if (node.type !== 'array') {
      if (leg === 0 && !(last && diff.operation !== 'replace')) return change(node, legs, at + 1, diff);
      throw misfit(diff);
    }
    const items = [...node.items];
    if (last && diff.operation === 'insert' && diff.value !== undefined) {
      items.splice(leg, 0, diff.value);
    } else if (items[leg] === undefined) {
      throw misfit(diff);
    } else if (last && diff.operation === 'remove') {
      items.splice(leg, 1);
    } else {
      items[leg] = change(items[leg], legs, at + 1, diff);
    }
    return { type: 'array', items };
  }
  if (node.type !== 'object') throw misfit(diff);
  const entries = [...node.entries];
  const index = entries.findIndex(([key]) => key === leg);
  const found = entries[index];
  if (last && diff.operation === 'insert' && found === undefined && diff.value !== undefined) {
    entries.push([leg, diff.value]);
    entries.sort(([a], [b]) => compareKeys(a, b));
  } else if (found === undefined || (last && diff.operation === 'insert')) {
    throw misfit(diff);
  } else if (last && diff.operation === 'remove') {
    entries.splice(index, 1);
  } else {
    entries[index] = [leg, change(found[1], legs, at + 1, diff)];
  }
  return { type: 'object', entries };
}

/** The server's order of members: shorter keys first, then by bytes. */
function compareKeys(a: string, b: string): number {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length - right.length || left.compare(right);
}

function misfit(diff: JsonDiff): DecodeError {
  return new DecodeError(
    `the JSON difference "${diff.operation} ${diff.path}" does not fit the value before`,
  );
}
