import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteText } from '../quoting.js';
import { SqlBuffer } from './sql-buffer.js';

/** Reads a string literal as the server does (MySQL manual, "String Literals"). */
function readLiteral(literal: string): string {
  const special: Record<string, string> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };
  expect(literal.startsWith("'") && literal.endsWith("'")).toBe(true);
  let text = '';
  for (let i = 1; i < literal.length - 1; i++) {
    const character = literal[i] as string;
    expect(character).not.toBe("'");
    if (character !== '\\') text += character;
    else {
      const escaped = literal[++i] as string;
      text += special[escaped] ?? escaped;
    }
  }
  return text;
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom("'", '\\', '\0', '\n', '\r', '\t', '\b', '\x1a', 'a', 'é', '🐬') }),
);

describe('SqlBuffer', () => {
  it('writes string literals that read back as they were, on one line', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const out = new SqlBuffer();
        out.quoted(text);
        const literal = out.takeText();
        expect(literal).toBe(quoteText(text));
        expect(literal).not.toMatch(/[\n\r\0]/);
        expect(readLiteral(literal)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('writes whole numbers and bytes as JavaScript prints them', () => {
    const numbers = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    );
    fc.assert(
      fc.property(numbers, fc.uint8Array(), (number, bytes) => {
        const out = new SqlBuffer();
        out.integer(number);
        out.ascii(' ');
        out.hex(bytes);
        expect(out.takeText()).toBe(`${number} X'${Buffer.from(bytes).toString('hex').toUpperCase()}'`);
      }),
    );
  });

  it('grows, can be cut back, and takes text in before what was written', () => {
    const out = new SqlBuffer();
    out.ascii('one;');
    const here = out.length;
    for (let i = 0; i < 1_000; i++) out.raw(Buffer.from('0123456789'.repeat(20)));
    expect(out.length).toBe(here + 200_000);
    out.truncate(here + 3);
    out.insert(here, 'zwei ü;');
    expect(out.takeText()).toBe('one;zwei ü;012');
    expect(out.length).toBe(0);
    out.text('x'.repeat(9 * 1024 * 1024));
    expect(out.take().length).toBe(9 * 1024 * 1024);
    out.ascii('small again');
    expect(out.take().toString()).toBe('small again');
  });
});
