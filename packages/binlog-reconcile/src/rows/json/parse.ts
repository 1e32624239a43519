import { DecodeError } from '../../events/decode-error.js';
import { ColumnType } from '../column-type.js';
import { readDouble } from '../values/floating.js';
import { readBigInt, readBigUint } from '../values/integers.js';
import { packedDateText, packedDateTimeText, packedTimeText } from '../values/temporal.js';
import { JSON_DEPTH_MAX, JsonBudget, JsonContainer, jsonLength, JsonType, need } from './binary.js';
import type { JsonNode } from './json-node.js';
import { literal, needTemporal, opaqueDecimal } from './print.js';

/**
 * The tree of a binary JSON document (see {@link JsonNode}). No bytes at all stand for the literal null.
 * @throws DecodeError
 */
export function parseJsonBinary(b: Buffer, start = 0, end = b.length): JsonNode {
  if (end <= start) return { type: 'null' };
  return node(b, b[start] as number, start + 1, end, new JsonBudget(end - start), JSON_DEPTH_MAX);
}

function node(
  b: Buffer,
  type: number,
  at: number,
  limit: number,
  budget: JsonBudget,
  depth: number,
): JsonNode {
  switch (type) {
    case JsonType.SmallObject:
    case JsonType.LargeObject:
    case JsonType.SmallArray:
    case JsonType.LargeArray: {
      if (depth === 0) throw new DecodeError(`JSON nested deeper than ${JSON_DEPTH_MAX} levels`);
      const members = new JsonContainer(b, type, at, limit);
      budget.spend(3 * members.count);
      const entries: (readonly [string, JsonNode])[] = [];
      const items: JsonNode[] = [];
      for (let i = 0; i < members.count; i++) {
        const value = node(b, members.type(i), members.valueAt(i), members.limit, budget, depth - 1);
        if (members.isObject) {
          const key = members.key(i);
          budget.spend(key.length);
          entries.push([key, value]);
        } else items.push(value);
      }
      return members.isObject ? { type: 'object', entries } : { type: 'array', items };
    }
    case JsonType.Literal: {
      need(at, 1, limit);
      const text = literal(b[at] as number);
      return text === 'null' ? { type: 'null' } : { type: 'boolean', value: text === 'true' };
    }
    case JsonType.Int16:
      need(at, 2, limit);
      return { type: 'integer', value: b.readInt16LE(at), unsigned: false };
    case JsonType.Uint16:
      need(at, 2, limit);
      return { type: 'integer', value: b.readUInt16LE(at), unsigned: true };
    case JsonType.Int32:
      need(at, 4, limit);
      return { type: 'integer', value: b.readInt32LE(at), unsigned: false };
    case JsonType.Uint32:
      need(at, 4, limit);
      return { type: 'integer', value: b.readUInt32LE(at), unsigned: true };
    case JsonType.Int64:
      need(at, 8, limit);
      return { type: 'integer', value: readBigInt(b, at), unsigned: false };
    case JsonType.Uint64:
      need(at, 8, limit);
      return { type: 'integer', value: readBigUint(b, at), unsigned: true };
    case JsonType.Double:
      need(at, 8, limit);
      return { type: 'double', value: readDouble(b, at) };
    case JsonType.String: {
      const [length, dataAt] = jsonLength(b, at, limit);
      budget.spend(length);
      const bytes = b.subarray(dataAt, dataAt + length);
      return { type: 'string', text: bytes.toString('utf8'), bytes };
    }
    case JsonType.Opaque: {
      need(at, 1, limit);
      const [length, dataAt] = jsonLength(b, at + 1, limit);
      budget.spend(length);
      return opaque(b[at] as number, b, dataAt, length);
    }
    default:
      throw new DecodeError(`JSON type ${type} is unknown`);
  }
}

function opaque(fieldType: number, b: Buffer, at: number, length: number): JsonNode {
  switch (fieldType) {
    case ColumnType.NewDecimal:
      return { type: 'decimal', ...opaqueDecimal(b, at, length) };
    case ColumnType.Date:
      needTemporal(length);
      return { type: 'date', text: packedDateText(b, at) };
    case ColumnType.DateTime:
    case ColumnType.Timestamp:
      needTemporal(length);
      return {
        type: fieldType === ColumnType.DateTime ? 'datetime' : 'timestamp',
        text: packedDateTimeText(b, at),
      };
    case ColumnType.Time:
      needTemporal(length);
      return { type: 'time', text: packedTimeText(b, at) };
    default:
      return { type: 'opaque', fieldType, bytes: b.subarray(at, at + length) };
  }
}
