/** Bytes that 0 to 9 digits take. */
const DIGIT_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

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

/**
 * Text of a packed DECIMAL with all digits of its scale. Groups of nine digits are four bytes, big endian; the leading
 * and the trailing group are shorter; the sign bit is inverted, and of a negative number every other bit too.
 */
export function readDecimal(buffer: Buffer, start: number, precision: number, scale: number): string {
  const negative = (buffer[start] as number) < 0x80;
  const flip = negative ? 0xff : 0;
  let at = start;
  let firstMask = flip ^ 0x80;
  const group = (digits: number): number => {
    const bytes = DIGIT_BYTES[digits] as number;
    let value = 0;
    for (let i = 0; i < bytes; i++) {
      value = value * 256 + ((buffer[at++] as number) ^ firstMask);
      firstMask = flip;
    }
    return value;
  };

  let whole = '';
  const wholeDigits = precision - scale;
  if (wholeDigits % 9 !== 0) {
    const value = group(wholeDigits % 9);
    if (value !== 0) whole = `${value}`;
  }
  for (let i = (wholeDigits / 9) | 0; i > 0; i--) {
    const value = group(9);
    if (whole !== '') whole += padded(value, 9);
    else if (value !== 0) whole = `${value}`;
  }
  if (whole === '') whole = '0';
  if (negative) whole = `-${whole}`;
  if (scale === 0) return whole;
  let text = `${whole}.`;
  for (let i = (scale / 9) | 0; i > 0; i--) text += padded(group(9), 9);
  const rest = scale % 9;
  return rest === 0 ? text : text + padded(group(rest), rest);
}

const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

function padded(value: number, digits: number): string {
  return `${value + (POWERS[digits] as number)}`.slice(-digits);
}
