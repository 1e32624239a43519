export const SCRATCH_BYTES = 1 << 14;

/**
 * Where the texts of one image are put together: all become one string, of which each value is a part. That takes one
 * call into native code for a row instead of one for a value.
 */
export const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

export const scratchView = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);

/** Longer images are decoded value by value: no text of shorter ones fills the scratch (a byte gives at most 5). */
export const IMAGE_BYTES_MAX = 2048;

/**
 * Writes a value that is packed in `bytes` from `start` to `end` as ASCII to `out` at `at`, where there must be room.
 * Returns where its text ends, or -1 when it has to be read in the ordinary way.
 */
export type TextWriter = (bytes: DataView, start: number, end: number, out: DataView, at: number) => number;

/** Two digits each, as they stand in memory (little endian). */
const PAIRS = Uint16Array.from({ length: 100 }, (_, n) => 0x3030 + ((n / 10) | 0) + ((n % 10) << 8));

export function putByte(out: DataView, at: number, byte: number): void {
  out.setUint8(at, byte);
}

/** Writes four bytes, the lowest first. */
export function putInt32(out: DataView, at: number, bytes: number): void {
  out.setInt32(at, bytes, true);
}

/** Writes 0 to 99 in two digits. */
export function putTwo(out: DataView, at: number, n: number): void {
  out.setUint16(at, PAIRS[n] as number, true);
}

/** Writes 0 to 9999 in four digits. */
export function putFour(out: DataView, at: number, n: number): void {
  const high = (n / 100) | 0;
  out.setUint16(at, PAIRS[high] as number, true);
  out.setUint16(at + 2, PAIRS[n - high * 100] as number, true);
}

/** Writes `n` in exactly `digits` (up to 9) digits; it must have no more. */
export function putPadded(out: DataView, at: number, n: number, digits: number): void {
  let rest = n;
  let left = digits;
  for (; left >= 2; left -= 2) {
    const high = (rest / 100) | 0;
    out.setUint16(at + left - 2, PAIRS[rest - high * 100] as number, true);
    rest = high;
  }
  if (left === 1) out.setUint8(at, 0x30 + rest);
}

/** Writes 0 to 999,999,999 without leading zeros; returns where it ends. */
export function putInteger(out: DataView, at: number, n: number): number {
  const digits =
    n < 10_000
      ? n < 100
        ? n < 10
          ? 1
          : 2
        : n < 1000
          ? 3
          : 4
      : n < 1_000_000
        ? n < 100_000
          ? 5
          : 6
        : n < 10_000_000
          ? 7
          : n < 100_000_000
            ? 8
            : 9;
  putPadded(out, at, n, digits);
  return at + digits;
}
