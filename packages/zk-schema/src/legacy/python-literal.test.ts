import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PythonLiteralError } from './python-literal-error.js';
import { parsePythonLiteral } from './python-literal.js';
import type { PythonValue } from './python-literal.js';

describe('Python literals of the original system', () => {
  it.each<[string, PythonValue]>([
    ["['test-2', 'down']", ['test-2', 'down']],
    [
      "{'group': 'test-2', 'port': 3306}",
      new Map<string, PythonValue>([
        ['group', 'test-2'],
        ['port', 3306],
      ]),
    ],
    ["{u'port': 3306L}", new Map([['port', 3306]])],
    ['None', null],
    ['(1,)', [1]],
    ['(1)', 1],
    ['()', []],
    ['[]', []],
    ['{}', new Map()],
    ['[1, 2, ]', [1, 2]],
    [' [ True , False ] ', [true, false]],
    ['-7', -7],
    [`"it's"`, "it's"],
    [String.raw`'it\'s \"x\" \\ \n'`, 'it\'s "x" \\ \n'],
    [String.raw`'\xe4\xbd\xa0'`, '你'],
    [String.raw`u'\u4f60\xe9\U0001f600'`, '你é😀'],
    [
      "{'192-168-212-127': {'port': 3316, 'ssl': 1}}",
      new Map([
        [
          '192-168-212-127',
          new Map([
            ['port', 3316],
            ['ssl', 1],
          ]),
        ],
      ]),
    ],
    ["['g', None, None]", ['g', null, null]],
  ])('%s', (text, value) => {
    expect(parsePythonLiteral(text)).toEqual(value);
  });

  it.each([
    ['', 'ends where a value'],
    ["{'a': 1", '"," or "}"'],
    ["{'a'", '":"'],
    ["['a'", '","'],
    ["'abc", 'does not end'],
    ["'abc\\", 'escape'],
    ["['a'] x", 'after the value'],
    ["__import__('os').system('true')", 'no literal'],
    ['1 + 1', 'after the value'],
    ["'a' 'b'", 'after the value'],
    ['1.5', 'integer'],
    ['0x10', 'integer'],
    ['007', 'integer'],
    ['9007199254740993', '2^53'],
    ['99999999999999999999999', 'integer'],
    ["{'a': 1, 'a': 2}", 'twice'],
    ["{['a']: 1}", 'key'],
    ['{None: 1}', 'key'],
    ['None1', 'no literal'],
    ['nan', 'no literal'],
    [String.raw`'\xff\xfe'`, 'UTF-8'],
    [String.raw`u'\ud800'`, 'surrogate'],
    [String.raw`'\q'`, 'escape'],
    ["'a\nb'", 'line ends'],
    ['['.repeat(1000), 'levels'],
    ['['.repeat(500_000), 'levels'],
    ["{'a':".repeat(100), 'levels'],
    ["'" + 'a'.repeat(1_048_577), 'longer'],
    ['\u0000', 'no literal'],
    ['（1）', 'no literal'],
  ])('refuses #%#', (text, reason) => {
    expect(() => parsePythonLiteral(text)).toThrow(PythonLiteralError);
    expect(() => parsePythonLiteral(text)).toThrow(reason);
  });

  it('a key such as __proto__ is a key', () => {
    const value = parsePythonLiteral("{'__proto__': {'polluted': 1}}") as Map<string, PythonValue>;
    expect([...value.keys()]).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads back whatever Python would have written', () => {
    const leaf = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.string({ unit: 'grapheme' }),
    );
    const { value } = fc.letrec<{ value: PythonValue; dict: PythonValue }>((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('dict')),
      dict: fc
        .uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), tie('value')), {
          maxLength: 4,
          selector: ([key]) => key,
        })
        .map((entries) => new Map<string, PythonValue>(entries)),
    }));
    fc.assert(
      fc.property(value, fc.boolean(), (original, unicode) => {
        expect(parsePythonLiteral(print(original, unicode))).toEqual(original);
      }),
    );
  });

  it('ends in an error or a value for any text, and never in anything else', () => {
    const soup = fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          '(',
          ')',
          ',',
          ':',
          "'",
          '"',
          '\\',
          'u',
          'None',
          '1',
          ' ',
          'x',
          'é',
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (text) => {
        try {
          parsePythonLiteral(text);
        } catch (error) {
          expect(error).toBeInstanceOf(PythonLiteralError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a text that is cut off anywhere is refused', () => {
    const text = `{'group': u'a\\u4f60', "n": [1, (2, None), {'x': 'y'}]}`;
    for (let length = 0; length < text.length; length += 1)
      expect(() => parsePythonLiteral(text.slice(0, length))).toThrow(PythonLiteralError);
  });
});

/** As `str()` of Python 2 does, with `unicode` strings or with strings of UTF-8 bytes. */
function print(value: PythonValue, unicode: boolean): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value === 0 ? 0 : value);
  if (typeof value === 'string') return printString(value, unicode);
  if (Array.isArray(value)) return `[${value.map((item) => print(item, unicode)).join(', ')}]`;
  return `{${[...value].map(([key, item]) => `${print(key, unicode)}: ${print(item, unicode)}`).join(', ')}}`;
}

function printString(text: string, unicode: boolean): string {
  const units = unicode
    ? [...text].map((one) => one.codePointAt(0) as number)
    : [...Buffer.from(text, 'utf8')];
  const body = units.map((unit) => {
    if (unit === 0x27 || unit === 0x5c) return `\\${String.fromCharCode(unit)}`;
    if (unit >= 0x20 && unit < 0x7f) return String.fromCharCode(unit);
    if (unit <= 0xff) return `\\x${unit.toString(16).padStart(2, '0')}`;
    if (unit <= 0xffff) return `\\u${unit.toString(16).padStart(4, '0')}`;
    return `\\U${unit.toString(16).padStart(8, '0')}`;
  });
  return `${unicode ? 'u' : ''}'${body.join('')}'`;
}
