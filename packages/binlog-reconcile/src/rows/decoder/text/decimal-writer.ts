import { DIGIT_BYTES, digitGroups } from '../../values/decimal.js';
import { putByte, putInteger, putPadded, type TextWriter } from './scratch.js';

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/** DECIMAL(precision, scale) as `decimalReader` reads it. */
export function decimalWriter(precision: number, scale: number): TextWriter {
  const whole = digitGroups(precision - scale, true);
  const fraction = digitGroups(scale, false);
  return (bytes, start, _end, out, textAt) => {
    const negative = bytes.getInt8(start) >= 0;
    const flip = negative ? 0xff : 0;
    let at = textAt;
    if (negative) putByte(out, at++, MINUS);
    let from = start;
    let sign = 0x80;
    let begun = false;
    for (let i = 0; i < whole.length; i++) {
      const digits = whole[i] as number;
      const size = DIGIT_BYTES[digits] as number;
      const value = group(bytes, from, size, flip, sign);
      if (value >= (LIMITS[digits] as number)) return -1;
      sign = 0;
      from += size;
      if (begun) {
        putPadded(out, at, value, digits);
        at += digits;
      } else if (value !== 0) {
        at = putInteger(out, at, value);
        begun = true;
      }
    }
    if (!begun) putByte(out, at++, ZERO);
    if (fraction.length > 0) putByte(out, at++, POINT);
    for (let i = 0; i < fraction.length; i++) {
      const digits = fraction[i] as number;
      const size = DIGIT_BYTES[digits] as number;
      const value = group(bytes, from, size, flip, sign);
      if (value >= (LIMITS[digits] as number)) return -1;
      sign = 0;
      from += size;
      putPadded(out, at, value, digits);
      at += digits;
    }
    return at;
  };
}

/** What a group of so many digits must be below, unless it is damaged. */
const LIMITS = Array.from({ length: 10 }, (_, digits) => 10 ** digits);

function group(bytes: DataView, at: number, size: number, flip: number, sign: number): number {
  let value = bytes.getUint8(at) ^ flip ^ sign;
  for (let i = 1; i < size; i++) value = value * 256 + (bytes.getUint8(at + i) ^ flip);
  return value;
}
