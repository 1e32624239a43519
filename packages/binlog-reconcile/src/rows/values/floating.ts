const bytes = new Uint8Array(8);
const float32 = new Float32Array(bytes.buffer);
const float64 = new Float64Array(bytes.buffer);

/** DOUBLE: eight bytes, little endian. */
export function readDouble(b: Buffer, p: number): number {
  bytes[0] = b[p] as number;
  bytes[1] = b[p + 1] as number;
  bytes[2] = b[p + 2] as number;
  bytes[3] = b[p + 3] as number;
  bytes[4] = b[p + 4] as number;
  bytes[5] = b[p + 5] as number;
  bytes[6] = b[p + 6] as number;
  bytes[7] = b[p + 7] as number;
  return float64[0] as number;
}

/** FLOAT: four bytes, little endian; the number whose text is the shortest that gives these bits back. */
export function readFloat(b: Buffer, p: number): number {
  bytes[0] = b[p] as number;
  bytes[1] = b[p + 1] as number;
  bytes[2] = b[p + 2] as number;
  bytes[3] = b[p + 3] as number;
  return shortestFloat32(float32[0] as number);
}

const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** The double with the fewest digits that `Math.fround` turns into `value` (a float32). */
export function shortestFloat32(value: number): number {
  const absolute = Math.abs(value);
  if (absolute >= 1e-3 && absolute < 1e7) {
    // One more decimal at a time: an integer divided by a power of ten is the double nearest to that decimal.
    for (let decimals = 0; decimals < 10; decimals++) {
      const power = POWERS[decimals] as number;
      const candidate = Math.round(value * power) / power;
      if (Math.fround(candidate) === value) return candidate;
    }
  }
  if (!Number.isFinite(value) || value === 0) return value;
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}

/** Beyond this many digits before, or zeros behind the point, the server writes an exponent (`dtoa.cc`). */
const PLAIN_DIGITS_MAX = 15;

/** A DOUBLE (or the number of a FLOAT) as `SELECT` prints it: shortest digits, `1e15`, `0.000001`, `-0`. */
export function doubleText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const absolute = Math.abs(value);
  // In this range, and wherever there is a fraction, JavaScript prints the same digits the same way.
  if (absolute >= 1e-6 && (absolute < 1e15 || !Number.isInteger(value))) return `${value}`;
  const [mantissa = '', exponent = ''] = absolute.toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const pointAt = Number(exponent) + 1;
  const sign = value < 0 ? '-' : '';
  if (pointAt > PLAIN_DIGITS_MAX || pointAt <= -PLAIN_DIGITS_MAX) {
    return `${sign}${mantissa}e${Number(exponent)}`;
  }
  return pointAt <= 0 ? `${sign}0.${'0'.repeat(-pointAt)}${digits}` : `${sign}${digits.padEnd(pointAt, '0')}`;
}
