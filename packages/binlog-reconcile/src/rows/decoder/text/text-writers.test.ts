import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalSize, readDecimal } from '../../values/decimal.js';
import { readDate, readDateTime2, readTime2, readTimestamp2 } from '../../values/temporal.js';
import { viewOf } from '../view-of.js';
import { decimalWriter } from './decimal-writer.js';
import type { TextWriter } from './scratch.js';
import { dateTimeWriter, timestampWriter, timeWriter, writeDate } from './temporal-writers.js';

/** What a writer writes; what it leaves to the ordinary way is `undefined`. */
function written(writer: TextWriter, bytes: Buffer): string | undefined {
  const out = Buffer.alloc(100);
  const end = writer(viewOf(bytes), 0, bytes.length, viewOf(out), 0);
  return end < 0 ? undefined : out.toString('latin1', 0, end);
}

const digits = fc.integer({ min: 0, max: 6 });
/** A fraction as stored: hundredths, ten-thousandths or millionths. */
const fraction = (count: number) => {
  const bytes = (count + 1) >> 1;
  return fc.integer({ min: 0, max: 100 ** bytes - 1 }).map((value) => {
    const stored = Buffer.alloc(bytes);
    if (bytes > 0) stored.writeUIntBE(value, 0, bytes);
    return stored;
  });
};

describe('values written from packed bytes are those that the decoder gives', () => {
  it('TIMESTAMP, any second to 2106', () => {
    const sample = digits.chain((count) =>
      fc.tuple(fc.constant(count), fc.integer({ min: 0, max: 0xffffffff }), fraction(count)),
    );
    fc.assert(
      fc.property(sample, ([count, seconds, rest]) => {
        const head = Buffer.alloc(4);
        head.writeUInt32BE(seconds);
        const bytes = Buffer.concat([head, rest]);
        const expected = seconds === 0 ? undefined : readTimestamp2(bytes, 0, count);
        expect(written(timestampWriter(count), bytes)).toBe(expected);
      }),
      {
        numRuns: 2_000,
        examples: [[[0, 0, Buffer.alloc(0)]], [[6, 0, Buffer.alloc(3)]], [[0, 951_782_400, Buffer.alloc(0)]]],
      },
    );
  });

  it('DATETIME and DATE, zero parts too', () => {
    const part = fc.record({
      year: fc.integer({ min: 0, max: 9999 }),
      month: fc.integer({ min: 0, max: 12 }),
      day: fc.integer({ min: 0, max: 31 }),
      seconds: fc.integer({ min: 0, max: 86_399 }),
    });
    fc.assert(
      fc.property(
        part,
        digits.chain((count) => fc.tuple(fc.constant(count), fraction(count))),
        (at, [count, rest]) => {
          const { year, month, day, seconds } = at;
          const clock =
            (Math.floor(seconds / 3600) << 12) | ((Math.floor(seconds / 60) % 60) << 6) | (seconds % 60);
          const head = Buffer.alloc(5);
          head.writeUIntBE(0x8000000000 + ((year * 13 + month) * 32 + day) * 0x20000 + clock, 0, 5);
          const bytes = Buffer.concat([head, rest]);
          expect(written(dateTimeWriter(count), bytes)).toBe(readDateTime2(bytes, 0, count));
          const date = Buffer.alloc(3);
          date.writeUIntLE((year << 9) | (month << 5) | day, 0, 3);
          expect(written(writeDate, date)).toBe(readDate(date, 0));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('TIME, either sign', () => {
    const sample = digits.chain((count) =>
      fc.tuple(
        fc.constant(count),
        fc.integer({ min: -838 * 3600, max: 838 * 3600 }),
        fc.integer({ min: 0, max: 100 ** ((count + 1) >> 1) - 1 }),
      ),
    );
    fc.assert(
      fc.property(sample, ([count, seconds, part]) => {
        const absolute = Math.abs(seconds);
        const size = (count + 1) >> 1;
        const whole =
          (Math.floor(absolute / 3600) << 12) | ((Math.floor(absolute / 60) % 60) << 6) | (absolute % 60);
        const packed = whole * 256 ** size + part;
        const bytes = Buffer.alloc(3 + size);
        bytes.writeUIntBE(0x800000 * 256 ** size + (seconds < 0 ? -packed : packed), 0, 3 + size);
        expect(written(timeWriter(count), bytes)).toBe(readTime2(bytes, 0, count));
      }),
      { numRuns: 1_000 },
    );
  });

  it('DECIMAL of every precision and scale', () => {
    const shape = fc
      .integer({ min: 1, max: 65 })
      .chain((precision) =>
        fc.tuple(fc.constant(precision), fc.integer({ min: 0, max: Math.min(30, precision) })),
      );
    fc.assert(
      fc.property(
        shape,
        fc.boolean(),
        fc.array(fc.nat(9), { minLength: 65, maxLength: 65 }),
        ([precision, scale], negative, list) => {
          const bytes = pack(list.slice(0, precision).join(''), precision, scale, negative);
          expect(bytes.length).toBe(decimalSize(precision, scale));
          expect(written(decimalWriter(precision, scale), bytes)).toBe(
            readDecimal(bytes, 0, precision, scale),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** Packs so many decimal digits as the server does. */
function pack(text: string, precision: number, scale: number, negative: boolean): Buffer {
  const sizes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
  const whole = text.slice(0, precision - scale);
  const odd = whole.length % 9;
  const groups = [
    whole.slice(0, odd),
    ...(whole.slice(odd).match(/.{9}/g) ?? []),
    ...(text.slice(precision - scale).match(/.{1,9}/g) ?? []),
  ];
  const bytes = Buffer.concat(
    groups
      .filter((group) => group !== '')
      .map((group) => {
        const packed = Buffer.alloc(sizes[group.length] as number);
        packed.writeUIntBE(Number(group), 0, packed.length);
        return packed;
      }),
  );
  bytes[0] = (bytes[0] as number) ^ 0x80;
  return negative ? Buffer.from(bytes.map((byte) => byte ^ 0xff)) : bytes;
}
