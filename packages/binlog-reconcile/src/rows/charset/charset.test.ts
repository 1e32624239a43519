import { describe, expect, test } from 'vitest';
import { charsetOfCollation } from './collations.js';
import { textDecoder } from './decode-text.js';

const decode = (charset: string, hex: string) => {
  const bytes = Buffer.from(hex, 'hex');
  return textDecoder(charset)?.(bytes, 0, bytes.length);
};

describe('text in', () => {
  test.each([
    ['utf8mb4', '68c3a9f09f9880', 'h\u00e9\u{1f600}'],
    ['utf8mb3', 'efbfbd', '\ufffd'],
    ['latin1', '80e9ff', '\u20ac\u00e9\u00ff'],
    ['latin2', 'b9', '\u0161'],
    ['swe7', '5b5c5d', '\u00c4\u00d6\u00c5'],
    ['cp1251', 'cff0e8', '\u041f\u0440\u0438'],
    ['ucs2', '00410160', 'A\u0160'],
    ['utf16', 'd83dde00', '\u{1f600}'],
    ['utf16le', '3dd800de', '\u{1f600}'],
    ['utf32', '0001f600', '\u{1f600}'],
    ['sjis', '93fa967bb1', '\u65e5\u672c\uff71'],
    ['cp932', '8740', '\u2460'],
    ['ujis', 'c6fccbdc8eb18fb0a1', '\u65e5\u672c\uff71\u4e02'],
    ['big5', 'a4a4', '\u4e2d'],
    ['gbk', '8140', '\u4e02'],
    ['euckr', 'b0a1', '\uac00'],
  ])('%s', (charset, hex, text) => {
    expect(decode(charset, hex)).toBe(text);
  });

  test('GB 18030 with four bytes, in and beyond the first plane', () => {
    expect(decode('gb18030', '81308130')).toBe('\u0080');
    expect(decode('gb18030', '90308130')).toBe('\u{10000}');
    expect(decode('gb18030', '9439fc36')).toBe('\u{1f600}');
    expect(decode('gb18030', 'e3329a35')).toBe('\u{10ffff}');
    expect(decode('gb18030', 'e3329a36')).toBeUndefined();
  });

  test('long text and text in a larger buffer', () => {
    const long = `${'abc '.repeat(30)}\u017e`;
    const bytes = Buffer.from(`<<${long}>>`);
    expect(textDecoder('utf8mb4')?.(bytes, 2, bytes.length - 2)).toBe(long);
    expect(textDecoder('ascii')?.(bytes, 2, 40)).toBe('abc '.repeat(30).slice(0, 38));
  });

  test.each([
    ['utf8mb4', 'ff'],
    ['utf8mb4', 'c3'],
    ['utf8mb4', 'eda080'],
    ['ascii', '80'],
    ['ucs2', '41'],
    ['utf16', 'd83d'],
    ['utf32', '00110000'],
    ['sjis', '81'],
    ['gbk', 'ff'],
    ['tis620', 'fc'],
  ])('bytes that are no text of %s give no text (%s)', (charset, hex) => {
    expect(decode(charset, hex)).toBeUndefined();
  });

  test('an unknown character set, or binary, has no decoder', () => {
    expect(textDecoder('binary')).toBeUndefined();
    expect(textDecoder('klingon')).toBeUndefined();
  });
});

test.each([
  [8, 'latin1'],
  [33, 'utf8mb3'],
  [45, 'utf8mb4'],
  [63, 'binary'],
  [255, 'utf8mb4'],
  [1238, 'utf8mb3'],
  [2304, 'utf8mb4'],
  [3271, 'utf32'],
  [9999, undefined],
])('collation %d is of %s', (id, charset) => {
  expect(charsetOfCollation(id)).toBe(charset);
});
