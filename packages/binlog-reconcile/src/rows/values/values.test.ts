import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalSize, readDecimal } from './decimal.js';
import { doubleText, readFloat, shortestFloat32 } from './floating.js';
import { readBigInt, readBigUint } from './integers.js';
import { inet6Text, uuidText } from './network.js';
import { readDateTime2, readOldDateTime, readOldTime, readTime2, readTimestamp2 } from './temporal.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('64-bit integers', () => {
  test('are numbers where that is exact, else bigints', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.maxSafeInteger().map(BigInt)),
        (n) => {
          const bytes = Buffer.alloc(8);
          bytes.writeBigInt64LE(n);
          const value = readBigInt(bytes, 0);
          expect(BigInt(value)).toBe(n);
          expect(typeof value).toBe(Number.isSafeInteger(Number(n)) ? 'number' : 'bigint');
          const unsigned = readBigUint(bytes, 0);
          expect(BigInt(unsigned)).toBe(BigInt.asUintN(64, n));
          expect(typeof unsigned).toBe(
            Number.isSafeInteger(Number(BigInt.asUintN(64, n))) ? 'number' : 'bigint',
          );
        },
      ),
    );
  });

  test.each([
    [2n ** 53n - 1n, 'number'],
    [2n ** 53n, 'bigint'],
    [-(2n ** 53n) + 1n, 'number'],
    [-(2n ** 53n), 'bigint'],
  ])('%s is a %s', (n, type) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(n);
    expect(typeof readBigInt(bytes, 0)).toBe(type);
  });
});

describe('FLOAT', () => {
  /** The shortest of the texts with 1 to 9 digits that gives the bits back. */
  function slowly(value: number): number {
    for (let digits = 1; digits < 9; digits++) {
      if (Math.fround(Number(value.toPrecision(digits))) === value) return Number(value.toPrecision(digits));
    }
    return Number(value.toPrecision(9));
  }

  test('is the number with the fewest digits that has its bits', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const shortest = shortestFloat32(value);
        expect(Math.fround(shortest)).toBe(value);
        expect(`${shortest}`.replace(/e.*|[-.]/g, '').replace(/^0+|0+$/g, '').length).toBeLessThanOrEqual(
          `${slowly(value)}`.replace(/e.*|[-.]/g, '').replace(/^0+|0+$/g, '').length,
        );
      }),
      { numRuns: 2000 },
    );
  });

  test.each([0.1, 3.14, 16777216, 1e-45, 3.4028235e38, -0.5, 123456.79, 1e10])('%d', (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    expect(readFloat(bytes, 0)).toBe(value);
  });
});

test.each([
  [0, '0'],
  [-0, '-0'],
  [1e14, '100000000000000'],
  [1e15, '1e15'],
  [-1.5e300, '-1.5e300'],
  [1e-15, '0.000000000000001'],
  [1e-16, '1e-16'],
  [4.0317966858856376e-8, '0.000000040317966858856376'],
  [4031796685885637.5, '4031796685885637.5'],
  [123456789012345680, '1.2345678901234568e17'],
])('a DOUBLE of %d prints as %s', (value, text) => {
  expect(doubleText(value)).toBe(text);
});

describe('DECIMAL', () => {
  /** Packs as the server does. */
  function pack(text: string, precision: number, scale: number): Buffer {
    const negative = text.startsWith('-');
    const [whole = '', fraction = ''] = text.replace('-', '').split('.');
    const digits = whole.padStart(precision - scale, '0');
    const bytes: number[] = [];
    const sizes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
    const put = (group: string) => {
      const size = sizes[group.length] ?? 0;
      for (let i = size - 1; i >= 0; i--) bytes.push((Number(group) / 256 ** i) & 0xff);
    };
    const odd = digits.length % 9;
    if (odd > 0) put(digits.slice(0, odd));
    for (let i = odd; i < digits.length; i += 9) put(digits.slice(i, i + 9));
    for (let i = 0; i < fraction.length; i += 9) put(fraction.slice(i, i + 9));
    const packed = Buffer.from(negative ? bytes.map((byte) => ~byte & 0xff) : bytes);
    packed[0] = (packed[0] as number) ^ 0x80;
    return packed;
  }

  test('reads back what was packed', () => {
    const digits = (n: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: n, maxLength: n });
    const any = fc
      .tuple(fc.integer({ min: 1, max: 65 }), fc.nat(30), fc.boolean())
      .filter(([precision, scale]) => scale <= precision)
      .chain(([precision, scale, negative]) =>
        fc.tuple(digits(precision - scale), digits(scale)).map(([whole, fraction]) => {
          const plain = `${whole.replace(/^0+/, '') || '0'}${scale > 0 ? `.${fraction}` : ''}`;
          return { precision, scale, text: negative && /[1-9]/.test(plain) ? `-${plain}` : plain };
        }),
      );
    fc.assert(
      fc.property(any, ({ precision, scale, text }) => {
        const packed = pack(precision === scale ? text.replace(/^(-?)0\./, '$1.') : text, precision, scale);
        expect(packed.length).toBe(decimalSize(precision, scale));
        expect(readDecimal(Buffer.concat([Buffer.alloc(3), packed]), 3, precision, scale)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe('temporal values', () => {
  test.each([
    ['00 00 00 00', 0, '0000-00-00 00:00:00'],
    ['00 00 00 01', 0, '1970-01-01 00:00:01'],
    ['7f ff ff ff', 0, '2038-01-19 03:14:07'],
    ['ff ff ff ff', 0, '2106-02-07 06:28:15'],
    ['00 00 00 00 00 00 00', 6, '0000-00-00 00:00:00.000000'],
    ['65 e0 7c 00 12 c0', 3, '2024-02-29 12:43:44.480'],
  ])('TIMESTAMP %s with %d digits', (bytes, digits, text) => {
    expect(readTimestamp2(hex(bytes), 0, digits)).toBe(text);
  });

  test.each([
    ['80 00 00 00 00', 0, '0000-00-00 00:00:00'],
    ['99 b2 ba c4 05', 0, '2024-02-29 12:16:05'],
    ['99 b2 ba c4 05 63', 2, '2024-02-29 12:16:05.99'],
    ['99 b2 80 00 00', 0, '2024-02-00 00:00:00'],
  ])('DATETIME %s with %d digits', (bytes, digits, text) => {
    expect(readDateTime2(hex(bytes), 0, digits)).toBe(text);
  });

  test.each([
    ['80 00 00', 0, '00:00:00'],
    ['7f ff ff', 0, '-00:00:01'],
    ['7f ff ff ff', 2, '-00:00:00.01'],
    ['7f ff ff ff ff ff', 6, '-00:00:00.000001'],
    ['b4 6e fb', 0, '838:59:59'],
    ['4b 91 05', 0, '-838:59:59'],
  ])('TIME %s with %d digits', (bytes, digits, text) => {
    expect(readTime2(hex(bytes), 0, digits)).toBe(text);
  });

  test('the forms before MySQL 5.6.4', () => {
    const time = Buffer.alloc(3);
    time.writeIntLE(-8385959, 0, 3);
    expect(readOldTime(time, 0)).toBe('-838:59:59');
    time.writeIntLE(10203, 0, 3);
    expect(readOldTime(time, 0)).toBe('01:02:03');
    const datetime = Buffer.alloc(8);
    datetime.writeBigUInt64LE(20240229123456n);
    expect(readOldDateTime(datetime, 0)).toBe('2024-02-29 12:34:56');
    expect(readOldDateTime(Buffer.alloc(8), 0)).toBe('0000-00-00 00:00:00');
  });
});

test.each([
  ['', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['20010db8', '2001:db8::'],
  ['00000000000000000000ffff01020304', '::ffff:1.2.3.4'],
  ['00010000000000020000000000000003', '1:0:0:2::3'],
])('INET6 %s is %s', (bytes, text) => {
  expect(inet6Text(hex(bytes), 0, bytes.length / 2)).toBe(text);
});

test.each([
  ['426614174000a45612d3e89b123e4567', '426614174000-a456-12d3-e89b-123e4567'],
  ['426614174000a45642d3e89b123e4567', '426614174000-a456-42d3-e89b-123e4567'],
])('UUID parts of version 1 to 5 are put in order', (stored, reversed) => {
  const parts = reversed.split('-').reverse();
  expect(uuidText(hex(stored), 0, 16)).toBe(parts.join('-'));
});
