import { describe, expect, it } from 'vitest';
import { numeral, quote } from './quote.js';

describe('literals for SQL', () => {
  it.each([
    ['plain', "'plain'"],
    ["it's", "'it''s'"],
    ['back\\slash', "'back\\\\slash'"],
    ["\\'; DROP TABLE t; -- ", "'\\\\''; DROP TABLE t; -- '"],
    ['', "''"],
  ])('%s', (value, literal) => {
    expect(quote(value)).toBe(literal);
  });

  it('refuses what a literal cannot hold', () => {
    expect(() => quote('a\0b')).toThrow(RangeError);
    expect(() => numeral(Number.NaN)).toThrow(RangeError);
    expect(numeral(0.25)).toBe('0.25');
  });
});
