import { describe, expect, it } from 'vitest';
import type { JsonNode } from '../../rows/json/json-node.js';
import { jsonLiteral } from './json-literal.js';

const text = (value: string): JsonNode => ({ type: 'string', text: value, bytes: Buffer.from(value) });
const integer = (value: number | bigint): JsonNode => ({ type: 'integer', value, unsigned: false });

describe('a JSON document in SQL', () => {
  it.each<[JsonNode, string]>([
    [{ type: 'null' }, "'null'"],
    [{ type: 'boolean', value: true }, "'true'"],
    [integer(18446744073709551615n), "'18446744073709551615'"],
    [{ type: 'double', value: 3 }, "'3.0'"],
    [{ type: 'double', value: -0 }, "'-0.0'"],
    [{ type: 'double', value: 1e100 }, "'1e+100'"],
    [text(`it's "q"`), String.raw`'"it\'s \\"q\\""'`],
    [{ type: 'array', items: [integer(1), { type: 'array', items: [] }] }, "'[1, []]'"],
    [{ type: 'object', entries: [['a', integer(1)]] }, `'{"a": 1}'`],
  ])('that text can hold is text: %o', (node, expected) => {
    expect(jsonLiteral(node)).toBe(expected);
  });

  it('keeps decimals, dates and bytes by putting them into their places', () => {
    const node: JsonNode = {
      type: 'object',
      entries: [
        ['d"1', { type: 'decimal', text: '1.10', precision: 3, scale: 2 }],
        ['list', { type: 'array', items: [integer(5), { type: 'date', text: '2024-01-02' }] }],
        ['b', { type: 'opaque', fieldType: 15, bytes: Buffer.from([255]) }],
      ],
    };
    expect(jsonLiteral(node)).toBe(
      `JSON_SET(CAST('{"d\\\\"1": null, "list": [5, null], "b": null}' AS JSON)` +
        `, '$."d\\\\"1"', CAST(1.10 AS DECIMAL(3,2))` +
        `, '$."list"[1]', CAST('2024-01-02' AS DATE), '$."b"', X'FF')`,
    );
    expect(jsonLiteral({ type: 'time', text: '12:00:00.000000' })).toBe(
      "CAST(CAST('12:00:00.000000' AS TIME(6)) AS JSON)",
    );
  });

  it('has no expression for what only a column can put there', () => {
    const bit: JsonNode = { type: 'opaque', fieldType: 16, bytes: Buffer.from([1]) };
    expect(jsonLiteral(bit)).toBeUndefined();
    expect(jsonLiteral({ type: 'array', items: [bit] })).toBeUndefined();
    expect(
      jsonLiteral({
        type: 'object',
        entries: [['a', { type: 'string', text: '', bytes: Buffer.from([255]) }]],
      }),
    ).toBeUndefined();
  });
});
