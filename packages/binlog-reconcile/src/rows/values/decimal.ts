/** Bytes that 0 to 9 digits take. */
export const DIGIT_BYTES: readonly number[] = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

/** Bytes of a packed DECIMAL(precision, scale). */
export function decimalSize(precision: number, scale: number): number {
  const whole = precision - scale;
  return (
    ((whole / 9) | 0) * 4 +
    (DIGIT_BYTES[whole % 9] as number) +
    ((scale / 9) | 0) * 4 +
    (DIGIT_BYTES[scale % 9] as number)
  );
}

/** Digits of each group: nine, but for the first of the whole part and the last of the fraction. */
export function digitGroups(digits: number, oddFirst: boolean): number[] {
  const full = new Array<number>((digits / 9) | 0).fill(9);
  const odd = digits % 9;
  if (odd === 0) return full;
  return oddFirst ? [odd, ...full] : [...full, odd];
}

/** Reads the text of a packed DECIMAL that begins at `start`. */
export type ReadDecimal = (buffer: Buffer, start: number) => string;

/**
 * A reader of DECIMAL(precision, scale): text with all digits of the scale. Groups of nine digits are four bytes, big
 * endian; the first and the last group are shorter; the sign bit is inverted, and of a negative number every other bit.
 */
export function decimalReader(precision: number, scale: number): ReadDecimal {
  const whole = digitGroups(precision - scale, true);
  const fraction = digitGroups(scale, false);
  return (buffer, start) => {
    const negative = (buffer[start] as number) < 0x80;
    const flip = negative ? 0xff : 0;
    let at = start;
    let sign = 0x80;
    let text = negative ? '-' : '';
    let begun = false;
    for (let i = 0; i < whole.length; i++) {
      const digits = whole[i] as number;
      const bytes = DIGIT_BYTES[digits] as number;
      const value = group(buffer, at, bytes, flip, sign);
      sign = 0;
      at += bytes;
      if (begun) text += padded(value, digits);
      else if (value !== 0) {
        text += value;
        begun = true;
      }
    }
    if (!begun) text += '0';
    for (let i = 0; i < fraction.length; i++) {
      const digits = fraction[i] as number;
      const bytes = DIGIT_BYTES[digits] as number;
      if (i === 0) text += '.';
      text += padded(group(buffer, at, bytes, flip, sign), digits);
      sign = 0;
      at += bytes;
    }
    return text;
  };
}

/** Text of one packed DECIMAL; for many of the same kind, keep a {@link decimalReader}. */
export function readDecimal(buffer: Buffer, start: number, precision: number, scale: number): string {
  return decimalReader(precision, scale)(buffer, start);
}

function group(b: Buffer, at: number, bytes: number, flip: number, sign: number): number {
  let value = (b[at] as number) ^ flip ^ sign;
  for (let i = 1; i < bytes; i++) value = value * 256 + ((b[at + i] as number) ^ flip);
  return value;
}

/** Texts of 1, 2 and 3 digits. */
const texts: string[][] = [1, 2, 3].map((digits) =>
  Array.from({ length: 10 ** digits }, (_, n) => `${n}`.padStart(digits, '0')),
);
const three = texts[2] as string[];

/** Built of pieces of three digits: cheaper than to format a number and cut it. */
function padded(value: number, digits: number): string {
  if (digits <= 3) return (texts[digits - 1] as string[])[value] ?? `${value}`;
  const high = (value / 1000) | 0;
  return padded(high, digits - 3) + (three[value - high * 1000] as string);
}
