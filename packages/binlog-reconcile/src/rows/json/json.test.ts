import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../events/decode-error.js';
import { jsonDocument } from '../../testing/json-document.js';
import { seeded } from '../../testing/fixtures.js';
import { applyJsonDiffs } from './diff.js';
import type { JsonDiff, JsonNode } from './json-node.js';
import { jsonNodeText } from './node-text.js';
import { parseJsonBinary } from './parse.js';
import { parseJsonPath } from './path.js';
import { jsonText } from './print.js';

const anyJson = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, -1.5, 1e300),
    fc.integer({ min: -32768, max: 32767 }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('node'), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'),
      tie('node'),
      { maxKeys: 5 },
    ),
  ),
})).node;

describe('binary JSON', () => {
  test('prints the same straight and through its tree, and JSON.parse agrees', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const bytes = jsonDocument(value);
        const text = jsonText(bytes, 0, bytes.length);
        expect(jsonNodeText(parseJsonBinary(bytes))).toBe(text);
        const plain: unknown = JSON.parse(
          JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v)),
        );
        expect(JSON.parse(text)).toEqual(plain);
      }),
    );
  });

  test('large containers', () => {
    const value = {
      list: Array.from({ length: 3000 }, (_, i) => `entry ${i} ${'x'.repeat(20)}`),
      end: 70_000.5,
    };
    const bytes = jsonDocument(value);
    expect(bytes[0]).toBe(1);
    expect(JSON.parse(jsonText(bytes, 0, bytes.length))).toEqual(value);
  });

  test('holes that in-place updates leave are not read', () => {
    const bytes = jsonDocument({ a: 'long text here', b: 'second' });
    // "a" now is short; the bytes behind it are left as they were.
    const at = bytes.indexOf('long text here') - 1;
    bytes[at] = 4;
    expect(jsonText(bytes, 0, bytes.length)).toBe('{"a": "long", "b": "second"}');
  });

  test('nothing at all is the literal null', () => {
    expect(jsonText(Buffer.alloc(0), 0, 0)).toBe('null');
  });

  test('damage gives an error or other text, in bounded time', () => {
    const random = seeded(99);
    const original = jsonDocument({
      a: [1, 2n ** 60n, { b: ['x', 'y'.repeat(200), { c: [] }] }],
      k: { l: { m: null } },
    });
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(original);
      for (let flips = 1 + random(3); flips > 0; flips--) bytes[random(bytes.length)] = random(256);
      for (const read of [
        () => jsonText(bytes, 0, bytes.length),
        () => jsonNodeText(parseJsonBinary(bytes)),
      ]) {
        try {
          expect(read().length).toBeLessThan(20 * bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }
    }
  });

  test('members that all point at one another do not multiply', () => {
    // An array of 200 members, each at the same array of 200 members, ... : 200^n values in a few hundred bytes.
    const levels = 20;
    const level = Buffer.alloc(4 + 200 * 3);
    level.writeUInt16LE(200, 0);
    for (let i = 0; i < 200; i++) {
      level[4 + i * 3] = 2;
      level.writeUInt16LE(level.length, 5 + i * 3);
    }
    const bytes = Buffer.concat([
      Buffer.from([2]),
      ...Array.from({ length: levels }, () => Buffer.from(level)),
    ]);
    for (let i = 0; i < levels; i++)
      bytes.writeUInt16LE((levels - i) * level.length, 1 + i * level.length + 2);
    expect(() => jsonText(bytes, 0, bytes.length)).toThrow(/overlap|fit|outside|cut off/);
  });
});

describe('JSON differences', () => {
  const int = (value: number): JsonNode => ({ type: 'integer', value, unsigned: false });
  const start = jsonDocument({ a: 1, list: [1, 2, 3], 'two words': { x: [] }, s: 'text' });
  const cases: [JsonDiff['operation'], string, JsonNode | undefined, string][] = [
    ['replace', '$.a', int(2), '{"a": 2, "s": "text", "list": [1, 2, 3], "two words": {"x": []}}'],
    ['replace', '$', int(9), '9'],
    ['insert', '$.bb', int(7), '{"a": 1, "s": "text", "bb": 7, "list": [1, 2, 3], "two words": {"x": []}}'],
    ['insert', '$.list[1]', int(7), '{"a": 1, "s": "text", "list": [1, 7, 2, 3], "two words": {"x": []}}'],
    [
      'insert',
      '$."two words".x[0]',
      int(7),
      '{"a": 1, "s": "text", "list": [1, 2, 3], "two words": {"x": [7]}}',
    ],
    ['remove', '$.list[0]', undefined, '{"a": 1, "s": "text", "list": [2, 3], "two words": {"x": []}}'],
    ['remove', '$."two words"', undefined, '{"a": 1, "s": "text", "list": [1, 2, 3]}'],
  ];

  test.each(cases)('%s %s', (operation, path, value, text) => {
    expect(jsonNodeText(applyJsonDiffs(parseJsonBinary(start), [{ operation, path, value }]))).toBe(text);
  });

  test.each([
    ['replace', '$.missing', int(1)],
    ['remove', '$.list[7]', undefined],
    ['insert', '$.a', int(1)],
    ['replace', '$.a.b', int(1)],
  ] as const)('%s %s does not fit and is refused', (operation, path, value) => {
    expect(() => applyJsonDiffs(parseJsonBinary(start), [{ operation, path, value }])).toThrow(
      `"${operation} ${path}" does not fit`,
    );
  });

  test('paths', () => {
    expect(parseJsonPath('$')).toEqual([]);
    expect(parseJsonPath('$.a[10]."b \\" c".\u017e')).toEqual(['a', 10, 'b " c', '\u017e']);
    expect(() => parseJsonPath('a.b')).toThrow(DecodeError);
    expect(() => parseJsonPath('$.a[')).toThrow(DecodeError);
  });
});
