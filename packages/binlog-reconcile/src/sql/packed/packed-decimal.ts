import type { PackedWriter } from './packed-writer.js';

/** Bytes that 0 to 9 digits take. */
const DIGIT_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
const MINUS = 0x2d;
const POINT = 0x2e;

/**
 * Writes DECIMAL(precision, scale): groups of nine digits in four bytes, big endian, the first and the last group
 * shorter; the sign bit is inverted, and of a negative number every other bit (MySQL's `decimal.cc`).
 */
export function packedDecimal(precision: number, scale: number): PackedWriter {
  const wholeDigits = precision - scale;
  const whole = [wholeDigits % 9, ...new Array<number>(Math.floor(wholeDigits / 9)).fill(9)].filter(
    (n) => n > 0,
  );
  const fraction = [...new Array<number>(Math.floor(scale / 9)).fill(9), scale % 9].filter((n) => n > 0);
  return (out, b, start) => {
    const negative = (b[start] as number) < 0x80;
    const flip = negative ? 0xff : 0;
    let sign = 0x80;
    let at = start;
    if (negative) out.character(MINUS);
    let begun = false;
    for (let i = 0; i < whole.length; i++) {
      const digits = whole[i] as number;
      const bytes = DIGIT_BYTES[digits] as number;
      const value = group(b, at, bytes, flip, sign);
      sign = 0;
      at += bytes;
      if (begun) out.padded(value, digits);
      else if (value > 0) {
        out.integer(value);
        begun = true;
      }
    }
    if (!begun) out.character(0x30);
    if (fraction.length > 0) out.character(POINT);
    for (let i = 0; i < fraction.length; i++) {
      const digits = fraction[i] as number;
      const bytes = DIGIT_BYTES[digits] as number;
      out.padded(group(b, at, bytes, flip, sign), digits);
      sign = 0;
      at += bytes;
    }
  };
}

function group(b: Buffer, at: number, bytes: number, flip: number, sign: number): number {
  let value = (b[at] as number) ^ flip ^ sign;
  for (let i = 1; i < bytes; i++) value = value * 256 + ((b[at + i] as number) ^ flip);
  return value;
}
